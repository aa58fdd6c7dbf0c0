package journal

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"cairn/internal/problem"
)

// checkedWhole is the size up to which a journal is checked in full whenever it
// is opened. SQLite checks about 0.3 MB per millisecond.
const checkedWhole = 8 << 20

// check looks for damage in the file. It reads all of a small file, and of a
// large one the tables that every command reads. SQLite refuses a damaged page
// when it meets one, and [Reading.Verify] reads them all.
func (j *Journal) check(ctx context.Context, found int) error {
	if found < version {
		return j.quickCheck(ctx, j.db, "1")
	}
	if info, err := os.Stat(j.path); err != nil || info.Size() <= checkedWhole {
		return j.quickCheck(ctx, j.db, "1")
	}
	for _, table := range []string{"newest", "snapshot", "archive"} {
		if err := j.quickCheck(ctx, j.db, table); err != nil {
			return err
		}
	}
	return nil
}

// quickCheck checks a table. With "1" it checks the whole file and reports one
// fault (sqlite.org/pragma.html#pragma_quick_check).
func (j *Journal) quickCheck(ctx context.Context, q queryer, what string) error {
	var verdict string
	if err := q.QueryRowContext(ctx, "PRAGMA quick_check("+what+")").Scan(&verdict); err != nil {
		return trouble(j.path, err)
	}
	if verdict != "ok" {
		_, reason, _ := strings.Cut(verdict, "***\n") // after SQLite's headline
		return problem.Wrap(problem.JournalCorrupt, j.path, "the journal is damaged", errors.New(cmp.Or(reason, verdict)))
	}
	return nil
}

// Verify checks the whole journal and its archive: every page of the file, the
// table of newest events against the events, and each file of the archive
// against its digest. It reads everything.
func (r *Reading) Verify(ctx context.Context) error {
	j := r.journal
	if err := j.quickCheck(ctx, r.tx, "1"); err != nil {
		return err
	}
	var wrong int
	if err := r.tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM ("+newestDiffers+")").Scan(&wrong); err != nil {
		return trouble(j.path, err)
	}
	if wrong > 0 {
		return problem.New(problem.JournalCorrupt, j.path, "the journal is damaged: its list of newest events does not match its events")
	}
	return r.Each(ctx, 0, func(int64, Event) error { return nil })
}

// Verify is [Reading.Verify] of now.
func (j *Journal) Verify(ctx context.Context) error {
	return j.Read(ctx, func(r *Reading) error { return r.Verify(ctx) })
}
