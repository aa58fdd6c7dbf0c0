package lab

import (
	"fmt"
	"slices"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// problemOf turns the faults of a lab file into one error for the owner.
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
