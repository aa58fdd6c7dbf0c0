package journal

import (
	"context"
	"database/sql"
	"time"
)

const columns = "run, host, seq, at, type, subject, body"

// OfType returns all events of the types, in the order they were written.
func (j *Journal) OfType(ctx context.Context, types ...string) ([]Event, error) {
	var all []Event
	query := "SELECT id, " + columns + " FROM event WHERE type IN (" + marks(len(types)) + ") ORDER BY id"
	err := j.each(ctx, query, anys(types), func(_ int64, e Event) { all = append(all, e) })
	return all, err
}

// OfRun returns all events of a run, in the order they were written.
func (j *Journal) OfRun(ctx context.Context, run string) ([]Event, error) {
	var all []Event
	err := j.each(ctx, "SELECT id, "+columns+" FROM event WHERE run = ? ORDER BY id", []any{run},
		func(_ int64, e Event) { all = append(all, e) })
	return all, err
}

// NewestOfEach returns the newest event of a type for each subject, in the order
// they were written. It is how a projection of many events is read without
// reading them all.
func (j *Journal) NewestOfEach(ctx context.Context, typ string) ([]Event, error) {
	var all []Event
	query := "SELECT id, " + columns + " FROM event WHERE id IN (SELECT MAX(id) FROM event WHERE type = ? GROUP BY subject) ORDER BY id"
	err := j.each(ctx, query, []any{typ}, func(_ int64, e Event) { all = append(all, e) })
	return all, err
}

// LastPositions is the position of the newest event of a type, for each subject.
func (j *Journal) LastPositions(ctx context.Context, typ string) (map[string]int64, error) {
	rows, err := j.db.QueryContext(ctx, "SELECT subject, MAX(id) FROM event WHERE type = ? GROUP BY subject", typ)
	if err != nil {
		return nil, trouble(j.path, err)
	}
	defer func() { _ = rows.Close() }()
	last := map[string]int64{}
	for rows.Next() {
		var subject string
		var position int64
		if err := rows.Scan(&subject, &position); err != nil {
			return nil, trouble(j.path, err)
		}
		last[subject] = position
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(j.path, err)
	}
	return last, nil
}

// EachOfType calls do with every event of the types after the position, in the
// order they were written, together with its own position.
func (j *Journal) EachOfType(ctx context.Context, after int64, do func(position int64, e Event), types ...string) error {
	query := "SELECT id, " + columns + " FROM event WHERE id > ? AND type IN (" + marks(len(types)) + ") ORDER BY id"
	return j.each(ctx, query, append([]any{after}, anys(types)...), do)
}

// Each calls do with every event after the position, in the order they were
// written, together with its own position.
func (j *Journal) Each(ctx context.Context, after int64, do func(position int64, e Event)) error {
	return j.each(ctx, "SELECT id, "+columns+" FROM event WHERE id > ? ORDER BY id", []any{after}, do)
}

func (j *Journal) each(ctx context.Context, query string, args []any, do func(int64, Event)) error {
	rows, err := j.db.QueryContext(ctx, query, args...)
	if err != nil {
		return trouble(j.path, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		position, e, err := scan(rows)
		if err != nil {
			return trouble(j.path, err)
		}
		do(position, e)
	}
	if err := rows.Err(); err != nil {
		return trouble(j.path, err)
	}
	return nil
}

func scan(rows *sql.Rows) (position int64, e Event, err error) {
	var micro int64
	var body []byte
	err = rows.Scan(&position, &e.Run, &e.Host, &e.Seq, &micro, &e.Type, &e.Subject, &body)
	e.At = time.UnixMicro(micro).UTC()
	if len(body) > 0 {
		e.Body = body
	}
	return position, e, err
}

func marks(n int) string {
	s := ""
	for i := range n {
		if i > 0 {
			s += ", "
		}
		s += "?"
	}
	return s
}

func anys(texts []string) []any {
	all := make([]any, 0, len(texts))
	for _, t := range texts {
		all = append(all, t)
	}
	return all
}
