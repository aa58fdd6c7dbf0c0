package engine

import (
	"testing"
	"time"

	"cairn/internal/evidence"
)

// TestTimeLeft checks the sum: hosts work at the same time, and each does one step
// after the other. Several looks are taken at once. What was never done has no
// time at all.
func TestTimeLeft(t *testing.T) {
	d := durations{
		steps: map[string]time.Duration{"packages sudo": 40 * time.Second, "packages": 60 * time.Second, "file /a": time.Second, "file": 2 * time.Second},
		looks: map[string]time.Duration{"scan": 20 * time.Second, "login": 2 * time.Second},
	}
	looks := func(probe string, n int) (all []evidence.Look) {
		for range n {
			all = append(all, evidence.Look{Probe: probe})
		}
		return all
	}
	for _, c := range []struct {
		name  string
		rest  workLeft
		want  time.Duration
		known bool
	}{
		{"nothing", workLeft{}, 0, false},
		{"a step done before", workLeft{hosts: []hostWork{{steps: []string{"packages sudo"}}}}, 40 * time.Second, true},
		{"others of their kinds", workLeft{hosts: []hostWork{{steps: []string{"packages vim", "file /b"}}}}, 62 * time.Second, true},
		{"the host that takes longest, with its settles", workLeft{hosts: []hostWork{{steps: []string{"file /a"}}, {steps: []string{"file /a", "file /b"}, settle: 2 * time.Second}}}, 5 * time.Second, true},
		{"many looks", workLeft{looks: looks("login", 4*looksAtOnce)}, 8 * time.Second, true},
		{"one look that takes long", workLeft{looks: append(looks("login", 2), looks("scan", 1)...)}, 20 * time.Second, true},
		{"steps, then looks", workLeft{hosts: []hostWork{{steps: []string{"file /a"}}}, looks: looks("scan", 1)}, 21 * time.Second, true},
		{"a kind of step that is new", workLeft{hosts: []hostWork{{steps: []string{"file /a", "user ops"}}}}, 0, false},
		{"a look that is new", workLeft{looks: append(looks("scan", 1), looks("audit", 1)...)}, 0, false},
	} {
		if got, known := d.left(c.rest); got != c.want || known != c.known {
			t.Errorf("%s: %s, %v", c.name, got, known)
		}
	}
}
