package cmmn_test

import (
	"encoding/json"
	"testing"
	"time"

	"cairn/internal/cmmn"
)

// A journal that does not fit must give an error and not a panic.
func TestReplayRefuses(t *testing.T) {
	p := begin(t, "case C\n  task A").program
	for _, e := range []cmmn.Effect{
		{Op: "unheard of"}, {Op: cmmn.OpClock}, {Op: cmmn.OpArm}, {Op: cmmn.OpMove, At: 7}, {Op: cmmn.OpMove, At: -1},
		{Op: cmmn.OpCreate, At: 5, Item: "A"}, {Op: cmmn.OpCreate, At: 1, Item: "A", Parent: 3}, {Op: cmmn.OpSet, Name: "x", Value: []byte("{")},
	} {
		if _, err := p.Replay([]cmmn.Turn{{Effects: []cmmn.Effect{e}}}); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}

// TestCondensedEffectsDoNotGrow changes values and times for a long time, as in
// a case whose evidence comes and goes.
func TestCondensedEffectsDoNotGrow(t *testing.T) {
	g := begin(t, "case C\n  task A\n  milestone M <- if done")
	condensed := func() int {
		var effects []cmmn.Effect
		for _, turn := range g.turns {
			effects = append(effects, turn.Effects...)
		}
		return len(cmmn.Condense(effects))
	}
	var after20 int
	for i := range 500 {
		value := json.RawMessage([]string{"true", "false"}[i%2])
		turn, err := g.c.Execute(cmmn.Set{Values: map[string]json.RawMessage{"seen": value}}, cmmn.Author{At: epoch.Add(time.Duration(i) * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		g.turns = append(g.turns, turn)
		if i == 20 {
			after20 = condensed()
		}
	}
	if n := condensed(); n != after20 {
		t.Errorf("%d effects are left, and %d were after 20 turns", n, after20)
	}
}
