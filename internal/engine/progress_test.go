package engine

import (
	"testing"

	"pgregory.net/rapid"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

// TestProgressIsNeverInTheJournal has a host report a run in any order. The
// journal gets all but progress, and all is shown.
func TestProgressIsNeverInTheJournal(t *testing.T) {
	b := newCaseBed(t)
	told := 0
	b.e.progress = func(Event) { told++ }
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		f := &follower{engine: b.e, host: lab.Host{Name: "atlas"}, run: "r" + string(rune('a'+run%26)) + string(rune('a'+run/26))}
		b.e.outcomes = newOutcomes()
		types := rapid.SliceOfN(rapid.SampledFrom([]wire.EventType{wire.StepIntent, wire.StepProgress, wire.StepNote, wire.StepUnchanged}), 1, 8).Draw(rt, "types")
		told = 0
		var seq uint64
		for _, typ := range types {
			event := wire.Event{Run: f.run, At: b.now, Type: typ, Step: "packages sudo", Detail: "7 %"}
			if typ != wire.StepProgress {
				seq++
				event.Seq = seq
			}
			b.do(f.take(t.Context(), nil, event))
		}
		kept, err := b.log.OfRun(t.Context(), f.run)
		b.do(err)
		if len(kept) != int(seq) || told != len(types) {
			rt.Errorf("of %v there are %d in the journal, and %d were shown", types, len(kept), told)
		}
		for _, k := range kept {
			if k.Type == string(wire.StepProgress) {
				rt.Errorf("the journal has %s", k.Body)
			}
		}
	})
}
