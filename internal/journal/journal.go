// Package journal is the lab's memory: an append-only log of everything that
// happened, in one SQLite file. Whatever else Cairn knows of the past is a
// projection of it and can be made again from it.
//
// An event has the key (run, host, seq). Hosts number their own events before
// they send them, so that an event that arrives twice is kept once.
package journal

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cairn/internal/problem"
)

// version is raised with every change of schema.sql.
const version = 1

// applicationID marks the file as Cairn's ("Carn"), so that another program's
// database is never taken for a journal.
const applicationID = 0x4361726e

//go:embed schema.sql
var schema string

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
	return Open(ctx, path)
}

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

// prepare checks the file, or lays it out when it is empty.
func (j *Journal) prepare(ctx context.Context) error {
	var found, id int
	if err := j.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found); err != nil {
		return trouble(j.path, err)
	}
	if err := j.db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return trouble(j.path, err)
	}
	switch {
	case found == 0 && id == 0:
		return j.layOut(ctx)
	case id != applicationID:
		return problem.New(problem.JournalCorrupt, j.path, "the file is another program's database")
	case found > version:
		return problem.New(problem.JournalNewer, j.path, fmt.Sprintf("the journal has version %d, this Cairn knows %d", found, version))
	}
	return j.check(ctx)
}

func (j *Journal) check(ctx context.Context) error {
	var verdict string
	if err := j.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return trouble(j.path, err)
	}
	if verdict != "ok" {
		_, reason, _ := strings.Cut(verdict, "***\n") // after SQLite's headline
		return problem.Wrap(problem.JournalCorrupt, j.path, "the journal is damaged", errors.New(cmp.Or(reason, verdict)))
	}
	return nil
}

func (j *Journal) layOut(ctx context.Context) error {
	_, err := j.db.ExecContext(ctx, fmt.Sprintf("BEGIN;\n%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT;", schema, applicationID, version))
	if err != nil {
		return trouble(j.path, err)
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
	if errors.Is(err, context.Canceled) {
		return err
	}
	return problem.Wrap(problem.JournalWrite, path, "the journal could not be read or written", err)
}
