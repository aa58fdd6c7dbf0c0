package engine

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// TestAnEarlierJournalShowsTheSame opens the journal of an earlier version. The
// status is the one that it showed, and all evidence verifies.
func TestAnEarlierJournalShowsTheSame(t *testing.T) {
	e := openRecorded(t, restored(t))
	written, err := os.ReadFile("testdata/recorded/status.json")
	if err != nil {
		t.Fatal(err)
	}
	now, err := json.Marshal(e.Status())
	if err != nil {
		t.Fatal(err)
	}
	then := withoutTime(t, written)
	if diff := cmp.Diff(then, knownTo(then, withoutTime(t, now))); diff != "" {
		t.Errorf("the status is another (-then +now):\n%s", diff)
	}
	if n := countEvidence(t, e); n != 26 {
		t.Errorf("%d pieces of evidence", n)
	}
}

// then is the time at which the recorded status was shown.
var then = time.Date(2026, 11, 28, 10, 40, 0, 0, time.UTC)

// restored is the recorded lab with its journal.
func restored(t *testing.T) *lab.Lab {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/recorded/lab.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "lab.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Load(filepath.Join(dir, "lab.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	restoreJournal(t, filepath.Join(StateDirOf(l), "journal.db"))
	return l
}

// openRecorded opens the lab as of that time.
func openRecorded(t testing.TB, l *lab.Lab) *Engine {
	t.Helper()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), Options{Lab: l, Roadmap: r, Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// countEvidence verifies all evidence and counts it.
func countEvidence(t testing.TB, e *Engine) (n int) {
	t.Helper()
	if err := e.Evidence(t.Context(), func(evidence.Record) error { n++; return nil }); err != nil {
		t.Error(err)
	}
	return n
}

// restoreJournal writes a journal from SQL.
func restoreJournal(t *testing.T, path string) {
	t.Helper()
	statements, err := os.ReadFile("testdata/recorded/journal.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), string(statements)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// withoutTime is a status without its time and without the version of the output.
func withoutTime(t *testing.T, status []byte) any {
	t.Helper()
	var decoded map[string]any
	if err := json.Unmarshal(status, &decoded); err != nil {
		t.Fatal(err)
	}
	delete(decoded, "at")
	delete(decoded, "format")
	return decoded
}

// knownTo is a value without the keys that an earlier version did not write. A new
// key does not change the output.
func knownTo(then, now any) any {
	switch now := now.(type) {
	case map[string]any:
		earlier, _ := then.(map[string]any)
		for key := range now {
			if _, known := earlier[key]; !known {
				delete(now, key)
				continue
			}
			now[key] = knownTo(earlier[key], now[key])
		}
	case []any:
		if earlier, _ := then.([]any); len(earlier) == len(now) {
			for i := range now {
				now[i] = knownTo(earlier[i], now[i])
			}
		}
	}
	return now
}
