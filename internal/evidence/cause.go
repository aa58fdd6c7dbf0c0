package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// Cause is one reason why looks do not count. Looks that fail alike share one
// cause.
type Cause struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	Remedy  string  `json:"remedy,omitempty"` // what to do about it
	Looks   []Look  `json:"looks"`
}

// remedies are for looks that do not name a remedy themselves.
var remedies = map[Outcome]string{
	Refuted:  "run `cairn plan` to see what has changed there, then `cairn up` to repair it",
	Unproven: "fix what the reason names, then run `cairn check`",
	Stale:    "run `cairn check`",
}

// Causes groups the verdicts that do not count by their common cause. Refuted
// looks come first; otherwise the order is that of the verdicts.
func Causes(verdicts []Verdict) []Cause {
	var causes []Cause
	for _, v := range verdicts {
		if v.Outcome.Counts() {
			continue
		}
		at := slices.IndexFunc(causes, func(c Cause) bool { return c.Outcome == v.Outcome && root(c.Reason) == root(reasonOf(v)) })
		if at < 0 {
			at = len(causes)
			causes = append(causes, Cause{Outcome: v.Outcome, Reason: reasonOf(v), Remedy: remedyOf(v)})
		}
		causes[at].Looks = append(causes[at].Looks, v.Look)
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(severity[b.Outcome], severity[a.Outcome]) })
	return causes
}

// reasonOf returns the verdict's reason without the place that could not look.
// All proofs that are too old share one cause, whatever their age.
func reasonOf(v Verdict) string {
	if v.Outcome == Stale {
		return "the proof is too old to count"
	}
	return strings.TrimPrefix(v.Reason, CannotLook(v.Look.Vantage))
}

// root returns what a reason comes down to. For a failed connection that is the
// connection itself, without who dialled and why (net.OpError).
func root(reason string) string {
	if at := strings.LastIndex(reason, "dial tcp "); at >= 0 {
		return reason[at:]
	}
	return reason
}

// Names reports whether a reason and the cause's reason come down to the same.
func (c Cause) Names(reason string) bool { return root(c.Reason) == root(reason) }

// CannotLook returns the beginning of the reason of a look from a place that
// cannot be reached.
func CannotLook(vantage string) string { return "cannot look from " + vantage + ": " }

func remedyOf(v Verdict) string {
	if v.Record != nil && v.Outcome == v.Record.Outcome && v.Record.Remedy != "" {
		return v.Record.Remedy
	}
	if v.Record == nil {
		return "run `cairn up`"
	}
	return remedies[v.Outcome]
}
