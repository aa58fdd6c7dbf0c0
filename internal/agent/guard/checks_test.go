package guard

import (
	"strings"
	"testing"

	"cairn/internal/wire"
)

// TestAGuardLooksAtWhatItsPlanNames gives plans checks of their own. A check that
// the agent does not know refuses the change. A check that fails puts everything
// back.
func TestAGuardLooksAtWhatItsPlanNames(t *testing.T) {
	before, after := pictures(t)
	for _, c := range []struct {
		name   string
		checks []wire.GuardCheck
		want   Phase
		reason string
	}{
		{"one that works", []wire.GuardCheck{{Name: wire.CheckCommand, Args: []string{"true"}}}, Persisted, ""},
		{"one that does not", []wire.GuardCheck{{Name: wire.CheckCommand, Args: []string{"true"}}, {Name: wire.CheckCommand, Args: []string{"ls", "/nowhere"}}},
			RolledBack, "`ls /nowhere` has to work after the change"},
		{"one that nobody knows", []wire.GuardCheck{{Name: "horoscope"}}, Refused, `"horoscope"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, p := newScratch(t), plan()
			p.Checks = c.checks
			state, err := Execute(t.Context(), s.env("first"), p, controller(t.Context(), s.dir()))
			must(t, err)
			if state.Phase != c.want || !strings.Contains(state.Reason, c.reason) {
				t.Errorf("the guard ended as %+v", state)
			}
			want := before
			if c.want == Persisted {
				want = after
			}
			if got := s.picture(t); got != want || s.armed() {
				t.Errorf("armed: %v, and the host is\n%s", s.armed(), got)
			}
		})
	}
}
