package journal

import (
	"context"
	"database/sql"
)

// Append writes the events in one transaction: when it returns, all of them are
// on disk, or none. An event whose key exists already is left unchanged, even
// if it is in the archive. Append returns how many events were new.
func (j *Journal) Append(ctx context.Context, events ...Event) (added int, err error) {
	err = j.inTransaction(ctx, func(tx *sql.Tx) error {
		added = 0
		statement, err := tx.PrepareContext(ctx, insertEvent)
		if err != nil {
			return err
		}
		for _, e := range events {
			n, err := insert(ctx, tx, statement, e)
			if err != nil {
				return err
			}
			added += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

const insertEvent = `INSERT INTO event (run, host, seq, at, type, subject, body)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM archived_run WHERE run = ?1 AND host = ?2 AND seq >= ?3)
ON CONFLICT DO NOTHING`

func insert(ctx context.Context, tx *sql.Tx, statement *sql.Stmt, e Event) (int, error) {
	if e.Seq == 0 {
		last, err := lastSeq(ctx, tx, e.Run, e.Host)
		if err != nil {
			return 0, err
		}
		e.Seq = last + 1
	}
	done, err := statement.ExecContext(ctx, e.Run, e.Host, e.Seq, e.At.UnixMicro(), e.Type, e.Subject, []byte(e.Body))
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// queryer is what a database and a transaction have in common.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func lastSeq(ctx context.Context, q queryer, run, host string) (uint64, error) {
	var last uint64
	err := q.QueryRowContext(ctx, `SELECT MAX(
		COALESCE((SELECT MAX(seq) FROM event WHERE run = ?1 AND host = ?2), 0),
		COALESCE((SELECT seq FROM archived_run WHERE run = ?1 AND host = ?2), 0))`, run, host).Scan(&last)
	return last, err
}

// LastSeq returns the number of the last event kept for a run on a host. It is
// 0 if there is none.
func (j *Journal) LastSeq(ctx context.Context, run, host string) (uint64, error) {
	last, err := lastSeq(ctx, j.db, run, host)
	if err != nil {
		return 0, trouble(j.path, err)
	}
	return last, nil
}
