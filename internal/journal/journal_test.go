package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) *Journal {
	t.Helper()
	j, err := Open(context.Background(), filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func event(run, host string, seq uint64, typ string) Event {
	return Event{Run: run, Host: host, Seq: seq, At: noon, Type: typ, Body: json.RawMessage(`{"a":1}`)}
}

func appendAll(t testing.TB, j *Journal, events ...Event) int {
	t.Helper()
	n, err := j.Append(context.Background(), events...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnEventThatArrivesTwiceIsKeptOnce(t *testing.T) {
	j := open(t)
	events := []Event{event("r1", "atlas", 1, "run.started"), event("r1", "atlas", 2, "run.done")}
	if n := appendAll(t, j, events...); n != 2 {
		t.Errorf("added %d, want 2", n)
	}
	if n := appendAll(t, j, append(events, event("r1", "atlas", 3, "x"))...); n != 1 {
		t.Errorf("added %d the second time, want 1", n)
	}
	got, err := j.OfRun(context.Background(), "r1")
	if err != nil || len(got) != 3 {
		t.Fatalf("%d events, %v, want 3", len(got), err)
	}
	if diff := cmp.Diff(events, got[:2]); diff != "" {
		t.Error(diff)
	}
}

func TestControllerEventsAreNumberedByTheJournal(t *testing.T) {
	j := open(t)
	appendAll(t, j, event("r1", Controller, 0, "a"), event("r1", Controller, 0, "b"), event("r2", Controller, 0, "c"))
	for run, want := range map[string]uint64{"r1": 2, "r2": 1, "r3": 0} {
		got, err := j.LastSeq(context.Background(), run, Controller)
		if err != nil || got != want {
			t.Errorf("LastSeq(%s) = %d, %v, want %d", run, got, err, want)
		}
	}
}

func TestNewestOfEach(t *testing.T) {
	j := open(t)
	for i, subject := range []string{"a", "b", "a", "c", "b"} {
		e := event("r", Controller, 0, "evidence")
		e.Subject, e.Body = subject, json.RawMessage(fmt.Sprint(i))
		appendAll(t, j, e, event("r", Controller, 0, "other"))
	}
	newest, err := j.NewestOfEach(context.Background(), "evidence")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range newest {
		got = append(got, e.Subject+string(e.Body))
	}
	if want := "a2 c3 b4"; strings.Join(got, " ") != want {
		t.Errorf("newest = %v, want %s", got, want)
	}
}

func TestHistoryCannotBeRewritten(t *testing.T) {
	j := open(t)
	appendAll(t, j, event("r", "atlas", 1, "x"))
	for _, statement := range []string{
		"UPDATE event SET type = 'y'", "DELETE FROM event", "INSERT INTO leaving SELECT id FROM event; DELETE FROM event",
	} {
		if _, err := j.db.Exec(statement); err == nil {
			t.Errorf("%s was allowed", statement)
		}
	}
}

func TestADamagedJournalIsRefusedUnchanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(content []byte) []byte
		want   problem.Code
	}{
		{"not a database", func([]byte) []byte { return []byte("hello, this is no database at all") }, problem.JournalCorrupt},
		{"overwritten pages", func(b []byte) []byte {
			for i := 4096; i < len(b); i++ {
				b[i] = 0x5a
			}
			return b
		}, problem.JournalCorrupt},
		{"cut short", func(b []byte) []byte { return b[:5000] }, problem.JournalCorrupt},
		{"a few bytes", func(b []byte) []byte { return b[:7] }, problem.JournalCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal.db")
			j, err := Open(context.Background(), path)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 200 {
				appendAll(t, j, event("r", "atlas", uint64(i+1), "x"))
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := c.damage(content)
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			before := string(damaged)
			if _, err := Open(context.Background(), path); problem.CodeOf(err) != c.want {
				t.Fatalf("Open = %v, want %s", err, c.want)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != before {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestANewerJournalIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_ = j.Close()
	if _, err := Open(context.Background(), path); problem.CodeOf(err) != problem.JournalNewer {
		t.Errorf("Open = %v, want %s", err, problem.JournalNewer)
	}
}

func TestTheLockNamesItsHolder(t *testing.T) {
	dir := t.TempDir()
	first, err := TakeLock(dir, "up", noon)
	if err != nil {
		t.Fatal(err)
	}
	_, err = TakeLock(dir, "up", noon)
	if problem.CodeOf(err) != problem.RunLocked || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: %v, want %s naming the process", err, problem.RunLocked)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := TakeLock(dir, "up", noon)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Release()
}

// TestKilledWriter kills a process that appends without pause. Every event that
// it reported must be there, without a gap.
func TestKilledWriter(t *testing.T) {
	if os.Getenv("JOURNAL_WRITER") != "" {
		writeForever(os.Getenv("JOURNAL_WRITER"))
	}
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "journal.db")
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
		cmd.Env = append(os.Environ(), "JOURNAL_WRITER="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var reported uint64
		for reported < uint64(20+round*7) {
			if _, err := fmt.Fscan(out, &reported); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		j, err := Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		events, err := j.OfRun(context.Background(), "r")
		if err != nil || uint64(len(events)) < reported {
			t.Errorf("%d events kept, %v, but %d were reported", len(events), err, reported)
		}
		for i, e := range events {
			if e.Seq != uint64(i+1) {
				t.Fatalf("event %d has number %d", i+1, e.Seq)
			}
		}
		_ = j.Close()
	}
}

func writeForever(path string) {
	j, err := Open(context.Background(), path)
	if err != nil {
		panic(err)
	}
	for seq := uint64(1); ; seq++ {
		if _, err := j.Append(context.Background(), event("r", "atlas", seq, "x")); err != nil {
			panic(err)
		}
		fmt.Println(seq)
	}
}

// BenchmarkOpenAndProject is the part of `cairn status` that grows with the
// journal: opening 10,000 events and reading the newest evidence of each look.
func BenchmarkOpenAndProject(b *testing.B) {
	path := filepath.Join(b.TempDir(), "journal.db")
	j, err := Open(context.Background(), path)
	if err != nil {
		b.Fatal(err)
	}
	var events []Event
	for i := range 10_000 {
		e := event("r", Controller, uint64(i+1), "evidence")
		e.Subject = fmt.Sprint("look ", i%100)
		e.Body = json.RawMessage(`"` + strings.Repeat("x", 800) + `"`)
		events = append(events, e)
	}
	appendAll(b, j, events...)
	_ = j.Close()
	for b.Loop() {
		j, err := Open(context.Background(), path)
		if err != nil {
			b.Fatal(err)
		}
		newest, err := j.NewestOfEach(context.Background(), "evidence")
		if err != nil || len(newest) != 100 {
			b.Fatal(len(newest), err)
		}
		_ = j.Close()
	}
}

func TestLookingMakesNoJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "journal.db")
	j, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := j.Each(t.Context(), 0, func(int64, Event) error { t.Error("an event in an empty journal"); return nil }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made a folder: %v", err)
	}
}
