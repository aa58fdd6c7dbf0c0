package cmmn

import "slices"

// Condense leaves out effects that later effects make irrelevant: values that
// were set again, times with no move in between, memories that a criterion used
// up, and plans that were changed. Replaying the rest leads to the same case.
// The size of the result depends on the model and on the number of instances,
// not on how often values changed.
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

// subject is what an effect decides: a value, a plan or the memory of a
// criterion.
type subject struct {
	op   Op
	at   int
	name string
}

// condenser goes through effects from the last to the first.
type condenser struct {
	decided map[subject]bool // by effects gone through
	// clocked is set after a clock effect, until a move is met. An earlier clock
	// before that point would date nothing.
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

// isLast reports whether no later effect decides the same subject. It also
// records that this one does.
func (c *condenser) isLast(s subject) bool {
	decided := c.decided[s]
	c.decided[s] = true
	return !decided
}
