package probe

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairn/internal/lab"
)

// pasteable matches a waiver that is printed to be pasted into lab.yaml.
var pasteable = regexp.MustCompile("add this line under `waivers:` in lab.yaml: `([^`]+)`")

// A waiver printed for lab.yaml must be valid there, letter for letter. That
// includes failed units whose names systemd escapes.
func TestWaiversAreTakenAsTheyArePrinted(t *testing.T) {
	units := []string{"tmp.mount", `dev-disk-by\x2duuid-a\x2db.swap`, "getty@tty1.service"}
	for i := range 30 {
		units = append(units, fmt.Sprintf("long-name-of-a-unit-that-failed-%d.service", i))
	}
	guest := healthyFacts()
	guest.Container, guest.SystemState, guest.FailedUnits = "lxc", "degraded", units
	for name, want := range map[string]string{
		"os-release": "foundation.os-supported/os-release", "clock-synchronised": "foundation.time-synchronised/clock-synchronised",
	} {
		p, _ := Find(All(), name)
		printed := pasteable.FindStringSubmatch(p.Look(t.Context(), hostVantage{name: "atlas"}, factsTarget(guest)).Reason)
		if printed == nil {
			t.Errorf("%s prints no waiver", name)
			continue
		}
		text := "lab: home\nnetwork: {cidr: 10.0.0.0/24, admin: [10.0.0.0/24]}\nhosts: {atlas: {address: 10.0.0.5}}\nwaivers:\n" + printed[1] + "\n"
		checkpoint, part, _ := strings.Cut(want, "/")
		known := lab.Known{Checkpoints: []string{checkpoint}, Parts: map[string][]string{checkpoint: {part}}, Now: time.Now()}
		l, err := known.Parse("lab.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		w := l.Waivers[0]
		if len(l.Waivers) != 1 || w.Checkpoint != want || !w.Expires.After(time.Now()) || len(l.Remarks) > 0 {
			t.Errorf("%s is read as %+v, %v", name, l.Waivers, l.Remarks)
		}
		if name == "os-release" && !strings.HasPrefix(w.Reason, "I know why "+strings.Join(units[:3], " ")+" ") {
			t.Errorf("the reason is %q", w.Reason)
		}
	}
}
