package cmmn_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
)

// fataler is what tests, benchmarks and properties have in common.
type fataler interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

var _ fataler = (*testing.T)(nil)

func dump(c *cmmn.Case) string {
	var b strings.Builder
	if err := c.Dump(&b); err != nil {
		panic(err)
	}
	return b.String()
}

// checkReplay checks that the journal, as read from a disk, leads to the same
// state, byte for byte.
func checkReplay(t fataler, p *cmmn.Program, c *cmmn.Case, turns []cmmn.Turn) {
	t.Helper()
	text, err := json.Marshal(turns)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var read []cmmn.Turn
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatalf("%v", err)
	}
	again, err := p.Replay(read)
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if diff := cmp.Diff(dump(c), dump(again)); diff != "" {
		t.Errorf("the replayed journal leads elsewhere (-case +replayed):\n%s", diff)
	}
	checkCondensed(t, p, c, read)
}

// checkCondensed checks that the condensed journal leads to the same state,
// even if it was condensed before and then went on.
func checkCondensed(t fataler, p *cmmn.Program, c *cmmn.Case, turns []cmmn.Turn) {
	t.Helper()
	var effects []cmmn.Effect
	for i, turn := range turns {
		effects = append(effects, turn.Effects...)
		if i == len(turns)/2 {
			effects = cmmn.Condense(effects)
		}
	}
	again, err := p.Replay([]cmmn.Turn{{Effects: cmmn.Condense(effects)}})
	if err != nil {
		t.Fatalf("replay of the condensed journal: %v", err)
	}
	if diff := cmp.Diff(dump(c), dump(again)); diff != "" {
		t.Errorf("the condensed journal leads elsewhere (-case +condensed):\n%s", diff)
	}
}

// checkInvariants checks what is true of every case at rest.
func checkInvariants(t fataler, c *cmmn.Case) {
	t.Helper()
	items := c.Items()
	state := func(number int) cmmn.State {
		if number == 0 {
			return c.State()
		}
		return items[number-1].State
	}
	for _, i := range items {
		parent := state(i.Parent)
		occurrence := i.Kind == cmmn.Milestone || i.Kind.IsListener()
		live := i.State == cmmn.Active || i.State == cmmn.Enabled || i.State == cmmn.Suspended || i.State == cmmn.Available
		if live && !occurrence && (parent == cmmn.Completed || parent == cmmn.Terminated) {
			t.Errorf("%s is %s, but its stage is %s", i.Path, i.State, parent)
		}
		if i.State == cmmn.Active && parent == cmmn.Suspended {
			t.Errorf("%s is active, but its stage is suspended", i.Path)
		}
		if i.State == cmmn.Active && (parent == cmmn.Available || parent == cmmn.Null) {
			t.Errorf("%s is active, but its stage is %s", i.Path, parent)
		}
	}
}
