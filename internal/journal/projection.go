package journal

import (
	"context"
	"database/sql"
	"errors"
)

// rebuildNewest rebuilds the table of newest events from the events. It goes
// backwards, so that only one row of each is written.
const rebuildNewest = `
DELETE FROM newest;
INSERT INTO newest SELECT type, host, subject, id FROM event WHERE true ORDER BY id DESC ON CONFLICT DO NOTHING;
`

// newestDiffers selects the rows that the table newest has too much or lacks.
const newestDiffers = `
WITH wanted AS (SELECT type, host, subject, MAX(id) AS event FROM event GROUP BY type, host, subject),
     kept AS (SELECT type, host, subject, event FROM newest)
SELECT * FROM (SELECT * FROM wanted EXCEPT SELECT * FROM kept)
UNION ALL SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM wanted)`

// Rebuild rebuilds the projections: it derives the newest events from the
// events, and deletes the snapshots, which their readers make again.
func (j *Journal) Rebuild(ctx context.Context) error {
	return j.inTransaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, rebuildNewest+"DELETE FROM snapshot;")
		return err
	})
}

// NewestOfEach returns the newest event of a type for each host and subject, in
// the order in which they were written. It reads no other events.
func (r *Reading) NewestOfEach(ctx context.Context, typ string) ([]Event, error) {
	rows, err := r.tx.QueryContext(ctx, "SELECT id, "+columns+" FROM event WHERE id IN (SELECT event FROM newest WHERE type = ?) ORDER BY id", typ)
	if err != nil {
		return nil, trouble(r.journal.path, err)
	}
	var all []Event
	err = r.journal.scanAll(rows, func(_ int64, e Event) error { all = append(all, e); return nil })
	return all, err
}

// LastPositions returns, for each subject, the position of the newest event of
// a type.
func (r *Reading) LastPositions(ctx context.Context, typ string) (map[string]int64, error) {
	rows, err := r.tx.QueryContext(ctx, "SELECT subject, MAX(event) FROM newest WHERE type = ? GROUP BY subject", typ)
	if err != nil {
		return nil, trouble(r.journal.path, err)
	}
	defer func() { _ = rows.Close() }()
	last := map[string]int64{}
	for rows.Next() {
		var subject string
		var position int64
		if err := rows.Scan(&subject, &position); err != nil {
			return nil, trouble(r.journal.path, err)
		}
		last[subject] = position
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(r.journal.path, err)
	}
	return last, nil
}

// Snapshot returns what a reader kept under a name, and the position up to
// which it had read. They are empty and 0 if nothing is kept.
func (r *Reading) Snapshot(ctx context.Context, name string) (position int64, body []byte, err error) {
	err = r.tx.QueryRowContext(ctx, "SELECT position, body FROM snapshot WHERE name = ?", name).Scan(&position, &body)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, nil, trouble(r.journal.path, err)
	}
	return position, body, nil
}

// NewestOfEach is [Reading.NewestOfEach] of now.
func (j *Journal) NewestOfEach(ctx context.Context, typ string) (all []Event, err error) {
	err = j.Read(ctx, func(r *Reading) error {
		all, err = r.NewestOfEach(ctx, typ)
		return err
	})
	return all, err
}

// LastPositions is [Reading.LastPositions] of now.
func (j *Journal) LastPositions(ctx context.Context, typ string) (last map[string]int64, err error) {
	err = j.Read(ctx, func(r *Reading) error {
		last, err = r.LastPositions(ctx, typ)
		return err
	})
	return last, err
}

// Snapshot is [Reading.Snapshot] of now.
func (j *Journal) Snapshot(ctx context.Context, name string) (position int64, body []byte, err error) {
	err = j.Read(ctx, func(r *Reading) error {
		position, body, err = r.Snapshot(ctx, name)
		return err
	})
	return position, body, err
}

// KeepSnapshot keeps what a reader made of all events up to the position. It
// replaces an earlier snapshot only if the new one reaches further. Readers
// keep theirs before [Journal.Archive] runs, so that none of them needs the
// archive later.
func (j *Journal) KeepSnapshot(ctx context.Context, name string, position int64, body []byte) error {
	_, err := j.db.ExecContext(ctx, `INSERT INTO snapshot VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position, body = excluded.body WHERE excluded.position > position`, name, position, body)
	if err != nil {
		return trouble(j.path, err)
	}
	return nil
}
