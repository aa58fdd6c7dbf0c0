package journal

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"cairn/internal/problem"
)

// version grows with every change of the layout.
const version = 2

// applicationID marks the file as Cairn's ("Carn"), so that another program's
// database is never mistaken for a journal.
const applicationID = 0x4361726e

//go:embed event.sql
var layoutOfEvents string

//go:embed beside.sql
var layoutBeside string

// fromVersion1 upgrades a journal of version 1, which had only the events. The
// transaction keeps other writers out meanwhile.
var fromVersion1 = `
DROP INDEX IF EXISTS event_by_type;
DROP TRIGGER IF EXISTS event_is_never_removed;
` + layoutBeside + rebuildNewest

// prepare checks the file. It creates the layout in an empty file and upgrades
// an earlier version.
func (j *Journal) prepare(ctx context.Context) error {
	found, err := j.layoutFound(ctx, j.db)
	if err != nil {
		return err
	}
	if err := j.check(ctx, found); err != nil || found == version {
		return err
	}
	return j.inTransaction(ctx, func(tx *sql.Tx) error {
		// Another program may have done this in the meantime.
		found, err := j.layoutFound(ctx, tx)
		if err != nil || found == version {
			return err
		}
		steps := fromVersion1
		if found == 0 {
			steps = layoutOfEvents + layoutBeside
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", steps, applicationID, version))
		return err
	})
}

// layoutFound returns the version of the journal's layout. It is 0 for an empty
// file.
func (j *Journal) layoutFound(ctx context.Context, q queryer) (found int, err error) {
	var id int
	if err := q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found); err != nil {
		return 0, trouble(j.path, err)
	}
	if err := q.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, trouble(j.path, err)
	}
	switch {
	case found == 0 && id == 0:
		return 0, nil
	case id != applicationID || found == 0:
		return 0, problem.New(problem.JournalCorrupt, j.path, "the file is a database of another program")
	case found > version:
		return 0, problem.New(problem.JournalNewer, j.path, fmt.Sprintf("the journal has version %d; this Cairn reads up to %d", found, version))
	}
	return found, nil
}

// inTransaction runs a function that writes to the journal. All of its changes
// are kept, or none.
func (j *Journal) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return trouble(j.path, err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return trouble(j.path, err)
	}
	if err := tx.Commit(); err != nil {
		return trouble(j.path, err)
	}
	return nil
}
