// Package journal is the lab's memory: an append-only log of everything that
// happened. It is one SQLite file, and beside it the files of an archive for
// old events. Everything else that Cairn knows about the past is a projection
// of the log and can be rebuilt from it.
//
// An event has the key (run, host, seq). Hosts number their own events before
// they send them, so an event that arrives twice is kept once. Its position is
// its place in the order of writing. It keeps the position in the archive.
//
// Any number of programs may read while one writes. A reader sees the journal
// as it was when it began to read. Neither waits for the other.
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

// Controller is the host name of the controller's own events.
const Controller = ""

// Event is one thing that happened.
type Event struct {
	Run     string          `json:"run"`
	Host    string          `json:"host,omitempty"` // Controller for the controller's own
	Seq     uint64          `json:"seq"`            // from 1; for 0, Append takes the next number of the run and host
	At      time.Time       `json:"at"`
	Type    string          `json:"type"`
	Subject string          `json:"subject,omitempty"` // what it is about, if the newest event of each subject matters
	Body    json.RawMessage `json:"body,omitempty"`
}

// Journal is an open journal. Several goroutines may use it at once.
type Journal struct {
	db   *sql.DB
	path string
}

// Open opens the journal at path, or makes it if there is none. It refuses a
// damaged file, another program's file and a newer Cairn's file, and leaves
// them unchanged.
func Open(ctx context.Context, path string) (*Journal, error) {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := refuseForeign(path); err != nil {
		return nil, err
	}
	return connect(ctx, path)
}

// OpenToRead is Open for a caller that only reads. If there is no journal, it
// returns an empty one in memory and makes no file.
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

// readingsAtOnce limits the readings of a reader at the same time. Another one
// waits. A writer has one connection, so that writing is in order.
const readingsAtOnce = 4

func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o700)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return problem.Wrap(problem.JournalWrite, path, "cannot make the journal's folder, because a file has that name", err).
			WithFix("move the file elsewhere")
	case err != nil:
		return problem.Wrap(problem.JournalWrite, path, "cannot make the journal's folder", err)
	}
	return nil
}

func connect(ctx context.Context, path string) (*Journal, error) {
	// FULL syncs every commit, so an event that was reported is on disk
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

// header is the beginning of every SQLite database
// (sqlite.org/fileformat.html).
const header = "SQLite format 3\x00"

// refuseForeign checks the first bytes before SQLite may write to the file.
func refuseForeign(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return problem.Wrap(problem.JournalWrite, path, "cannot open the journal", err)
	}
	defer func() { _ = file.Close() }()
	start := make([]byte, len(header))
	n, _ := file.Read(start)
	if n == 0 {
		return nil
	}
	if string(start[:n]) != header {
		return problem.New(problem.JournalCorrupt, path, "the journal is damaged: the file does not begin like a database")
	}
	return nil
}

// Close closes the journal. The journal must not be used afterwards.
func (j *Journal) Close() error { return j.db.Close() }

// trouble turns an error of SQLite into a problem for the owner.
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
	return problem.Wrap(problem.JournalWrite, path, "cannot read or write the journal", err)
}
