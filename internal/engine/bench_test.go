package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// BenchmarkStatus is all of `cairn status` but the start of the program, with a
// case that is under way and 10,000 events. Its budget is 150 ms.
func BenchmarkStatus(b *testing.B) {
	l := &lab.Lab{Name: "bench", Dir: b.TempDir(), Workflow: lab.Hybrid}
	fillJournal(b, filepath.Join(StateDirOf(l), "journal.db"))
	for b.Loop() {
		r, err := roadmap.Homelab(task.Implemented)
		if err != nil {
			b.Fatal(err)
		}
		e, err := Open(b.Context(), Options{Lab: l, Roadmap: r, Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		if e.Status().Stages[0].State != "active" {
			b.Fatal("the case is not under way")
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func fillJournal(b *testing.B, path string) {
	b.Helper()
	ctx := context.Background()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.Fatal(err)
	}
	log, err := journal.Open(ctx, path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	turns, err := readTurns(firstJournal)
	if err != nil {
		b.Fatal(err)
	}
	events := make([]journal.Event, 0, 10_000)
	for _, turn := range turns {
		events = append(events, journal.Event{Run: "case", Host: journal.Controller, At: time.Now(), Type: typeTurn, Body: turn})
	}
	for i := len(events); i < cap(events); i++ {
		events = append(events, journal.Event{
			Run: fmt.Sprintf("run-%d", i/100), Host: "atlas", At: time.Now(), Type: "step.done", Subject: "file /etc/motd", Body: []byte(`{"type":"step.done"}`),
		})
	}
	if _, err := log.Append(ctx, events...); err != nil {
		b.Fatal(err)
	}
}
