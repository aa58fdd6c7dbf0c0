// Package journal is the lab's memory: an append-only log of everything that
// happened, in one SQLite file and, for what is old, in the files of an archive
// beside it. Whatever else Cairn knows of the past is a projection of it and can be
// made again from it.
//
// An event has the key (run, host, seq). Hosts number their own events before
// they send them, so that an event that arrives twice is kept once. Its position
// is its place in the order of writing, which it keeps in the archive.
//
// Any number of programs may read while one writes: a reader sees the journal as
// it was when it began to read, and neither waits for the other.
package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cairn/internal/problem"
)

// Controller is the host name under which the controller's own events stand.
const Controller = ""

// Event is one thing that happened.
type Event struct {
	Run     string          `json:"run"`
	Host    string          `json:"host,omitempty"` // Controller for the controller's own
	Seq     uint64          `json:"seq"`            // from 1; 0 in Append takes the next of run and host
	At      time.Time       `json:"at"`
	Type    string          `json:"type"`
	Subject string          `json:"subject,omitempty"` // what it is about, where the newest of each subject matters
	Body    json.RawMessage `json:"body,omitempty"`
}

// Journal is an open journal. It is safe for concurrent use.
type Journal struct {
	db   *sql.DB
	path string
}

// Open opens the journal at path and makes it when there is none. A file that
// is damaged, of another program or of a newer Cairn is refused unchanged.
func Open(ctx context.Context, path string) (*Journal, error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	return connect(ctx, path)
}

// OpenToRead is Open for somebody who only looks: where there is no journal, an
// empty one in memory stands for it and no file is made.
func OpenToRead(ctx context.Context, path string) (*Journal, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return connect(ctx, ":memory:")
	}
	j, err := Open(ctx, path)
	if err == nil {
		j.db.SetMaxOpenConns(readingsAtOnce)
	}
	return j, err
}

// readingsAtOnce is how many readings somebody who only looks can have under way; a
// further one waits. Whoever writes has one connection, so that writing is in order.
const readingsAtOnce = 4

func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o700)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return problem.Wrap(problem.JournalWrite, path, "the folder for the journal cannot be made, since a file has its name", err).
			WithFix("move the file elsewhere")
	case err != nil:
		return problem.Wrap(problem.JournalWrite, path, "the folder for the journal cannot be made", err)
	}
	return nil
}

func connect(ctx context.Context, path string) (*Journal, error) {
	// FULL syncs every commit, so that an event that was reported is on disk
	// (sqlite.org/pragma.html#pragma_synchronous).
	query := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+query.Encode())
	if err != nil {
		return nil, trouble(path, err)
	}
	db.SetMaxOpenConns(1)
	j := &Journal{db: db, path: path}
	if err := j.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return j, nil
}

// header is how every SQLite database begins (sqlite.org/fileformat.html).
const header = "SQLite format 3\x00"

// refuseForeign looks at the first bytes before SQLite may write to the file.
func refuseForeign(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return problem.Wrap(problem.JournalWrite, path, "the journal cannot be opened", err)
	}
	defer func() { _ = file.Close() }()
	start := make([]byte, len(header))
	n, _ := file.Read(start)
	if n == 0 {
		return nil
	}
	if string(start[:n]) != header {
		return problem.New(problem.JournalCorrupt, path, "the journal is damaged: it does not begin as a database does")
	}
	return nil
}

// Close closes the journal.
func (j *Journal) Close() error { return j.db.Close() }

// trouble turns an error of SQLite into one for the owner.
func trouble(path string, err error) error {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff { // the primary result code (sqlite.org/rescode.html)
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return problem.Wrap(problem.JournalCorrupt, path, "the journal is damaged", err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return problem.Wrap(problem.JournalBusy, path, "the journal is in use", err)
		}
	}
	if errors.Is(err, context.Canceled) || problem.Of(err) != nil {
		return err
	}
	return problem.Wrap(problem.JournalWrite, path, "the journal could not be read or written", err)
}
