package evidence

// Outcome is the result of a look, or of all looks of a checkpoint together.
type Outcome string

// The outcomes. Only Proven and Waived count towards a milestone.
const (
	Proven   Outcome = "proven"
	Refuted  Outcome = "refuted"
	Unproven Outcome = "unproven" // could not look; the record says why
	Stale    Outcome = "stale"    // was proven, but longer ago than it stays fresh
	Waived   Outcome = "waived"   // the owner accepts it, with a reason, until a day
)

// Counts reports whether the outcome counts towards a milestone.
func (o Outcome) Counts() bool { return o == Proven || o == Waived }

// severity orders outcomes by weight when several come together. A refutation
// is certain; the others only lack something.
var severity = map[Outcome]int{Proven: 0, Waived: 1, Stale: 2, Unproven: 3, Refuted: 4}

// Worst returns the outcome that weighs most. Without outcomes it returns
// Unproven, because nobody has looked.
func Worst(outcomes ...Outcome) Outcome {
	if len(outcomes) == 0 {
		return Unproven
	}
	worst := outcomes[0]
	for _, o := range outcomes[1:] {
		if severity[o] > severity[worst] {
			worst = o
		}
	}
	return worst
}
