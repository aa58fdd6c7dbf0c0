package engine

import (
	"encoding/json"
	"net/netip"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// changesBed is a lab of two hosts with evidence in its journal.
type changesBed struct {
	*caseBed
	look evidence.Look // of the firewall, at atlas
	seq  uint64
}

const firewallTask = "foundation.firewall"

func newChangesBed(t *testing.T) *changesBed {
	b := &changesBed{caseBed: newCaseBed(t)}
	b.resolve(&lab.Lab{Hosts: []lab.Host{
		{Name: "atlas", Address: netip.MustParseAddr("10.0.0.1")}, {Name: "nas", Address: netip.MustParseAddr("10.0.0.2")},
	}})
	b.look = b.e.resolved.Looks("foundation.firewall-blocks")[0].Look
	b.reload()
	return b
}

// reload reads the journal anew, as the next program would.
func (b *changesBed) reload() {
	b.t.Helper()
	ledger, err := readLedger(b.t.Context(), b.log)
	b.do(err)
	b.e.ledger, b.e.changes = ledger, nil
	b.do(b.e.outdate(b.t.Context(), b.log))
}

func (b *changesBed) proves() {
	b.t.Helper()
	b.do(b.e.record(b.t.Context(), []evidence.Record{{Look: b.look, Started: b.now, Outcome: evidence.Proven, Fresh: 1 << 60}}))
}

// tells sends an event from a host.
func (b *changesBed) tells(host string, e wire.Event) {
	b.t.Helper()
	b.seq++
	e.Run, e.Seq = "r1", b.seq
	body, err := json.Marshal(e)
	b.do(err)
	_, err = b.log.Append(b.t.Context(), journal.Event{Run: e.Run, Host: host, Seq: e.Seq, At: b.now, Type: string(e.Type), Subject: e.Step, Body: body})
	b.do(err)
}

// TestAChangeOutdatesItsEvidence checks that evidence from before a change of its
// subject proves nothing after the change. It does not matter how the change
// became known.
func TestAChangeOutdatesItsEvidence(t *testing.T) {
	step := func(typ wire.EventType, guard string) wire.Event {
		return wire.Event{Type: typ, Task: firewallTask, Step: "nft-table inet cairn", Guard: guard}
	}
	guard := func(typ wire.EventType) wire.Event { return wire.Event{Type: typ, Guard: "gate"} }
	for _, c := range []struct {
		name          string
		before, after func(b *changesBed)
		stale         bool
	}{
		{"nothing", nil, func(*changesBed) {}, false},
		{"a step", nil, func(b *changesBed) { b.tells("atlas", step(wire.StepApplied, "")) }, true},
		{"a step that failed half way", nil, func(b *changesBed) { b.tells("atlas", step(wire.StepFailed, "")) }, true},
		{"a step that was begun and never told of again", nil, func(b *changesBed) { b.tells("atlas", step(wire.StepIntent, "")) }, true},
		{"a step with nothing to do", nil, func(b *changesBed) {
			b.tells("atlas", step(wire.StepIntent, ""))
			b.tells("atlas", step(wire.StepUnchanged, ""))
		}, false},
		{"another host's", nil, func(b *changesBed) { b.tells("nas", step(wire.StepApplied, "")) }, false},
		{"another task's", nil, func(b *changesBed) {
			b.tells("atlas", wire.Event{Type: wire.StepApplied, Task: "foundation.no-such-task", Step: "x"})
		}, false},
		{"a guard that was made permanent by a run that was resumed",
			func(b *changesBed) { b.tells("atlas", step(wire.StepApplied, "gate")) },
			func(b *changesBed) { b.tells("atlas", guard(wire.GuardPersisted)) }, true},
		{"a guard that was put back while nobody was there",
			func(b *changesBed) { b.tells("atlas", step(wire.StepApplied, "gate")) },
			func(b *changesBed) { b.tells("atlas", guard(wire.GuardRolledBack)) }, true},
		{"a guard of other tasks",
			func(b *changesBed) {
				b.tells("atlas", wire.Event{Type: wire.StepApplied, Task: "x", Step: "x", Guard: "gate"})
			},
			func(b *changesBed) { b.tells("atlas", guard(wire.GuardRolledBack)) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newChangesBed(t)
			if c.before != nil {
				c.before(b)
			}
			b.proves()
			c.after(b)
			want := evidence.Proven
			if c.stale {
				want = evidence.Stale
			}
			b.reload()
			if v := b.e.ledger.Judge(b.look, nil, b.now); v.Outcome != want {
				t.Errorf("%s: %s, want %s", v.Outcome, v.Reason, want)
			}
			b.proves()
			b.reload()
			if v := b.e.ledger.Judge(b.look, nil, b.now); v.Outcome != evidence.Proven {
				t.Errorf("looked at again it is %s: %s", v.Outcome, v.Reason)
			}
		})
	}
}
