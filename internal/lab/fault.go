package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/problem"
)

// Fault is one thing that is wrong at one place of a lab file.
type Fault struct {
	Code       problem.Code `json:"code"`
	File       string       `json:"file"`
	Line       int          `json:"line"`   // from 1
	Column     int          `json:"column"` // from 1, in characters
	Message    string       `json:"message"`
	Expected   string       `json:"expected,omitempty"`   // what would be right there
	Suggestion string       `json:"suggestion,omitempty"` // what was probably meant
}

// Error is the fault on one line, its place first.
func (f Fault) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
	if f.Expected != "" {
		text += "; expected " + f.Expected
	}
	if f.Suggestion != "" {
		text += "; did you mean `" + f.Suggestion + "`?"
	}
	return text
}

// Faults are all that is wrong with a lab file, in the file's order. They are
// the cause of a problem with code [problem.LabInvalid] or [problem.LabSyntax];
// errors.As finds them there.
type Faults []Fault

// Error has one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the faults in the file's order, each once.
func (fs Faults) sorted() Faults {
	sorted := slices.Clone(fs)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(sorted)
}

// problem is the faults as one error for the owner.
func (fs Faults) problem(path string) error {
	fs = fs.sorted()
	if slices.ContainsFunc(fs, func(f Fault) bool { return f.Code == problem.LabSyntax }) {
		return problem.Wrap(problem.LabSyntax, path, "this is not YAML that a lab file may be written in", fs)
	}
	places := "1 place is wrong"
	if len(fs) > 1 {
		places = fmt.Sprintf("%d places are wrong", len(fs))
	}
	return problem.Wrap(problem.LabInvalid, path, places, fs)
}

// place is where something stands in the file, both from 1.
type place struct{ line, column int }

// flaw is what is wrong with a value, before its place is known.
type flaw struct {
	code                          problem.Code
	message, expected, suggestion string
}

// at makes a fault of the flaw. Its file is filled in by the reader.
func (f flaw) at(p place) Fault {
	return Fault{
		Code: f.code, Line: p.line, Column: p.column,
		Message: f.message, Expected: f.expected, Suggestion: f.suggestion,
	}
}
