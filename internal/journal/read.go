package journal

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

const columns = "run, host, seq, at, type, subject, body"

// qualified are the columns for queries in which another table has the same
// names.
const qualified = "event.run, event.host, event.seq, event.at, event.type, event.subject, event.body"

// Reading is the journal and its archive at one moment. All its answers fit
// together, even while others write. It is for one goroutine, and ends with the
// function that received it.
type Reading struct {
	journal *Journal
	tx      *sql.Tx
}

// Read calls do with the journal as it is now, and returns its error. do must use
// the journal only through the reading. Any number of readings may go on at the
// same time, beside a writer. A long reading only keeps the file from becoming
// smaller.
func (j *Journal) Read(ctx context.Context, do func(*Reading) error) error {
	tx, err := j.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return trouble(j.path, err)
	}
	defer func() { _ = tx.Rollback() }()
	return do(&Reading{j, tx})
}

// OfType returns all events of the types, in the order in which they were
// written, including the archive's.
func (j *Journal) OfType(ctx context.Context, types ...string) ([]Event, error) {
	var all []Event
	_, err := j.EachOfType(ctx, 0, func(_ int64, e Event) error { all = append(all, e); return nil }, types...)
	return all, err
}

// OfRun returns the events of a run that are not archived, in the order in
// which they were written.
func (j *Journal) OfRun(ctx context.Context, run string) ([]Event, error) {
	rows, err := j.db.QueryContext(ctx, "SELECT id, "+columns+" FROM event WHERE run = ? ORDER BY id", run)
	if err != nil {
		return nil, trouble(j.path, err)
	}
	var all []Event
	err = j.scanAll(rows, func(_ int64, e Event) error { all = append(all, e); return nil })
	return all, err
}

// EachOfType is [Reading.EachOfType] of now. do must not use the journal.
func (j *Journal) EachOfType(ctx context.Context, after int64, do func(position int64, e Event) error, types ...string) (last int64, err error) {
	err = j.Read(ctx, func(r *Reading) error {
		last, err = r.EachOfType(ctx, after, do, types...)
		return err
	})
	return last, err
}

// Each is [Reading.Each] of now. do must not use the journal.
func (j *Journal) Each(ctx context.Context, after int64, do func(position int64, e Event) error) error {
	return j.Read(ctx, func(r *Reading) error { return r.Each(ctx, after, do) })
}

// EachOfType calls do with every event of the types after the position, in the
// order in which they were written, and with its position. It returns the
// position up to which it has read all types. It reads the archive only if that
// has events after the position. If do returns an error, reading stops with it.
func (r *Reading) EachOfType(ctx context.Context, after int64, do func(position int64, e Event) error, types ...string) (int64, error) {
	query := "SELECT id, " + columns + " FROM event INDEXED BY event_by_type WHERE id > ? AND type IN (" + marks(len(types)) + ") ORDER BY id"
	wanted := map[string]bool{}
	args := []any{after}
	for _, t := range types {
		wanted[t] = true
		args = append(args, t)
	}
	return r.each(ctx, after, func(position int64, e Event) error {
		if !wanted[e.Type] {
			return nil
		}
		return do(position, e)
	}, query, args...)
}

// Each is EachOfType for all types.
func (r *Reading) Each(ctx context.Context, after int64, do func(position int64, e Event) error) error {
	_, err := r.each(ctx, after, do, "SELECT id, "+columns+" FROM event WHERE id > ? ORDER BY id", after)
	return err
}

// each reads the archived events after a position together with the result of a
// query. An event that is archived meanwhile is in one of them.
func (r *Reading) each(ctx context.Context, after int64, do func(int64, Event) error, query string, args ...any) (last int64, err error) {
	j := r.journal
	// The newest event of all is the newest of its subject and not archived.
	if err := r.tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM event").Scan(&last); err != nil {
		return 0, trouble(j.path, err)
	}
	files, err := j.archivedAfter(ctx, r.tx, after)
	if err != nil {
		return 0, err
	}
	rows, err := r.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, trouble(j.path, err)
	}
	if len(files) == 0 {
		return last, j.scanAll(rows, do)
	}
	return last, merge(ctx, after, do, append(files, &rowStream{path: j.path, rows: rows}))
}

func (j *Journal) scanAll(rows *sql.Rows, do func(int64, Event) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		position, e, err := scan(rows)
		if err != nil {
			return trouble(j.path, err)
		}
		if err := do(position, e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return trouble(j.path, err)
	}
	return nil
}

// scan reads an event. The query's leading columns go into before.
func scan(rows *sql.Rows, before ...any) (position int64, e Event, err error) {
	var micro int64
	var body []byte
	err = rows.Scan(append(before, &position, &e.Run, &e.Host, &e.Seq, &micro, &e.Type, &e.Subject, &body)...)
	e.At = time.UnixMicro(micro).UTC()
	if len(body) > 0 {
		e.Body = body
	}
	return position, e, err
}

func marks(n int) string { return strings.Join(strings.Split(strings.Repeat("?", n), ""), ", ") }
