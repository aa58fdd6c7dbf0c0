package evidence

// Standing says how a reached milestone stands by its latest evidence.
type Standing string

// The standings. A milestone that is not reached has none.
const (
	Holds      Standing = "holds"
	StaleNow   Standing = "stale" // the proof is too old, or could not be renewed
	Lost       Standing = "lost"  // refuted
	NotReached Standing = ""
)

// StandingOf returns the standing of a milestone whose checkpoints have these
// outcomes now. A milestone without checkpoints has nothing to lose, so it
// holds.
func StandingOf(reached bool, checkpoints ...Outcome) Standing {
	if !reached {
		return NotReached
	}
	if len(checkpoints) == 0 {
		return Holds
	}
	switch worst := Worst(checkpoints...); {
	case worst.Counts():
		return Holds
	case worst == Refuted:
		return Lost
	}
	return StaleNow
}
