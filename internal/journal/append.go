package journal

import (
	"context"
	"database/sql"
)

// Append writes the events in one transaction: all of them are on disk when it
// returns, or none. An event whose key is there already is left as it is. It
// returns how many were new.
func (j *Journal) Append(ctx context.Context, events ...Event) (added int, err error) {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, trouble(j.path, err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, e := range events {
		n, err := insert(ctx, tx, e)
		if err != nil {
			return 0, trouble(j.path, err)
		}
		added += n
	}
	if err := tx.Commit(); err != nil {
		return 0, trouble(j.path, err)
	}
	return added, nil
}

func insert(ctx context.Context, tx *sql.Tx, e Event) (int, error) {
	if e.Seq == 0 {
		last, err := lastSeq(ctx, tx, e.Run, e.Host)
		if err != nil {
			return 0, err
		}
		e.Seq = last + 1
	}
	done, err := tx.ExecContext(ctx,
		"INSERT INTO event (run, host, seq, at, type, subject, body) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		e.Run, e.Host, e.Seq, e.At.UnixMicro(), e.Type, e.Subject, []byte(e.Body))
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// queryer is what both a database and a transaction can do.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func lastSeq(ctx context.Context, q queryer, run, host string) (uint64, error) {
	var last uint64
	err := q.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM event WHERE run = ? AND host = ?", run, host).Scan(&last)
	return last, err
}

// LastSeq is the number of the last event kept of a run on a host, 0 when there
// is none.
func (j *Journal) LastSeq(ctx context.Context, run, host string) (uint64, error) {
	last, err := lastSeq(ctx, j.db, run, host)
	if err != nil {
		return 0, trouble(j.path, err)
	}
	return last, nil
}
