package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"cairn/internal/journal"
	"cairn/internal/lab"
)

// firstJournal has the turns of a lab that went through Phase 1 with the first
// version that kept a case. It is never written anew: old journals must stay
// readable.
const firstJournal = "testdata/turns-1.jsonl"

func TestJournalsWrittenBeforeGoOn(t *testing.T) {
	b := newCaseBed(t)
	b.read(firstJournal)
	c := b.load(lab.Hybrid)
	for _, id := range foundation {
		if !c.completed(id) {
			t.Errorf("%s is %s", id, c.state(id))
		}
	}
	for _, m := range []string{"foundation.remote-access-secured", "foundation.firewall-applied"} {
		if c.reachedMilestones()[m].IsZero() {
			t.Errorf("%s is not reached", m)
		}
	}
	if c.state("core") != "active" {
		t.Errorf("the second stage is %s", c.state("core"))
	}
	b.do(c.set(t.Context(), b.e, map[string]any{"core_containers_run": true}))
	b.do(c.complete(t.Context(), b.e, "core.container-platform"))
	if c.reachedMilestones()["core.container-platform-operational"].IsZero() {
		t.Error("the case does not go on")
	}
}

func (b *caseBed) read(path string) {
	b.t.Helper()
	turns, err := readTurns(path)
	b.do(err)
	for _, turn := range turns {
		_, err := b.log.Append(b.t.Context(), journal.Event{Run: "before", Host: journal.Controller, At: b.now, Type: typeTurn, Body: turn})
		b.do(err)
	}
}

// readTurns reads a file with a turn on each line.
func readTurns(path string) ([]json.RawMessage, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var turns []json.RawMessage
	for line := range bytes.Lines(text) {
		turns = append(turns, bytes.TrimSpace(line))
	}
	return turns, nil
}
