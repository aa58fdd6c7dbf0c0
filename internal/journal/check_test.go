package journal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/problem"
)

func TestVerifyHoldsTheNewestAgainstTheEvents(t *testing.T) {
	for _, damage := range []string{"UPDATE newest SET event = 1", "DELETE FROM newest", "INSERT INTO newest VALUES ('no', 'such', 'event', 7)"} {
		j := filled(t, 3)
		if _, err := j.db.Exec(damage); err != nil {
			t.Fatal(err)
		}
		if err := j.Verify(t.Context()); problem.CodeOf(err) != problem.JournalCorrupt {
			t.Errorf("%s: %v", damage, err)
		}
		if err := j.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := j.Verify(t.Context()); err != nil {
			t.Errorf("%s, rebuilt: %v", damage, err)
		}
	}
}

// A large journal is not checked in full when it is opened. Damage in the
// middle must show when everything is read.
func TestDamageOfALargeJournalIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	for i := range 5000 {
		e := event("r", "atlas", uint64(i+1), "x")
		e.Body = json.RawMessage(`"` + strings.Repeat("x", 2*checkedWhole/5000) + `"`)
		events = append(events, e)
	}
	appendAll(t, j, events...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) < checkedWhole {
		t.Fatal(len(content), err)
	}
	const page = 4096
	middle := len(content) / 2 / page * page
	copy(content[middle:], bytes.Repeat([]byte{0x5a}, 4*page))
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err = Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if newest, err := j.NewestOfEach(t.Context(), "x"); err != nil || len(newest) != 1 {
		t.Errorf("newest: %d, %v", len(newest), err)
	}
	if err := j.Verify(t.Context()); problem.CodeOf(err) != problem.JournalCorrupt {
		t.Errorf("Verify = %v", err)
	}
}
