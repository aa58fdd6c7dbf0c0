package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// TestWhatUpSaysLast checks the end of up's output. After a rollback, a refusal,
// an interruption or a failure, it never says "as declared". It names every host.
func TestWhatUpSaysLast(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	until, past := now.Add(42*time.Second), now.Add(-time.Second)
	guard := func(last wire.EventType, until *time.Time) []engine.GuardOutcome {
		return []engine.GuardOutcome{{Guard: "gate", Last: last, Until: until}}
	}
	plan := &engine.Plan{Hosts: []engine.HostPlan{{Host: "atlas", Steps: make([]engine.StepPlan, 3)}}}
	for _, c := range []struct {
		name   string
		report engine.UpReport
		want   string
	}{
		{"nothing to do", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostAsDeclared}}},
			"No changes: 3 resources on 1 host are as declared.\nNext: cairn status\n"},
		{"all done", engine.UpReport{Plan: plan, Consent: true, Applied: []string{"firewall"}, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostChanged, Changed: []string{"a"}}}},
			"Carried out: firewall.\nNext: cairn status\n"},
		{"no consent", engine.UpReport{Plan: plan, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostUntouched, Planned: 3}}},
			"Nothing was changed.\n  ○ atlas: not changed; 3 changes still to be made\n"},
		{"interrupted before anything", engine.UpReport{Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostNotLooked}}},
			"Nothing was changed.\n  ○ atlas: not looked at\n"},
		{"what an earlier run had begun", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostChanged, Changed: []string{"a", "b"}}}},
			"  ● atlas: 2 changes made\nNext: cairn status\n"},
		{"one of three put back, and one not reached", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{
			{Host: "atlas", State: engine.HostPutBack, Planned: 3, Guards: guard(wire.GuardRolledBack, nil)},
			{Host: "nas", State: engine.HostChanged, Changed: []string{"a", "b"}, Unproven: true},
			{Host: "pi", State: engine.HostChanged, Changed: []string{"a", "c"}, Unproven: true},
			{Host: "rhea", State: engine.HostNotReached},
		}}, "  ✗ atlas: put back as it was: guard gate; 3 changes still to be made\n  ● nas, pi: 2 changes made, not proven yet\n  ○ rhea: not reached\nNext: cairn status\n"},
		{"what had joined was put back", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostPutBack, Changed: []string{"sshd-dropin 00-cairn.conf"}, Planned: 1,
			Guards: []engine.GuardOutcome{{Guard: "gate", Last: wire.GuardRolledBack, PutBack: []string{"nft-table inet cairn", "unit nftables"}}}}}},
			"  ✗ atlas: put back as it was: guard gate (firewall table inet cairn, unit nftables); 1 change made before, and kept; 1 change still to be made\nNext: cairn status\n"},
		{"a package failed", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostFailed, Changed: []string{"a"}, Unproven: true, Planned: 2}}},
			"  ✗ atlas: a step failed; 1 change made before, and kept, not proven yet; 2 changes still to be made\nNext: cairn status\n"},
		{"what depends on it was skipped", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostFailed, Failed: []string{"packages"}, Planned: 3,
			Skipped: []engine.Skipped{{Name: "unit", Why: "since packages failed"}, {Name: "guard gate", Why: "since packages failed"}}}}},
			"Nothing was changed.\n  ✗ atlas: a step failed: packages; skipped unit, guard gate since packages failed; 3 changes still to be made\nNext: cairn status\n"},
		{"refused", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostRefused, Planned: 3, Guards: guard(wire.GuardRefused, nil)}}},
			"Nothing was changed.\n  ✗ atlas: refused before it changed anything: guard gate; 3 changes still to be made\nNext: cairn status\n"},
		{"interrupted while a guard is armed", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostWaiting, Guards: guard(wire.GuardSettled, &until)}}},
			"  ◐ atlas: guard gate is armed; without a confirmation the host puts everything back by itself at 12:00:42 UTC, in 42s\nNext: cairn status\n"},
		{"lost while a guard was armed", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostWaiting, Guards: guard(wire.GuardArmed, &past)}}},
			"  ◐ atlas: guard gate was armed; without a confirmation the host has put everything back by itself by 11:59:59 UTC\nNext: cairn status\n"},
		{"interrupted at work", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostWaiting}}},
			"  ◐ atlas: the work goes on there; a guarded change that nobody confirms is put back\nNext: cairn status\n"},
		{"stuck", engine.UpReport{Plan: plan, Consent: true, Hosts: []engine.HostOutcome{{Host: "atlas", State: engine.HostStuck, Guards: guard(wire.GuardStuck, nil)}}},
			"  ✗ atlas: PUTTING BACK IS INCOMPLETE: guard gate\nNext: cairn status\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			writeUpText(newScreen(Streams{Out: &b, Err: &b}), &b, &c.report, now)
			if b.String() != c.want {
				t.Errorf("it says\n%swant\n%s", b.String(), c.want)
			}
		})
	}
}

// TestEachCauseIsToldOnce checks that hosts that fail alike are named together,
// the first cause first. A long list is cut short.
func TestEachCauseIsToldOnce(t *testing.T) {
	full := func(where string) error {
		return problem.Wrap(problem.HostDiskFull, where, "there is no space left", errors.New("ENOSPC"))
	}
	other := problem.New(problem.GuardRolledBack, "pi", "the change was rolled back")
	var b bytes.Buffer
	newScreen(Streams{Out: &b, Err: &b}).fail(errors.Join(full("nas"), other, full("atlas")))
	said := b.String()
	if strings.Count(said, "error: ") != 2 || strings.Count(said, "ENOSPC") != 1 || !strings.HasPrefix(said, "\nerror: nas, atlas: there is no space left\n") {
		t.Errorf("it says %s", said)
	}
	var many []error
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		many = append(many, problem.New(problem.HostUnreachable, name, "no answer at "+name))
	}
	b.Reset()
	newScreen(Streams{Out: &b, Err: &b}).fail(errors.Join(many...))
	if said := b.String(); strings.Count(said, "error: ") != maxCauses || !strings.Contains(said, "and 2 more errors of other hosts") {
		t.Errorf("it says %s", said)
	}
}
