package evidence

// Standing is how a reached milestone stands by the latest evidence under it.
type Standing string

// The standings. A milestone that was not reached has none.
const (
	Holds      Standing = "holds"
	StaleNow   Standing = "stale" // the proof is too old, or could not be renewed
	Lost       Standing = "lost"  // refuted
	NotReached Standing = ""
)

// StandingOf is the standing of a milestone whose checkpoints have these
// outcomes now. One that has no checkpoint at all has nothing that could be
// lost, and holds.
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
