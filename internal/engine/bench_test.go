package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// BenchmarkStatus is all of `cairn status` but the start of the program. The case
// is under way and has 10,000 events. Its budget is 150 ms.
func BenchmarkStatus(b *testing.B) {
	l := &lab.Lab{Name: "bench", Dir: b.TempDir(), Workflow: lab.Hybrid}
	fillJournal(b, filepath.Join(StateDirOf(l), "journal.db"))
	for b.Loop() {
		showStatus(b, l)
	}
}

func showStatus(b *testing.B, l *lab.Lab) {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		b.Fatal(err)
	}
	e, err := Open(b.Context(), Options{Lab: l, Roadmap: r, Now: time.Now, LookOnly: true})
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

// BenchmarkStatusAfterYears is BenchmarkStatus with 5,000,000 events in the
// journal and none in the archive. These are looks, steps of runs, and turns of
// the case. Its budget is 100 ms. The journal takes minutes to write, and 3 GB of
// disk.
func BenchmarkStatusAfterYears(b *testing.B) {
	if testing.Short() {
		b.Skip("it makes a large journal")
	}
	l := &lab.Lab{Name: "bench", Dir: b.TempDir(), Workflow: lab.Hybrid, Hosts: []lab.Host{{Name: "atlas"}, {Name: "nas"}}}
	fillYears(b, l, 5_000_000)
	began := time.Now()
	e := openRecorded(b, l)
	b.Logf("laid out anew and read in %s", time.Since(began).Round(time.Second))
	began = time.Now()
	if err := e.keepSnapshots(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("snapshots were made in %s", time.Since(began).Round(time.Second))
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		showStatus(b, l)
	}
}

// fillYears writes the events of a small lab over and over into a journal of the
// first layout. That is faster than to append to a journal of today.
func fillYears(b *testing.B, l *lab.Lab, events int) {
	b.Helper()
	layout, err := os.ReadFile("../journal/testdata/layout-1.sql")
	if err == nil {
		err = os.MkdirAll(StateDirOf(l), 0o700)
	}
	if err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(StateDirOf(l), "journal.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	exec := func(statement string, args ...any) {
		if _, err := db.Exec(statement, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("PRAGMA synchronous = off; PRAGMA journal_mode = wal;" + string(layout) + "DROP INDEX event_by_type;")
	exec("CREATE TEMP TABLE pattern (n INTEGER PRIMARY KEY, host, type, subject, body)")
	turns, err := readTurns(firstJournal)
	if err != nil {
		b.Fatal(err)
	}
	for i, turn := range turns {
		exec("INSERT INTO event (run, host, seq, at, type, subject, body) VALUES ('a', '', ?, 0, 'case.turn', '', ?)", i+1, []byte(turn))
	}
	pattern := yearsPattern(b, l)
	for i, e := range pattern {
		exec("INSERT INTO pattern VALUES (?, ?, ?, ?, ?)", i, e.Host, e.Type, e.Subject, []byte(e.Body))
	}
	exec(`WITH RECURSIVE event_no(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM event_no WHERE i + 1 < ?)
		INSERT INTO event (run, host, seq, at, type, subject, body)
		SELECT printf('r%08d', i / 1000), host, 1 + i % 1000, i * 60000000, type, subject, body FROM event_no JOIN pattern ON n = i % ?`, events, len(pattern))
	exec("PRAGMA application_id = 1130459758; PRAGMA user_version = 1;")
}

// yearsPattern are the events of a run, all looks, and a value of the case that
// comes and goes.
func yearsPattern(b *testing.B, l *lab.Lab) []journal.Event {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		b.Fatal(err)
	}
	resolved := resolve.Of(resolve.Inputs{Lab: l, Roadmap: r})
	var all []journal.Event
	add := func(host, typ, subject string, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, journal.Event{Host: host, Type: typ, Subject: subject, Body: text})
	}
	for _, h := range l.Hosts {
		for i := range 10 {
			step := wire.Event{Type: wire.StepIntent, Task: firewallTask, Step: fmt.Sprintf("file /etc/cairn/%d", i), Guard: "gate"}
			add(h.Name, string(step.Type), step.Step, step)
			step.Type = wire.StepApplied
			add(h.Name, string(step.Type), step.Step, step)
		}
		add(h.Name, string(wire.GuardPersisted), "", wire.Event{Type: wire.GuardPersisted, Guard: "gate"})
		add(h.Name, string(wire.RunDone), "", wire.Event{Type: wire.RunDone})
	}
	for _, c := range r.Stages[0].Checkpoints {
		for _, p := range resolved.Looks(c.ID) {
			add("", typeEvidence, p.Look.Key(), evidence.Record{
				Look: p.Look, Outcome: evidence.Proven, Expected: []evidence.Field{{Name: "seen", Value: strings.Repeat("x", 300)}}, Fresh: time.Hour, Nonce: "n",
			}.Seal(""))
		}
	}
	for _, value := range []string{"true", "false"} {
		add("", typeTurn, "", cmmn.Turn{Command: "set value", By: "cairn", Effects: []cmmn.Effect{{Op: cmmn.OpSet, Name: "value", Value: json.RawMessage(value)}}})
	}
	return all
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
