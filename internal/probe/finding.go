package probe

import (
	"fmt"
	"strings"

	"cairn/internal/evidence"
)

// fields makes evidence fields from names and values in turn.
func fields(pairs ...any) []evidence.Field {
	var all []evidence.Field
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, evidence.Field{Name: fmt.Sprint(pairs[i]), Value: fmt.Sprint(pairs[i+1])})
	}
	return all
}

// judged is proven if nothing is wrong. Otherwise it is refuted, with what is
// wrong.
func judged(expected, observed []evidence.Field, wrong ...string) Finding {
	f := Finding{Outcome: evidence.Proven, Expected: expected, Observed: observed}
	if len(wrong) > 0 {
		f.Outcome, f.Reason = evidence.Refuted, strings.Join(wrong, "; ")
	}
	return f
}

// and joins the findings of two places. The worse outcome counts.
func (f Finding) and(other Finding) Finding {
	joined := Finding{Outcome: f.Outcome, Expected: append(f.Expected, other.Expected...), Observed: append(f.Observed, other.Observed...)}
	switch {
	case f.Outcome == evidence.Proven, other.Outcome == evidence.Refuted && f.Outcome != evidence.Refuted:
		joined.Outcome, joined.Reason = other.Outcome, other.Reason
	case f.Outcome == other.Outcome:
		joined.Reason = f.Reason + "; " + other.Reason
	default:
		joined.Reason = f.Reason
	}
	return joined
}

// blind is the finding of a probe that could not look.
func blind(reason string, observed ...evidence.Field) Finding {
	return Finding{Outcome: evidence.Unproven, Reason: reason, Observed: observed}
}
