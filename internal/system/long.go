package system

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// longContent is the size up to which [System.Note] holds a content in memory.
const longContent = 1 << 20

// LongContent stands for a content that is not held in memory.
type LongContent struct {
	Sum  string `cbor:"1,keyasint"`           // see [SavedFile.Sum]
	Copy string `cbor:"2,keyasint,omitempty"` // where a copy of it lies; empty: nowhere
	head []byte
}

// Note is [System.Save] for comparing: of a long content it keeps only the sum.
// Nothing is restored from a note unless [System.KeepCopy] copied the content.
func (s *System) Note(p string) (SavedFile, error) { return s.save(p, longContent) }

// NoteFiles is [System.CaptureFiles] with notes.
func (s *System) NoteFiles(paths ...string) (Undo, error) { return s.capture(s.Note, paths) }

// note reads a file piece by piece.
func (s *System) note(p string) (*LongContent, error) {
	file, err := s.OpenPlain(p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	digest := newSum("")
	_, _ = digest.Write(head[:n])
	_, err = io.Copy(digest, file)
	return &LongContent{Sum: sumText(digest), head: head[:n]}, err
}

// KeepCopy copies a long content that was noted, and notes where the copy lies.
// Only root can read it. The error says so if the file has changed since the note.
func (s *System) KeepCopy(f SavedFile, to string) (SavedFile, error) {
	var digest hash.Hash
	content := func() (io.ReadCloser, error) {
		file, err := s.OpenPlain(f.Path)
		digest = newSum("")
		return struct {
			io.Reader
			io.Closer
		}{io.TeeReader(file, digest), file}, err
	}
	if err := s.WriteFrom(to, content, Attributes{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()}); err != nil {
		return f, err
	}
	if sumText(digest) != f.Long.Sum {
		return f, fmt.Errorf("%s was changed by somebody else just now", f.Path)
	}
	f.Long = &LongContent{Sum: f.Long.Sum, Copy: to, head: f.Long.head}
	return f, nil
}

// Whole returns an undo that holds the contents of which there were only notes.
func (u Undo) Whole(s *System) (Undo, error) {
	whole := u.And(Undo{})
	for i, f := range whole.Files {
		if f.Long == nil || f.Long.Copy != "" {
			continue
		}
		var err error
		if whole.Files[i], err = s.Save(f.Path); err != nil {
			return Undo{}, err
		}
	}
	return whole, nil
}

// contentOf opens the content to restore.
func (s *System) contentOf(f SavedFile) Source {
	switch {
	case f.Long == nil:
		return holding(f.Content)
	case f.Long.Copy == "":
		return func() (io.ReadCloser, error) { return nil, fmt.Errorf("no copy of %s was kept", f.Path) }
	}
	return func() (io.ReadCloser, error) { return s.OpenPlain(f.Long.Copy) }
}

// Sum identifies the content of a file, or the target of a link.
func (f SavedFile) Sum() string {
	if f.Long != nil {
		return f.Long.Sum
	}
	digest := newSum(f.Link)
	_, _ = digest.Write(f.Content)
	return sumText(digest)
}

// Head returns the beginning of the content, which holds its first line.
func (f SavedFile) Head() []byte {
	if f.Long != nil {
		return f.Long.head
	}
	return f.Content
}

func newSum(link string) hash.Hash {
	digest := sha256.New()
	_, _ = io.WriteString(digest, link+"\x00")
	return digest
}

func sumText(digest hash.Hash) string { return hex.EncodeToString(digest.Sum(nil)[:16]) }
