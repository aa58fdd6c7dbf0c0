package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"cairn/internal/wire"
)

// question is how a time daemon is asked whether a server holds the clock.
type question struct {
	argv   []string // prints what it thinks of the clock
	synced func(said string) bool
}

// questions are those to the time daemons. The kernel's flag alone does not do:
// chronyd leaves it as it is without "rtcsync" (chrony.conf(5)), and openntpd never
// sets it. For timesyncd the kernel speaks.
var questions = map[string]question{
	"chrony":   {[]string{"chronyc", "-n", "tracking"}, chronySynced},
	"ntp":      {ntpqLeap, ntpSynced},
	"ntpsec":   {ntpqLeap, ntpSynced},
	"openntpd": {[]string{"ntpctl", "-s", "status"}, openntpdSynced},
}

// ntpqLeap asks for the leap indicator, of which 11 says that the clock is not
// synchronised (RFC 5905, figure 9).
var ntpqLeap = []string{"ntpq", "-n", "-c", "rv 0 leap,stratum,refid"}

func chronySynced(said string) bool {
	_, status, found := strings.Cut(said, "Leap status")
	return found && !strings.Contains(status, "Not synchronised")
}

func ntpSynced(said string) bool {
	return strings.Contains(said, "leap=0") && !strings.Contains(said, "leap=11")
}

// openntpdSynced reads ntpctl(8), which says "clock unsynced" otherwise.
func openntpdSynced(said string) bool { return strings.Contains(said, "clock synced") }

// unitDirs are where a package or the host's owner puts units (systemd.unit(5)).
var unitDirs = []string{"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// clocks are the time daemons on the host, with what they say where that is more
// than the kernel does.
func (a *Agent) clocks(ctx context.Context, kernelSynced bool) []wire.Clock {
	var all []wire.Clock
	for _, d := range a.System.Distro().TimeDaemons() {
		if !a.hasUnit(d.Unit) {
			continue
		}
		clock := wire.Clock{Daemon: d.Name, Unit: d.Unit}
		if q, asked := questions[d.Name]; asked && !kernelSynced {
			said := a.said(ctx, q.argv...)
			clock.Synced, clock.Says = q.synced(said), oneLine(said)
		}
		all = append(all, clock)
	}
	return all
}

// hasUnit reports whether the unit has a file. One that is masked has: it is there
// and may not run.
func (a *Agent) hasUnit(name string) bool {
	for _, dir := range unitDirs {
		if _, err := os.Lstat(filepath.Join(a.System.Root, dir, name)); err == nil {
			return true
		}
	}
	return false
}

// oneLine is a text of several lines on one, with every run of blanks as one.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		parts = append(parts, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(parts, "; ")
}
