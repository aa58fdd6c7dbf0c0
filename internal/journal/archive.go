package journal

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairn/internal/problem"
)

// archiveMost is how many events one call of [Journal.Archive] moves at most.
// That is about two seconds of work.
const archiveMost = 20_000

// archiveEvery is how long Archive waits after a call that moved everything old. So a small lab's archive
// gets one file a month, not one for each command.
const archiveEvery = 30 * 24 * time.Hour

// Archive moves events older than before from the journal into a file of the
// archive, and returns how many. The newest event of each type, host and
// subject stays. The caller must hold the lab's lock; others may read at the
// same time. One call moves at most [archiveMost] events, so a long backlog
// takes several calls.
//
// Events leave the journal only after their file is on disk and was read back
// and compared. A program that dies in between leaves them in both places.
// Readers then see them only in the journal, and the next call removes them
// from it.
func (j *Journal) Archive(ctx context.Context, before, now time.Time) (int, error) {
	return j.archive(ctx, before, now, archiveMost)
}

func (j *Journal) archive(ctx context.Context, before, now time.Time, most int) (int, error) {
	done, err := j.finishArchive(ctx, now)
	if err != nil {
		return done, err
	}
	if waits, err := j.waits(ctx, now, most); err != nil || waits {
		return done, err
	}
	old, err := j.oldEvents(ctx, before, most)
	if err != nil || len(old) == 0 {
		return done, err
	}
	name, err := writeArchive(j.archiveFolder(), old)
	if err != nil {
		return done, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "cannot write the journal's archive", err)
	}
	if _, err := j.enter(ctx, name, now); err != nil {
		return done, err
	}
	return done + len(old), nil
}

func (j *Journal) archiveFolder() string { return filepath.Join(filepath.Dir(j.path), archiveName) }

// oldEvents returns the events to archive. It reads from the beginning up to
// the first event that the controller wrote after before. So it need not read
// the rest, and a host with a wrong clock cannot get new events archived.
func (j *Journal) oldEvents(ctx context.Context, before time.Time, most int) ([]archivedEvent, error) {
	rows, err := j.db.QueryContext(ctx, "SELECT newest.event IS NOT NULL, event.id, "+qualified+
		" FROM event LEFT JOIN newest ON newest.event = event.id ORDER BY event.id")
	if err != nil {
		return nil, trouble(j.path, err)
	}
	defer func() { _ = rows.Close() }()
	var old []archivedEvent
	for len(old) < most && rows.Next() {
		var newest bool
		position, e, err := scan(rows, &newest)
		if err != nil {
			return nil, trouble(j.path, err)
		}
		if !e.At.Before(before) {
			if e.Host == Controller {
				break
			}
			continue
		}
		if !newest {
			old = append(old, archivedEvent{position, e})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(j.path, err)
	}
	return old, nil
}

// waits reports whether the last file of the archive is young and took
// everything that was old then.
func (j *Journal) waits(ctx context.Context, now time.Time, most int) (bool, error) {
	var made int64
	var events int
	err := j.db.QueryRowContext(ctx, "SELECT made, events FROM archive ORDER BY made DESC, last DESC LIMIT 1").Scan(&made, &events)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, trouble(j.path, err)
	}
	return events < most && now.Sub(time.Unix(made, 0)) < archiveEvery, nil
}

// finishArchive completes an interrupted call: it removes events from the
// journal that are already in a file, and deletes a file that was not finished.
func (j *Journal) finishArchive(ctx context.Context, now time.Time) (done int, err error) {
	entries, err := os.ReadDir(j.archiveFolder())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "cannot read the journal's archive", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, temporaryPrefix) {
			if err := os.Remove(filepath.Join(j.archiveFolder(), name)); err != nil {
				return done, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "cannot write the journal's archive", err)
			}
			continue
		}
		var known bool
		if err := j.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM archive WHERE file = ?)", name).Scan(&known); err != nil {
			return done, trouble(j.path, err)
		}
		if known || !strings.HasSuffix(name, ".jsonl.gz") {
			continue
		}
		// A file with other events belongs to another journal, such as one that was
		// replaced by an older copy. It is left alone.
		n, err := j.enter(ctx, name, now)
		if err != nil && !errors.Is(err, errOtherEvents) {
			return done, err
		}
		done += n
	}
	return done, nil
}

// errOtherEvents means that a file's events are not the journal's.
var errOtherEvents = errors.New("it has other events than the journal")

// enter removes the events of a file from the journal and records the file,
// both or neither. Before that it reads the file and compares it with the
// journal.
func (j *Journal) enter(ctx context.Context, name string, now time.Time) (int, error) {
	path := filepath.Join(j.archiveFolder(), name)
	unread := func(err error) error {
		return problem.Wrap(problem.JournalArchive, path, "cannot use a file of the journal's archive", err)
	}
	reader, err := openArchive(path)
	if err != nil {
		return 0, unread(err)
	}
	defer reader.close()
	err = j.inTransaction(ctx, func(tx *sql.Tx) error {
		l, err := newRemoval(ctx, tx)
		if err != nil {
			return err
		}
		for {
			e, err := reader.next()
			if errors.Is(err, io.EOF) {
				return l.finish(archiveFile{name, l.first, reader.last, reader.read, reader.digest()}, now)
			}
			if err == nil {
				err = l.take(e)
			}
			if err != nil {
				return unread(err)
			}
		}
	})
	if err != nil {
		return 0, err
	}
	return reader.read, nil
}

// runOnHost identifies one numbering of events.
type runOnHost struct{ run, host string }

// removal is a transaction that removes archived events from the journal.
type removal struct {
	ctx        context.Context
	tx         *sql.Tx
	find, mark *sql.Stmt // closed with the transaction
	first      int64
	told       map[runOnHost]uint64 // the last event of each run that came from a host
}

func newRemoval(ctx context.Context, tx *sql.Tx) (*removal, error) {
	find, err := tx.PrepareContext(ctx, "SELECT newest.event IS NOT NULL, event.id, "+qualified+
		" FROM event LEFT JOIN newest ON newest.event = event.id WHERE event.id = ?")
	if err != nil {
		return nil, err
	}
	mark, err := tx.PrepareContext(ctx, "INSERT INTO leaving VALUES (?)")
	if err != nil {
		return nil, err
	}
	return &removal{ctx: ctx, tx: tx, find: find, mark: mark, told: map[runOnHost]uint64{}}, nil
}

// take marks an event for removal if the journal has it and it is not the
// newest.
func (l *removal) take(e archivedEvent) error {
	if l.first == 0 {
		l.first = e.Position
	}
	rows, err := l.find.QueryContext(l.ctx, e.Position)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return errors.Join(rows.Err(), errOtherEvents)
	}
	var newest bool
	_, kept, err := scan(rows, &newest)
	switch {
	case err != nil:
		return err
	case newest || !same(e, kept):
		return errOtherEvents
	}
	if e.Host != Controller {
		of := runOnHost{e.Run, e.Host}
		l.told[of] = max(l.told[of], e.Seq)
	}
	_ = rows.Close()
	_, err = l.mark.ExecContext(l.ctx, e.Position)
	return err
}

// finish removes the marked events and records the file.
func (l *removal) finish(f archiveFile, now time.Time) error {
	for of, seq := range l.told {
		_, err := l.tx.ExecContext(l.ctx, "INSERT INTO archived_run VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = MAX(seq, excluded.seq)", of.run, of.host, seq)
		if err != nil {
			return err
		}
	}
	_, err := l.tx.ExecContext(l.ctx, "DELETE FROM event WHERE id IN (SELECT event FROM leaving); DELETE FROM leaving;")
	if err != nil {
		return err
	}
	_, err = l.tx.ExecContext(l.ctx, "INSERT INTO archive VALUES (?, ?, ?, ?, ?, ?)", f.name, f.first, f.last, f.events, f.sha256, now.Unix())
	return err
}

// archivedAfter returns the files that have events after a position.
func (j *Journal) archivedAfter(ctx context.Context, tx *sql.Tx, after int64) (streams, error) {
	rows, err := tx.QueryContext(ctx, "SELECT file, first, last, events, sha256 FROM archive WHERE last > ?", after)
	if err != nil {
		return nil, trouble(j.path, err)
	}
	defer func() { _ = rows.Close() }()
	var all streams
	for rows.Next() {
		s := &fileStream{folder: j.archiveFolder()}
		if err := rows.Scan(&s.name, &s.first, &s.last, &s.events, &s.sha256); err != nil {
			return nil, trouble(j.path, err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(j.path, err)
	}
	return all, nil
}
