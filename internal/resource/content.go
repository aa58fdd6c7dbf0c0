package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"syscall"

	"cairn/internal/system"
)

// contentName is a content by its hash, with what people are told of it.
type contentName struct {
	Sum   []byte `cbor:"1,keyasint"` // SHA-256
	Lines int    `cbor:"2,keyasint"`
}

// namer takes a content in pieces.
type namer struct {
	digest             hash.Hash
	newlines, trailing int
}

func newNamer() *namer { return &namer{digest: sha256.New()} }

// Write implements [io.Writer].
func (n *namer) Write(p []byte) (int, error) {
	n.digest.Write(p)
	n.newlines += bytes.Count(p, []byte("\n"))
	text := bytes.TrimRight(p, "\n")
	if len(text) > 0 {
		n.trailing = 0
	}
	n.trailing += len(p) - len(text)
	return len(p), nil
}

func (n *namer) name() contentName {
	return contentName{Sum: n.digest.Sum(nil), Lines: n.newlines - n.trailing + 1}
}

func nameOf(content []byte) contentName {
	n := newNamer()
	_, _ = n.Write(content)
	return n.name()
}

// nameOf names what a file holds, without holding it.
func nameOfFile(s *system.System, p string) (contentName, error) {
	file, err := os.OpenFile(s.Path(p), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return contentName{}, err
	}
	defer func() { _ = file.Close() }()
	n := newNamer()
	_, err = io.Copy(n, file)
	return n.name(), err
}

// summary is a content for people: its size and hash, never a word of it. What an
// owner has written into a file may be secret, and a diff is kept and shown.
func (n contentName) summary() string {
	return fmt.Sprintf("%d lines, sha256 %s", n.Lines, hex.EncodeToString(n.Sum[:8]))
}

func (n contentName) is(other contentName) bool { return bytes.Equal(n.Sum, other.Sum) }

func (n contentName) validate() error {
	if len(n.Sum) != sha256.Size {
		return errors.New("the name of a content is not a SHA-256")
	}
	return nil
}

// ForCheck is the description as a check needs it: a file's content is named by its
// hash when it is longer than what is compared line by line, which is all that a
// check needs a content for. One that cannot be read stays as it is: the host says why.
func (s Spec) ForCheck() Spec {
	if s.Kind != (File{}).Kind() || len(s.Body) <= maxLineOctets {
		return s
	}
	r, _ := Decode(s)
	f, is := r.(File)
	if !is || len(f.Content) <= maxLineOctets || f.Reader != "" {
		return s // what is read among others is compared by its words
	}
	name := nameOf(f.Content)
	f.Content, f.Named = nil, &name
	named, err := Encode(f)
	if err != nil {
		return s
	}
	return named
}
