package engine

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// heard is what a host reports of a guard of one step, up to its last event.
func heard(guard, step string, types ...wire.EventType) []wire.Event {
	var all []wire.Event
	for _, typ := range types {
		e := wire.Event{Type: typ, Guard: guard}
		if typ == wire.GuardArmed {
			e.Lasts = time.Minute
		}
		if typ == wire.StepApplied {
			e.Step = step
		}
		all = append(all, e)
	}
	return all
}

func TestOutcomes(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	until := now.Add(time.Minute)
	applied := wire.Event{Type: wire.StepApplied, Step: "file /a"}
	for _, c := range []struct {
		name   string
		events []wire.Event
		want   HostOutcome
	}{
		{"a step, done", []wire.Event{applied, {Type: wire.RunDone}},
			HostOutcome{State: HostChanged, Changed: []string{"file /a"}, Unproven: true, Planned: 1}},
		{"a package failed", []wire.Event{applied, {Type: wire.StepFailed, Step: "packages"}, {Type: wire.RunFailed}},
			HostOutcome{State: HostFailed, Changed: []string{"file /a"}, Unproven: true, Planned: 1, Failed: []string{"packages"}}},
		{"what depends on it was skipped", []wire.Event{{Type: wire.StepFailed, Step: "packages"}, {Type: wire.StepSkipped, Step: "unit", Detail: "since packages failed"}, applied,
			{Type: wire.GuardSkipped, Guard: "gate", Detail: "since packages failed"}, {Type: wire.RunFailed}},
			HostOutcome{State: HostFailed, Changed: []string{"file /a"}, Unproven: true, Planned: 1, Failed: []string{"packages"},
				Skipped: []Skipped{{"unit", "since packages failed"}, {"guard gate", "since packages failed"}}}},
		{"armed, and nothing heard since", append([]wire.Event{applied}, heard("gate", "sshd", wire.GuardPrepared, wire.GuardArmed, wire.StepApplied, wire.GuardApplied)...),
			HostOutcome{State: HostWaiting, Changed: []string{"file /a"}, Unproven: true, Planned: 1, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardApplied, Until: &until}}}},
		{"put back: what the guard had done is not counted", append(heard("gate", "sshd", wire.GuardArmed, wire.StepApplied, wire.GuardRolledBack), wire.Event{Type: wire.RunFailed}),
			HostOutcome{State: HostPutBack, Planned: 2, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardRolledBack, PutBack: []string{"sshd"}}}}},
		{"stuck", append(heard("gate", "sshd", wire.GuardArmed, wire.StepApplied, wire.GuardStuck), wire.Event{Type: wire.RunFailed}),
			HostOutcome{State: HostStuck, Planned: 2, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardStuck}}}},
		{"refused", append(heard("gate", "sshd", wire.GuardRefused), wire.Event{Type: wire.RunFailed}),
			HostOutcome{State: HostRefused, Planned: 2, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardRefused}}}},
		{"refused by the host's lock", []wire.Event{{Type: wire.RunRefused}}, HostOutcome{State: HostRefused, Planned: 2}},
		{"the run was confirmed and broke off", heard("gate", "sshd", wire.GuardArmed, wire.StepApplied, wire.GuardConfirmed),
			HostOutcome{State: HostWaiting, Changed: []string{"sshd"}, Unproven: true, Planned: 1, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardConfirmed}}}},
		{"put back yesterday, made again today", slices.Concat(
			heard("gate", "sshd", wire.GuardArmed, wire.StepApplied, wire.GuardRolledBack), []wire.Event{{Type: wire.RunFailed}},
			heard("gate", "sshd", wire.GuardArmed, wire.StepApplied, wire.GuardConfirmed, wire.GuardPersisted), []wire.Event{{Type: wire.RunDone}}),
			HostOutcome{State: HostChanged, Changed: []string{"sshd"}, Unproven: true, Planned: 1, Guards: []GuardOutcome{{Guard: "gate", Last: wire.GuardPersisted}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOutcomes()
			o.handedOver("atlas")
			for _, e := range c.events {
				o.take("atlas", e, now)
			}
			c.want.Host = "atlas"
			if diff := cmp.Diff([]HostOutcome{c.want}, o.result([]lab.Host{{Name: "atlas"}}, planOf("atlas", 2))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// planOf is a plan with that many changes for a host.
func planOf(host string, changes int) *Plan {
	h := HostPlan{Host: host}
	for range changes {
		h.Steps = append(h.Steps, StepPlan{Diff: resource.Diff{Changes: []resource.Change{{Property: "x"}}}})
	}
	return &Plan{Hosts: []HostPlan{h}}
}

func TestOutcomesWithoutWork(t *testing.T) {
	hosts := []lab.Host{{Name: "atlas"}}
	for _, c := range []struct {
		want HostState
		plan *Plan
	}{
		{HostNotLooked, nil},
		{HostUntouched, planOf("atlas", 3)},
		{HostAsDeclared, planOf("atlas", 0)},
		{HostNotReached, &Plan{Hosts: []HostPlan{{Host: "atlas", Problem: "no route"}}}},
	} {
		if got := newOutcomes().result(hosts, c.plan)[0].State; got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestLookingEndsDoubt checks that a change is no longer unproven after a look.
func TestLookingEndsDoubt(t *testing.T) {
	o := newOutcomes()
	o.take("atlas", wire.Event{Type: wire.StepApplied, Step: "file /a"}, time.Now())
	o.proven([]lab.Host{{Name: "atlas"}})
	if h := o.result([]lab.Host{{Name: "atlas"}}, nil)[0]; h.Unproven || h.State != HostChanged {
		t.Errorf("%+v", h)
	}
}

// TestNobodyLookedAtWhatIsLeftOut has a host that changes and then fails. It stays
// unproven after looks at the others.
func TestNobodyLookedAtWhatIsLeftOut(t *testing.T) {
	o, hosts := newOutcomes(), []lab.Host{{Name: "atlas"}, {Name: "boreas"}}
	for _, h := range hosts {
		o.take(h.Name, wire.Event{Type: wire.StepApplied, Step: "file /a"}, time.Time{})
	}
	left := newAbsentHosts()
	left.out("boreas", errors.New("a step failed"))
	o.proven(left.others(hosts))
	for _, got := range o.result(hosts, nil) {
		if got.Unproven != (got.Host == "boreas") {
			t.Errorf("%+v", got)
		}
	}
}
