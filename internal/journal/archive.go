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

// archiveMost is how many events one call of [Journal.Archive] takes out at most:
// about two seconds of work.
const archiveMost = 20_000

// archiveEvery is how long what becomes old waits after a call that took out all there
// was, so that a small lab's archive has a file a month and not one for each command.
const archiveEvery = 30 * 24 * time.Hour

// Archive moves events that are older than before out of the journal into a file
// of the archive, and returns how many. The newest of each type, host and subject
// stays. Only who has the lab's lock may call it; others may read meanwhile. It
// takes out [archiveMost] at most, so that a long backlog is worked off over several
// calls.
//
// The events are in a file that is on disk, was read back and compared before
// they leave the journal. A program that dies between the two leaves them in both;
// readers see them in the journal alone, and the next call takes them out.
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
		return done, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "the journal's archive could not be written", err)
	}
	if _, err := j.enter(ctx, name, now); err != nil {
		return done, err
	}
	return done + len(old), nil
}

func (j *Journal) archiveFolder() string { return filepath.Join(filepath.Dir(j.path), archiveName) }

// oldEvents are those to archive. They are looked for from the beginning, up to the
// first event that the controller wrote later: so that nothing else need be read,
// and that a host with a wrong clock cannot have news archived.
func (j *Journal) oldEvents(ctx context.Context, before time.Time, most int) ([]archived, error) {
	rows, err := j.db.QueryContext(ctx, "SELECT newest.event IS NOT NULL, event.id, "+qualified+
		" FROM event LEFT JOIN newest ON newest.event = event.id ORDER BY event.id")
	if err != nil {
		return nil, trouble(j.path, err)
	}
	defer func() { _ = rows.Close() }()
	var old []archived
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
			old = append(old, archived{position, e})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, trouble(j.path, err)
	}
	return old, nil
}

// waits reports whether the last file of the archive is young, and had all that was
// old then.
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

// finishArchive takes out what an earlier call had in a file already when it was
// ended, and removes what it had not finished writing.
func (j *Journal) finishArchive(ctx context.Context, now time.Time) (done int, err error) {
	entries, err := os.ReadDir(j.archiveFolder())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "the journal's archive cannot be looked at", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, temporaryPrefix) {
			if err := os.Remove(filepath.Join(j.archiveFolder(), name)); err != nil {
				return done, problem.Wrap(problem.JournalWrite, j.archiveFolder(), "the journal's archive cannot be written", err)
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
		// A file that has other events is of another journal, such as one that was
		// replaced by an older copy. It is nothing to this one, and left alone.
		n, err := j.enter(ctx, name, now)
		if err != nil && !errors.Is(err, errOtherEvents) {
			return done, err
		}
		done += n
	}
	return done, nil
}

// errOtherEvents is of a file that has not what the journal has.
var errOtherEvents = errors.New("it has other events than the journal")

// enter takes the events of a file out of the journal and writes the file down, all
// or nothing, after it has read the file and found in it what the journal has.
func (j *Journal) enter(ctx context.Context, name string, now time.Time) (int, error) {
	path := filepath.Join(j.archiveFolder(), name)
	unread := func(err error) error {
		return problem.Wrap(problem.JournalArchive, path, "a file of the journal's archive cannot be used", err)
	}
	reader, err := openArchive(path)
	if err != nil {
		return 0, unread(err)
	}
	defer reader.close()
	err = j.inTransaction(ctx, func(tx *sql.Tx) error {
		l, err := newLeaving(ctx, tx)
		if err != nil {
			return err
		}
		for {
			e, err := reader.next()
			if errors.Is(err, io.EOF) {
				return l.goes(archiveFile{name, l.first, reader.last, reader.read, reader.digest()}, now)
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

// runOnHost is what numbers its own events.
type runOnHost struct{ run, host string }

// leaving is a transaction in which events leave the journal.
type leaving struct {
	ctx        context.Context
	tx         *sql.Tx
	find, mark *sql.Stmt // closed with the transaction
	first      int64
	told       map[runOnHost]uint64 // the last that a host told of each run
}

func newLeaving(ctx context.Context, tx *sql.Tx) (*leaving, error) {
	find, err := tx.PrepareContext(ctx, "SELECT newest.event IS NOT NULL, event.id, "+qualified+
		" FROM event LEFT JOIN newest ON newest.event = event.id WHERE event.id = ?")
	if err != nil {
		return nil, err
	}
	mark, err := tx.PrepareContext(ctx, "INSERT INTO leaving VALUES (?)")
	if err != nil {
		return nil, err
	}
	return &leaving{ctx: ctx, tx: tx, find: find, mark: mark, told: map[runOnHost]uint64{}}, nil
}

// take has an event leave, if it is in the journal and not the newest.
func (l *leaving) take(e archived) error {
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

// goes takes out what was taken.
func (l *leaving) goes(f archiveFile, now time.Time) error {
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

// archivedAfter are the files with events after a position.
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
