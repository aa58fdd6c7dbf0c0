package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/problem"
)

// Fault is one thing that is wrong at one place in a document.
type Fault struct {
	Code       problem.Code `json:"code,omitempty"` // if documents of the kind have a code for each fault
	File       string       `json:"file"`
	Line       int          `json:"line"`   // from 1
	Column     int          `json:"column"` // from 1, in characters
	Message    string       `json:"message"`
	Expected   string       `json:"expected,omitempty"`   // what would be right there
	Suggestion string       `json:"suggestion,omitempty"` // what was probably meant
}

// Error returns the fault on one line, its place first.
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

// Faults is everything that is wrong with a document. It is the cause of the
// problem that the owner sees, where errors.As finds it.
type Faults []Fault

// Error returns one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// In returns the faults with the file's name, in the order of their places.
// Equal faults at one place are kept once.
func (fs Faults) In(file string) Faults {
	all := slices.Clone(fs)
	for i := range all {
		all[i].File = file
	}
	slices.SortStableFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(all)
}
