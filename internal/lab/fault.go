package lab

import (
	"fmt"
	"slices"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// problemOf is the faults of a lab file as one error for the owner.
func problemOf(path string, faults document.Faults) error {
	faults = faults.In(path)
	if slices.ContainsFunc(faults, func(f document.Fault) bool { return f.Code == problem.LabSyntax }) {
		return problem.Wrap(problem.LabSyntax, path, "this is not YAML that a lab file may be written in", faults)
	}
	places := "1 place is wrong"
	if len(faults) > 1 {
		places = fmt.Sprintf("%d places are wrong", len(faults))
	}
	return problem.Wrap(problem.LabInvalid, path, places, faults)
}

// flaw is what is wrong with a value, before its place is known.
type flaw struct {
	code                          problem.Code
	message, expected, suggestion string
}

// at makes a fault of the flaw. Its file is filled in by the reader.
func (f flaw) at(p document.Place) document.Fault {
	return document.Fault{
		Code: f.code, Line: p.Line, Column: p.Column,
		Message: f.message, Expected: f.expected, Suggestion: f.suggestion,
	}
}
