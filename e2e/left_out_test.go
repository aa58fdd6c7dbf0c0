package e2e

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// TestOneOfThreeIsDead walks a lab of three hosts, one of them unreachable. The
// two others are brought up and proven, and the command names the one that was
// left out.
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

// TestAFailedStepLeavesTheRest has a host that cannot install anything. What needs
// its packages is skipped by name in the events, the outcome and the status. The
// rest is done. Once the mirror is back, another up does what was left undone.
func TestAFailedStepLeavesTheRest(t *testing.T) {
	b := newBed(t, "atlas")
	b.run("atlas", `dpkg --purge --force-depends unattended-upgrades >/dev/null 2>&1; rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/*_*
		mkdir /root/aside; mv /etc/apt/sources.list.d /etc/apt/sources.list /root/aside/ 2>/dev/null
		echo 'deb [trusted=yes] http://127.0.0.1:9/debian trixie main' >/etc/apt/sources.list
		ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime; echo Europe/Berlin >/etc/timezone`)
	e := b.engine()
	report, err := e.Up(t.Context(), engine.UpOptions{})
	if err == nil || !strings.Contains(err.Error(), "unattended-upgrades") {
		t.Fatalf("up ended with %v", err)
	}
	h := report.Hosts[0]
	if h.State != engine.HostFailed || len(h.Failed) != 1 || !strings.HasPrefix(h.Failed[0], "packages ") {
		t.Fatalf("%+v", h)
	}
	skipped := engine.Skipped{Name: "timezone Etc/UTC", Why: "since " + h.Failed[0] + " failed"}
	if !slices.Equal(h.Skipped, []engine.Skipped{skipped}) || !slices.Contains(h.Changed, "file /etc/security/limits.d/50-cairn.conf") {
		t.Errorf("%+v", h)
	}
	if !slices.ContainsFunc(b.seen(), func(e engine.Event) bool {
		return e.Type == string(wire.StepSkipped) && e.Step == skipped.Name && e.Text == skipped.Why
	}) {
		t.Errorf("no event says that %s was skipped", skipped.Name)
	}
	if undone := b.engine().Status().Undone; len(undone) != 2 || undone[0].Name != h.Failed[0] || undone[1].Name != skipped.Name || undone[1].Why != skipped.Why {
		t.Errorf("the status names as undone: %+v", undone)
	}
	b.run("atlas", `rm -rf /etc/apt/sources.list /etc/apt/sources.list.d; mv /root/aside/* /etc/apt/`)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	b.up()
	if zone := b.run("atlas", "readlink /etc/localtime"); !strings.Contains(zone, "UTC") {
		t.Errorf("the time zone is %s", zone)
	}
	if undone := b.engine().Status().Undone; len(undone) > 0 {
		t.Errorf("the status still names as undone: %+v", undone)
	}
}

// TestAVantageIsDead checks that the walk goes on when nothing can look from the
// second host. What cannot be seen from there is unproven for one cause, named
// once. When the vantage is back, the rest is proven.
func TestAVantageIsDead(t *testing.T) {
	b := newBed(t, "atlas", "visitor")
	if err := b.rehearsal.Disconnect(t.Context(), "visitor"); err != nil {
		t.Fatal(err)
	}
	e := b.engine()
	report, err := e.Up(t.Context(), engine.UpOptions{})
	if problem.CodeOf(err) != problem.RunUnproven {
		t.Fatalf("up ended with %v", err)
	}
	if h := report.Hosts[0]; h.State != engine.HostChanged || h.Planned > 0 || h.Unproven {
		t.Errorf("%+v", h)
	}
	if len(report.Causes) != 1 || report.Causes[0].Outcome != evidence.Unproven || !strings.Contains(report.Causes[0].Reason, "visitor") {
		t.Errorf("causes %+v", report.Causes)
	}
	for _, l := range report.Causes[0].Looks {
		if l.Vantage != "visitor" {
			t.Errorf("%s is not proven either", l)
		}
	}
	said := map[string]int{}
	for _, event := range b.seen() {
		if event.Type == engine.EventLook && strings.Contains(event.Text, "cannot look from visitor") {
			said[event.Checkpoint]++
		}
	}
	if len(said) > 3 || said["foundation.ssh-access"] > 1 {
		t.Errorf("it is said again and again: %v", said)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.rehearsal.Connect(t.Context(), "visitor"); err != nil {
		t.Fatal(err)
	}
	if again := b.up(); again.Plan.Changes() > 0 || len(again.Causes) > 0 || len(again.Reached) == 0 {
		t.Errorf("with the vantage there are %d changes, causes %v, reached %q", again.Plan.Changes(), again.Causes, again.Reached)
	}
}
