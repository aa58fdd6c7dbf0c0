package interchange

import (
	"slices"

	"cairn/internal/cmmn"
)

// placement says which definitions stand in which stage: each in the lowest one
// that contains every item that uses it, in the order in which they are met.
type placement map[*cmmn.Definition][]*cmmn.Definition

// place finds the placement of definitions that were surveyed.
func place(s *survey) placement {
	above := map[*cmmn.Definition]*cmmn.Definition{}
	depth := map[*cmmn.Definition]int{}
	// What all ways from the plan to a definition have in common is its dominator.
	// Users come before what they use, so that theirs are known.
	for _, d := range slices.Backward(s.done[:len(s.done)-1]) {
		up := s.users[d][0]
		for _, user := range s.users[d][1:] {
			up = common(above, depth, up, user)
		}
		above[d], depth[d] = up, depth[up]+1
	}
	stages := placement{}
	for _, d := range s.met {
		stage := above[d]
		for stage.Kind != cmmn.Stage { // a human task, for what is planned from it
			stage = above[stage]
		}
		stages[stage] = append(stages[stage], d)
	}
	return stages
}

func common(above map[*cmmn.Definition]*cmmn.Definition, depth map[*cmmn.Definition]int, a, b *cmmn.Definition) *cmmn.Definition {
	for a != b {
		if depth[a] < depth[b] {
			a, b = b, a
		}
		a = above[a]
	}
	return a
}
