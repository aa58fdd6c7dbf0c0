package cmmn

import "slices"

// Condense leaves out of a case's effects those that others after them make
// irrelevant: values that were given anew, times with nothing in between, what
// criteria have used up, and plans that were changed. Replaying what is left leads
// to the same case. What is left grows with what the model has and how often that
// came to be, not with how often values changed.
func Condense(effects []Effect) []Effect {
	c := condenser{decided: map[subject]bool{}}
	var kept []Effect
	for _, e := range slices.Backward(effects) {
		if c.matters(e) {
			kept = append(kept, e)
		}
	}
	slices.Reverse(kept)
	return kept
}

// subject is what effects decide anew: a value, a plan, what a criterion remembers.
type subject struct {
	op   Op
	at   int
	name string
}

// condenser goes through effects from the last to the first.
type condenser struct {
	decided map[subject]bool // by effects gone through
	// clocked is set where a later clock was gone through, and no move before it that
	// the clock at hand would date.
	clocked bool
}

func (c *condenser) matters(e Effect) bool {
	switch e.Op {
	case OpClock:
		matters := !c.clocked
		c.clocked = true
		return matters
	case OpMove:
		c.clocked = false // it is dated by the clock before it
	case OpSet:
		return c.isLast(subject{OpSet, 0, e.Name})
	case OpPlan, OpUnplan:
		return c.isLast(subject{OpPlan, e.At, e.Item})
	case OpForget:
		c.isLast(subject{OpForget, e.At, e.Criterion})
		return false
	case OpOccur:
		return !c.decided[subject{OpForget, e.At, e.Criterion}]
	}
	return true
}

// isLast reports whether nothing later decides the same, and notes that this does.
func (c *condenser) isLast(s subject) bool {
	decided := c.decided[s]
	c.decided[s] = true
	return !decided
}
