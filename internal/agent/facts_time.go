package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"cairn/internal/wire"
)

// clockQuery asks a time daemon whether a server holds the clock.
type clockQuery struct {
	argv   []string // the command that prints the state of the clock
	synced func(said string) bool
}

// questions are the queries for the time daemons. The kernel's flag alone is not
// enough: chronyd does not set it without "rtcsync" (chrony.conf(5)), and openntpd
// never sets it. For timesyncd the kernel's flag is used.
var questions = map[string]clockQuery{
	"chrony":   {[]string{"chronyc", "-n", "tracking"}, chronySynced},
	"ntp":      {ntpqLeap, ntpSynced},
	"ntpsec":   {ntpqLeap, ntpSynced},
	"openntpd": {[]string{"ntpctl", "-s", "status"}, openntpdSynced},
}

// ntpqLeap asks for the leap indicator. 11 means that the clock is not synchronised
// (RFC 5905, figure 9).
var ntpqLeap = []string{"ntpq", "-n", "-c", "rv 0 leap,stratum,refid"}

func chronySynced(said string) bool {
	_, status, found := strings.Cut(said, "Leap status")
	return found && !strings.Contains(status, "Not synchronised")
}

func ntpSynced(said string) bool {
	return strings.Contains(said, "leap=0") && !strings.Contains(said, "leap=11")
}

// openntpdSynced reads the output of ntpctl(8), which otherwise says "clock
// unsynced".
func openntpdSynced(said string) bool { return strings.Contains(said, "clock synced") }

// unitDirs are the directories in which packages and the host's owner put units
// (systemd.unit(5)).
var unitDirs = []string{"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// clocks returns the time daemons on the host, with their own report where it says
// more than the kernel.
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

// hasUnit reports whether the unit has a file. A masked unit has one, but may not
// run.
func (a *Agent) hasUnit(name string) bool {
	for _, dir := range unitDirs {
		if _, err := os.Lstat(filepath.Join(a.System.Root, dir, name)); err == nil {
			return true
		}
	}
	return false
}

// oneLine joins the lines of a text, and turns every run of blanks into one.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		parts = append(parts, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(parts, "; ")
}
