package diagram

import (
	"strconv"

	"cairn/internal/cmmn"
)

// Marks say how a case stands. The keys are the ids of the case plan model and
// of items. Nil draws the model alone.
type Marks map[string]Mark

// Mark says how one item stands.
type Mark struct {
	State cmmn.State // of its latest instance
	// Standing says how a reached milestone stands by its evidence: "holds",
	// "stale" or "lost". Empty means unknown.
	Standing string
	// Instances is the number of instances of an item that repeats.
	Instances int
}

// badge is a word on an item, and the class that colours it.
type badge struct{ class, text string }

// badges returns what a mark says about a node.
func (m Mark) badges(n *node) []badge {
	if m.State == cmmn.Null {
		return nil
	}
	word := m.State.String()
	if n.kind == cmmn.Milestone && m.State == cmmn.Completed {
		word = "reached"
	}
	if m.Instances > 1 {
		word += " ×" + strconv.Itoa(m.Instances)
	}
	all := []badge{{m.State.String(), word}}
	switch m.Standing {
	case "holds", "stale", "lost":
		all = append(all, badge{m.Standing, m.Standing})
	}
	return all
}
