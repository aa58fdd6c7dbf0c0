package journal

import (
	"database/sql"
	_ "embed"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"cairn/internal/problem"
)

// layout1 is the layout that journals of version 1 were made with.
//
//go:embed testdata/layout-1.sql
var layout1 string

// version1 makes a journal with version 1 of the layout.
func version1(t testing.TB, fill string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(fmt.Sprintf("%s\n%s\nPRAGMA application_id = %d; PRAGMA user_version = 1;", layout1, fill, applicationID)); err != nil {
		t.Fatal(err)
	}
	return path
}

const thousandEvents = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO event (run, host, seq, at, type, subject, body) SELECT 'r' || ((i - 1) / 100), '', 1 + (i - 1) % 100, i, 'look', 'look ' || (i % 7), CAST(i AS TEXT) FROM n;`

func TestAJournalOfVersion1Goes(t *testing.T) {
	path := version1(t, thousandEvents)
	// Several programs may open it at the same time. One of them upgrades it.
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			j, err := OpenToRead(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if newest, err := j.NewestOfEach(t.Context(), "look"); err != nil || len(newest) != 7 {
				t.Errorf("%d newest, %v", len(newest), err)
			}
			_ = j.Close()
		})
	}
	all.Wait()
	j, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if n := everything(t, j); n != 1000 {
		t.Errorf("%d events", n)
	}
	last, err := j.LastPositions(t.Context(), "look")
	if err != nil || last["look 6"] != 1000 || last["look 0"] != 994 {
		t.Errorf("%v, %v", last, err)
	}
	if n, err := j.Archive(t.Context(), noon, noon); err != nil || n != 993 {
		t.Errorf("archived %d, %v", n, err)
	}
	if err := j.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := j.db.Exec("DELETE FROM event"); err == nil {
		t.Error("history can be removed")
	}
}

func TestAnEmptyJournalIsLaidOutOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			j, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := j.Append(t.Context(), event("r", fmt.Sprint("host", i), 1, "x")); err != nil {
				t.Error(err)
			}
			_ = j.Close()
		})
	}
	all.Wait()
}

func TestAnotherProgramsDatabaseIsRefused(t *testing.T) {
	path := version1(t, "")
	db, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = db.Exec("PRAGMA application_id = 1")
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if _, err := Open(t.Context(), path); problem.CodeOf(err) != problem.JournalCorrupt {
		t.Errorf("Open = %v", err)
	}
}
