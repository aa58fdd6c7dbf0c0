package evidence

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Looks that fail alike share one cause, whatever their vantage.
func TestCauses(t *testing.T) {
	verdict := func(host, vantage string, outcome Outcome, reason, remedy string) Verdict {
		look := Look{Checkpoint: "c", Probe: "p", Host: host, Vantage: vantage}
		return Verdict{Look: look, Outcome: outcome, Reason: reason, Record: &Record{Look: look, Outcome: outcome, Remedy: remedy}}
	}
	down := "atlas: the host cannot be reached: dial tcp 10.0.0.1:22: connect: connection refused"
	got := Causes([]Verdict{
		verdict("atlas", "controller", Unproven, down, "turn it on"),
		verdict("rhea", "controller", Proven, "", ""),
		verdict("rhea", "atlas", Unproven, CannotLook("atlas")+down, "turn it on"),
		verdict("atlas", "rhea", Unproven, "no SSH server answered: dial tcp 10.0.0.1:22: connect: connection refused", ""),
		verdict("rhea", "controller", Stale, "proven in May", ""),
		verdict("rhea", "rhea", Refuted, "root got in", ""),
		verdict("atlas", "rhea", Stale, "proven in June", ""),
		{Look: Look{Checkpoint: "d", Probe: "p", Host: "rhea", Vantage: "rhea"}, Outcome: Unproven, Reason: "not looked at yet"},
	})
	look := func(checkpoint, host, vantage string) Look {
		return Look{Checkpoint: checkpoint, Probe: "p", Host: host, Vantage: vantage}
	}
	want := []Cause{
		{Refuted, "root got in", remedies[Refuted], []Look{look("c", "rhea", "rhea")}},
		{Unproven, down, "turn it on", []Look{look("c", "atlas", "controller"), look("c", "rhea", "atlas"), look("c", "atlas", "rhea")}},
		{Unproven, "not looked at yet", "run `cairn up`", []Look{look("d", "rhea", "rhea")}},
		{Stale, "the proof is too old to count", remedies[Stale], []Look{look("c", "rhea", "controller"), look("c", "atlas", "rhea")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
