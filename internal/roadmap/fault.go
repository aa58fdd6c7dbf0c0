package roadmap

import (
	"fmt"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// problemOf returns the faults of a roadmap's file as one problem for the
// owner.
func problemOf(file string, faults document.Faults) error {
	faults = faults.In(file)
	places := "1 place of the roadmap is wrong"
	if len(faults) > 1 {
		places = fmt.Sprintf("%d places of the roadmap are wrong", len(faults))
	}
	return problem.Wrap(problem.RoadmapWrong, file, places, faults).WithFix("fix the places named")
}
