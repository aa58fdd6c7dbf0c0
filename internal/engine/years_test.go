package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// archived is the recorded lab after three more rounds of looks. Everything but
// the newest is archived. same is called before the archiving and after it.
func archived(t *testing.T, same func(e *Engine)) *Engine {
	t.Helper()
	l := restored(t)
	e := openRecorded(t, l)
	var records []evidence.Record
	if err := e.Evidence(t.Context(), func(r evidence.Record) error { records = append(records, r); return nil }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := e.record(t.Context(), slices.Clone(records)); err != nil {
			t.Fatal(err)
		}
	}
	same(e)
	e.lab.Journal.Keep = time.Nanosecond
	e.keepJournal(t.Context())
	if files := archiveFiles(t, l); len(files) != 1 {
		t.Fatalf("archive: %v", files)
	}
	e = openRecorded(t, l)
	same(e)
	return e
}

func archiveFiles(t *testing.T, l *lab.Lab) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(StateDirOf(l), "archive", "*.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestArchivingChangesNothingThatIsShown checks that status, history and evidence
// stay the same. The chain goes through journal and archive.
func TestArchivingChangesNothingThatIsShown(t *testing.T) {
	type shown struct {
		Status   *Status
		History  []CaseTurn
		Evidence []evidence.Record
	}
	var all []string
	archived(t, func(e *Engine) {
		s := shown{Status: e.Status()}
		var err error
		if s.History, err = e.History(t.Context()); err == nil {
			err = e.Evidence(t.Context(), func(r evidence.Record) error { s.Evidence = append(s.Evidence, r); return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Evidence) != 4*26 {
			t.Errorf("%d pieces of evidence", len(s.Evidence))
		}
		all = append(all, string(text))
	})
	if diff := cmp.Diff(strings.Split(all[0], "\n"), strings.Split(all[1], "\n")); diff != "" {
		t.Errorf("after archiving (-before +after):\n%s", diff)
	}
}

// TestAMissingArchiveBreaksTheExport checks that the status still works.
func TestAMissingArchiveBreaksTheExport(t *testing.T) {
	e := archived(t, func(*Engine) {})
	if err := os.Remove(archiveFiles(t, e.lab)[0]); err != nil {
		t.Fatal(err)
	}
	err := e.Evidence(t.Context(), func(evidence.Record) error { t.Error("a record is told"); return nil })
	if problem.CodeOf(err) != problem.JournalArchive {
		t.Errorf("the export says: %v", err)
	}
	if s := openRecorded(t, e.lab).Status(); !s.Begun || s.Stages[0].Proven == 0 {
		t.Error("there is no status without the archive")
	}
}

// TestCommandsKeepTheJournal checks that every command with the lab's lock
// archives at its end.
func TestCommandsKeepTheJournal(t *testing.T) {
	l := restored(t)
	l.Journal.Keep = time.Nanosecond
	e := openRecorded(t, l)
	if _, err := e.SuspendCase(t.Context(), Order{By: "anna", Why: "holiday"}); err != nil {
		t.Fatal(err)
	}
	if files := archiveFiles(t, l); len(files) != 1 {
		t.Errorf("archive: %v", files)
	}
}

// TestTheCaseGoesOnFromItsSnapshot checks that years of values that come and go
// are not replayed. The case is the same as after a replay.
func TestTheCaseGoesOnFromItsSnapshot(t *testing.T) {
	b := newCaseBed(t)
	b.do(b.load(lab.Hybrid).start(t.Context(), b.e))
	b.finish(foundation...)
	var sizes []int
	for i := range 500 {
		b.now = b.now.Add(time.Hour)
		b.do(b.e.caseState.set(t.Context(), b.e, map[string]any{"core_containers_run": i%2 == 0}))
		if i%100 == 0 {
			b.do(b.e.keepSnapshots(t.Context()))
			_, body, err := b.log.Snapshot(t.Context(), snapshotOfCase)
			b.do(err)
			sizes = append(sizes, len(body))
		}
	}
	if sizes[4] > sizes[2]+100 {
		t.Errorf("the snapshot grows: %d", sizes)
	}
	dump := func() string {
		var text strings.Builder
		c := b.load(lab.Hybrid)
		b.do(c.c.Dump(&text))
		return fmt.Sprint(text.String(), c.turns, c.since)
	}
	kept := dump()
	b.do(b.log.Rebuild(t.Context()))
	if diff := cmp.Diff(dump(), kept); diff != "" {
		t.Errorf("from the snapshot the case is another (-replayed +snapshot):\n%s", diff)
	}
}

// TestChangesGoOnFromTheirSnapshot reads the changes bit by bit, with snapshots in
// between. The result is the same as when all is read at once.
func TestChangesGoOnFromTheirSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "changes")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		log, err := journal.Open(t.Context(), filepath.Join(dir, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		read := func() *changes {
			c, err := keptChanges(t.Context(), log)
			if err == nil {
				err = c.goOn(t.Context(), log)
			}
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			for range rapid.IntRange(0, 15).Draw(t, "events") {
				tellAny(t, log)
			}
			c := read()
			if err := c.keep(t.Context(), log); err != nil {
				t.Fatal(err)
			}
		}
		tellAny(t, log)
		kept := read()
		if err := log.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		anew := read()
		for _, host := range []string{"atlas", "nas"} {
			for _, task := range []string{"a", "b"} {
				if got, want := kept.last(host, []string{task}), anew.last(host, []string{task}); got != want {
					t.Errorf("the last change of %s on %s is %d, want %d", task, host, got, want)
				}
			}
			if got, want := slices.Sorted(maps.Keys(kept.Open[host])), slices.Sorted(maps.Keys(anew.Open[host])); !slices.Equal(got, want) {
				t.Errorf("open are %v, want %v", got, want)
			}
		}
	})
}

// tellAny sends some event from a host.
func tellAny(t *rapid.T, log *journal.Journal) {
	host := rapid.SampledFrom([]string{"atlas", "nas"}).Draw(t, "host")
	event := wire.Event{
		Run:   rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "run"),
		Type:  wire.EventType(rapid.SampledFrom(changeTypes).Draw(t, "type")),
		Guard: rapid.SampledFrom([]string{"", "gate"}).Draw(t, "guard"),
	}
	if strings.HasPrefix(string(event.Type), "step.") {
		event.Task = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "task")
		event.Step = event.Task + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "step")
	}
	body, err := json.Marshal(event)
	if err == nil {
		_, err = log.Append(t.Context(), journal.Event{Run: event.Run, Host: host, Type: string(event.Type), Subject: event.Step, Body: body})
	}
	if err != nil {
		t.Fatal(err)
	}
}
