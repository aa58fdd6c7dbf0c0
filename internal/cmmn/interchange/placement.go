package interchange

import (
	"slices"

	"cairn/internal/cmmn"
)

// placement says which definitions stand in which stage. Each stands in the
// lowest stage that contains every item that uses it. Within a stage they are
// in the order of first use.
type placement map[*cmmn.Definition][]*cmmn.Definition

// place finds the placement of the definitions in a survey.
func place(s *survey) placement {
	above := map[*cmmn.Definition]*cmmn.Definition{}
	depth := map[*cmmn.Definition]int{}
	// The stage sought is the dominator: what all ways from the plan to a
	// definition share. Users come before what they use, so their own dominators
	// are known.
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
		for stage.Kind != cmmn.Stage { // a human task, for items planned from it
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
