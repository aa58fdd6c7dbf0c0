package journal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// archiveName is the archive's folder, beside the journal. Its files are
// gzipped JSON with one event a line, in the order of their positions.
const archiveName = "archive"

// archivedEvent is one line of a file.
type archivedEvent struct {
	Position int64 `json:"position"`
	Event
}

// archiveFile is a file of the archive.
type archiveFile struct {
	name        string
	first, last int64 // positions
	events      int
	sha256      string
}

// fileName makes a name that sorts files by their first position.
func fileName(first, last int64) string { return fmt.Sprintf("%012d-%012d.jsonl.gz", first, last) }

// writeArchive writes the events to a file in the folder. The file gets its
// name only when all of it is on disk.
func writeArchive(folder string, events []archivedEvent) (name string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	name = fileName(events[0].Position, events[len(events)-1].Position)
	temporary := filepath.Join(folder, temporaryPrefix+name)
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	err = errors.Join(writeLines(file, events), file.Sync(), file.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, filepath.Join(folder, name)); err != nil {
		return "", err
	}
	// The folder's own entry is in the folder above.
	return name, errors.Join(system.SyncDir(folder), system.SyncDir(filepath.Dir(folder)))
}

// temporaryPrefix begins the name of an unfinished file.
const temporaryPrefix = ".new-"

func writeLines(w io.Writer, events []archivedEvent) error {
	packed := gzip.NewWriter(w)
	lines := json.NewEncoder(packed)
	lines.SetEscapeHTML(false)
	for _, e := range events {
		if err := lines.Encode(e); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
	}
	return packed.Close()
}

// fileReader reads a file of the archive, one event at a time.
type fileReader struct {
	file  *os.File
	sum   hash.Hash
	lines *json.Decoder
	read  int
	last  int64
}

func openArchive(path string) (*fileReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	packed, err := gzip.NewReader(io.TeeReader(file, sum))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileReader{file: file, sum: sum, lines: json.NewDecoder(packed)}, nil
}

// next returns the next event, or [io.EOF] after the last one.
func (r *fileReader) next() (e archivedEvent, err error) {
	if err := r.lines.Decode(&e); err != nil {
		return archivedEvent{}, err
	}
	if e.Position <= r.last {
		return archivedEvent{}, fmt.Errorf("event %d comes after event %d", e.Position, r.last)
	}
	e.At = e.At.UTC()
	r.read, r.last = r.read+1, e.Position
	return e, nil
}

// digest returns the SHA-256 of the file in hex, once its last event was read.
func (r *fileReader) digest() string { return hex.EncodeToString(r.sum.Sum(nil)) }

func (r *fileReader) close() { _ = r.file.Close() }

// fileStream reads a file that the journal knows. It opens the file only when
// its first event is due.
type fileStream struct {
	folder string
	archiveFile
	reader  *fileReader
	current archivedEvent
}

func (s *fileStream) position() int64 {
	if s.reader == nil {
		return s.first
	}
	return s.current.Position
}

func (s *fileStream) event() Event { return s.current.Event }

func (s *fileStream) ready() bool { return s.reader != nil }

// next moves to the next event. It returns false after the last one, when it
// also compares the file with its recorded size and digest.
func (s *fileStream) next() (bool, error) {
	if s.reader == nil {
		reader, err := openArchive(s.path())
		if err != nil {
			return false, s.damaged(err)
		}
		s.reader = reader
	}
	e, err := s.reader.next()
	switch {
	case err == nil:
		s.current = e
		return true, nil
	case !errors.Is(err, io.EOF):
		return false, s.damaged(err)
	case s.reader.read != s.events || s.reader.digest() != s.sha256:
		return false, s.damaged(errors.New("it differs from what was written"))
	}
	return false, nil
}

func (s *fileStream) close() {
	if s.reader != nil {
		s.reader.close()
	}
}

func (s *fileStream) path() string { return filepath.Join(s.folder, s.name) }

func (s *fileStream) damaged(err error) error {
	return problem.Wrap(problem.JournalArchive, s.path(), "cannot read a file of the journal's archive", err)
}

// same reports whether an event of a file equals the journal's. White space
// between the parts of a body does not count.
func same(a archivedEvent, e Event) bool {
	return a.Run == e.Run && a.Host == e.Host && a.Seq == e.Seq && a.At.Truncate(time.Microsecond).Equal(e.At) &&
		a.Type == e.Type && a.Subject == e.Subject && bytes.Equal(compacted(a.Body), compacted(e.Body))
}

func compacted(body json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, body) != nil {
		return body
	}
	return b.Bytes()
}
