package roadmap

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/problem"
)

// Fault is one thing that is wrong at one place of a roadmap's file.
type Fault struct {
	File       string `json:"file"`
	Line       int    `json:"line"`   // from 1
	Column     int    `json:"column"` // from 1, in characters
	Message    string `json:"message"`
	Expected   string `json:"expected,omitempty"`   // what would be right there
	Suggestion string `json:"suggestion,omitempty"` // what was probably meant
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

// Faults are all that is wrong with a roadmap's file, in its order. They are the
// cause of a problem with code [problem.RoadmapWrong]; errors.As finds them there.
type Faults []Fault

// Error has one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// problem is the faults as one error for the owner.
func (fs Faults) problem(file string) error {
	sorted := slices.Clone(fs)
	for i := range sorted {
		sorted[i].File = file
	}
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	places := "1 place of the roadmap is wrong"
	if len(sorted) > 1 {
		places = fmt.Sprintf("%d places of the roadmap are wrong", len(sorted))
	}
	return problem.Wrap(problem.RoadmapWrong, file, places, sorted).WithFix("mend the places named")
}

// place is where something stands in the file, both from 1.
type place struct{ line, column int }

// fault is something wrong at the place.
func (p place) fault(format string, args ...any) Fault {
	return Fault{Line: p.line, Column: p.column, Message: fmt.Sprintf(format, args...)}
}

// quoted is a text of the file as messages show it: in quotes, without control
// characters, not too long.
func quoted(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}
