package cmmn

import "slices"

// mayRun reports whether the instance may begin or go on by itself: the case
// and the stages around it must allow it.
func (c *Case) mayRun(i *instance) bool {
	if i.isCase() {
		return i.state == Active
	}
	return c.runs(i.parent)
}

// runs reports whether something in the stage may begin or go on by itself.
func (c *Case) runs(stage *instance) bool { return c.pausedBy(stage) == nil }

// pausedBy returns what keeps everything in a stage from beginning by itself,
// or nil. It is the case or the stage if that is not active, or an outer stage
// that is neither active nor failed. A fault stays where it is (Table 8.9), so
// a failed outer stage pauses nothing.
func (c *Case) pausedBy(stage *instance) *instance {
	switch {
	case c.root().state != Active:
		return c.root()
	case stage.state != Active:
		return stage
	}
	return stage.nearestNot(Active, Failed)
}

// nearestNot returns the nearest instance, from this one outwards, whose state
// is not among those given.
func (i *instance) nearestNot(states ...State) *instance {
	for at := i; at != nil; at = at.parent {
		if !slices.Contains(states, at.state) {
			return at
		}
	}
	return nil
}
