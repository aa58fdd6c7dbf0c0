package e2e

import (
	"strings"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/problem"
)

// TestOneOfThreeIsDead walks a lab of three hosts of which one cannot be reached: the two others
// are made so and proven, and the command says which was left out.
func TestOneOfThreeIsDead(t *testing.T) {
	long(t)
	b := newBed(t, "atlas", "boreas", "ceres")
	if err := b.rehearsal.Disconnect(t.Context(), "ceres"); err != nil {
		t.Fatal(err)
	}
	e := b.engine()
	report, err := e.Up(t.Context(), engine.UpOptions{})
	if problem.CodeOf(err) != problem.HostUnreachable || !strings.Contains(err.Error(), "ceres") {
		t.Fatalf("up ended with %v", err)
	}
	for _, h := range report.Hosts {
		want := engine.HostChanged
		if h.Host == "ceres" {
			want = engine.HostNotReached
		}
		if h.State != want || h.Unproven || want == engine.HostChanged && h.Planned > 0 {
			t.Errorf("%+v", h)
		}
	}
	for _, v := range e.Judge("foundation.firewall-blocks").Looks {
		if proven := v.Outcome == evidence.Proven; proven == (v.Look.Host == "ceres") {
			t.Errorf("%s is %s: %s", v.Look, v.Outcome, v.Reason)
		}
	}
	if len(report.Reached) > 0 {
		t.Errorf("reached %q, which does not hold on all hosts", report.Reached)
	}
}
