package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/rehearse"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// settled counts how often a guarded change of the gate settled, or ended with
// that event.
func settled(b *bed, as wire.EventType) (n int) {
	for _, e := range b.seen() {
		if e.Type == string(as) && e.Guard == task.GuardGate {
			n++
		}
	}
	return n
}

// TestOneSettle checks that a first up changes the SSH policy and the firewall in
// one guarded change. Each task is done when its own checkpoints hold, in the
// roadmap's order.
func TestOneSettle(t *testing.T) {
	b := newBed(t, "server")
	report := b.up()
	if n := settled(b, wire.GuardSettled); n != 1 {
		t.Errorf("it settled %d times", n)
	}
	var order []string
	for _, e := range b.seen() {
		if e.Type == engine.EventTaskOpen || e.Type == engine.EventTaskDone {
			order = append(order, e.Type+" "+e.Task)
		}
	}
	want := []string{
		engine.EventTaskOpen + " " + task.SecureRemoteAccess, engine.EventTaskDone + " " + task.SecureRemoteAccess,
		engine.EventTaskOpen + " " + task.Firewall, engine.EventTaskDone + " " + task.Firewall,
	}
	if !slices.Equal(order[max(0, len(order)-len(want)):], want) {
		t.Errorf("the order was %q", order)
	}
	for _, id := range []string{task.SecureRemoteAccess, task.Firewall} {
		if !slices.Contains(report.Applied, id) {
			t.Errorf("carried out: %q", report.Applied)
		}
	}
	if h := report.Hosts[0]; h.State != engine.HostChanged || h.Unproven || h.Planned > 0 {
		t.Errorf("%+v", h)
	}
}

// TestAFirewallThatDoesNotStay has a firewall that closes a door which must stay
// open. The SSH policy is put back with it, and is then made again alone. The
// report names what did not stay.
func TestAFirewallThatDoesNotStay(t *testing.T) {
	b := newBed(t, "server")
	b.run("server", `systemd-run --quiet --expand-environment=no --unit door perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 9999, Listen => 9) or die; close $c while $c = $s->accept'`)
	definitions := task.All()
	for i, d := range definitions {
		if d.ID == task.Firewall {
			definitions[i].Guards = append(slices.Clone(d.Guards), task.Guard{ID: task.GuardGate, Trials: []task.Trial{{
				Name: "door", When: task.After, Worked: "the door is open", Failed: "the door is closed",
				Try: func(ctx context.Context, on task.Ground) error {
					ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
					defer cancel()
					conn, err := on.Dial(ctx, "tcp", fmt.Sprintf("%s:9999", on.Host().Address))
					if err != nil {
						return err
					}
					return conn.Close()
				},
			}}})
		}
	}
	e, err := engine.Open(t.Context(), engine.Options{
		Lab: b.lab, Roadmap: b.roadmap, Connector: b.connector(), Login: host.Login{User: "root"}, Now: time.Now, Progress: b.take,
		Waivers: rehearse.Waivers(time.Now()), Tasks: definitions,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	report, err := e.Up(t.Context(), engine.UpOptions{})
	if problem.CodeOf(err) != problem.GuardRolledBack || !strings.Contains(err.Error(), "the door is closed") {
		t.Errorf("up ended with %v", err)
	}
	if !slices.Contains(report.Reached, "foundation.remote-access-secured") || slices.Contains(report.Reached, "foundation.firewall-applied") {
		t.Errorf("reached %q", report.Reached)
	}
	if persisted, back := settled(b, wire.GuardPersisted), settled(b, wire.GuardRolledBack); persisted != 1 || back != 2 {
		t.Errorf("the gate stayed %d times and was put back %d times", persisted, back)
	}
	h := report.Hosts[0]
	named := slices.ContainsFunc(h.Guards, func(g engine.GuardOutcome) bool {
		return g.Guard == task.GuardGate && slices.Equal(g.PutBack, []string{"nft-table inet cairn"})
	})
	if h.State != engine.HostPutBack || !named || !slices.Contains(h.Changed, "sshd-dropin 00-cairn.conf") {
		t.Errorf("%+v", h)
	}
	if told := report.Account(time.Now()).Hosts; len(told) != 1 || !strings.Contains(told[0].Text, "put back as it was: guard gate (firewall table inet cairn)") {
		t.Errorf("the owner is told %+v", told)
	}
	if !slices.ContainsFunc(b.seen(), func(e engine.Event) bool { return e.Guard == task.GuardGate && strings.Contains(e.Text, "tried alone") }) {
		t.Error("nothing names what was put back with the rest")
	}
	if left := b.run("server", "sshd -T | grep '^permitrootlogin '; nft list tables"); !strings.Contains(left, "permitrootlogin no") || strings.Contains(left, "inet cairn") {
		t.Errorf("on the host: %s", left)
	}
}
