package cmmn

import "slices"

// mayRun reports whether the stages around the instance, and the case, let it
// begin or go on by itself.
func (c *Case) mayRun(i *instance) bool {
	if i.isCase() {
		return i.state == Active
	}
	return c.runs(i.parent)
}

// runs reports whether something in the stage may begin or go on by itself.
func (c *Case) runs(stage *instance) bool { return c.pausedBy(stage) == nil }

// pausedBy is what keeps everything in a stage from beginning by itself: the case
// or the stage when it is not active, or a stage further out that is neither
// active nor failed, as a fault stays where it is (Table 8.9). Nil is nothing.
func (c *Case) pausedBy(stage *instance) *instance {
	switch {
	case c.root().state != Active:
		return c.root()
	case stage.state != Active:
		return stage
	}
	return stage.nearestNot(Active, Failed)
}

// nearestNot is the instance itself, or the nearest around it, that is in none of
// the states.
func (i *instance) nearestNot(states ...State) *instance {
	for at := i; at != nil; at = at.parent {
		if !slices.Contains(states, at.state) {
			return at
		}
	}
	return nil
}
