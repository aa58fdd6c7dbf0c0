package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// Cause is why looks do not count: one for all that fail alike, however many there
// are.
type Cause struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	Remedy  string  `json:"remedy,omitempty"` // what to do about it
	Looks   []Look  `json:"looks"`
}

// remedies are for looks that do not say themselves what to do.
var remedies = map[Outcome]string{
	Refuted:  "run `cairn plan` to see what has changed there, and `cairn up` to put it right",
	Unproven: "fix what the reason names, then run `cairn check`",
	Stale:    "run `cairn check`",
}

// Causes groups the verdicts that do not count by what they have in common: what
// is certain first, then in the order in which it was seen.
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

// reasonOf is the verdict's reason without which place could not look because of
// it. That a proof is too old is one cause, whenever each was made.
func reasonOf(v Verdict) string {
	if v.Outcome == Stale {
		return "the proof is older than it counts"
	}
	return strings.TrimPrefix(v.Reason, CannotLook(v.Look.Vantage))
}

// root is what a reason comes down to: where a connection could not be made, that
// connection, whoever wanted it and for what (net.OpError).
func root(reason string) string {
	if at := strings.LastIndex(reason, "dial tcp "); at >= 0 {
		return reason[at:]
	}
	return reason
}

// Names reports whether the reason comes down to the same as the cause's.
func (c Cause) Names(reason string) bool { return root(c.Reason) == root(reason) }

// CannotLook begins the reason of a look from a place that cannot be reached.
func CannotLook(vantage string) string { return "nobody can look from " + vantage + ": " }

func remedyOf(v Verdict) string {
	if v.Record != nil && v.Outcome == v.Record.Outcome && v.Record.Remedy != "" {
		return v.Record.Remedy
	}
	if v.Record == nil {
		return "run `cairn up`"
	}
	return remedies[v.Outcome]
}
