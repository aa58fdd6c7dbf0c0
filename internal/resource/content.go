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

	"cairn/internal/system"

	"github.com/fxamacker/cbor/v2"
)

// Content is what a resource puts into a host: bytes held here, or the name of
// bytes held elsewhere. It is the only type for contents of a resource. A plain
// string travels with every check, so a test limits it to a single line.
type Content struct {
	inline []byte
	name   *ContentName
	open   system.Source // where the bytes that the name stands for are; nil: not here
}

// Inline returns a content whose bytes are held here.
func Inline[T ~string | ~[]byte](data T) Content { return Content{inline: []byte(data)} }

// FileContent is the content of a file on this machine. It is read while it is
// sent, so it is never in memory as a whole.
func FileContent(path string) (Content, error) {
	open := func() (io.ReadCloser, error) { return os.Open(path) }
	file, err := open()
	if err != nil {
		return Content{}, err
	}
	name, err := nameOfAll(file)
	return Content{name: &name, open: open}, errors.Join(err, file.Close())
}

// IsZero reports whether the content is empty.
func (c Content) IsZero() bool { return len(c.inline) == 0 && c.name == nil }

// Name returns the content's name.
func (c Content) Name() ContentName {
	if c.name != nil {
		return *c.name
	}
	return nameOf(c.inline)
}

// size returns the content's size in bytes.
func (c Content) size() int64 {
	if c.name != nil {
		return c.name.Size
	}
	return int64(len(c.inline))
}

// Open reads the content from its beginning.
func (c Content) Open() (io.ReadCloser, error) {
	switch {
	case c.name == nil:
		return io.NopCloser(bytes.NewReader(c.inline)), nil
	case c.open == nil:
		return nil, ErrNotHere
	}
	return c.open()
}

// ErrNotHere marks a content of which only the name is known.
var ErrNotHere = errors.New("the content did not come with the description")

// bytes returns the whole content, for callers that need it in memory.
func (c Content) bytes() ([]byte, error) {
	if c.name == nil {
		return c.inline, nil
	}
	from, err := c.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(from)
	return data, errors.Join(err, from.Close())
}

// Text returns a content that is held here as text.
func (c Content) Text() string { return string(c.inline) }

// validate refuses impossible names, and lines without an end.
func (c Content) validate(lines bool) error {
	if c.name != nil {
		return c.name.validate()
	}
	if lines && !bytes.HasSuffix(c.inline, []byte("\n")) {
		return errors.New("the content has to be lines")
	}
	return nil
}

// Equal reports whether two contents are the same, wherever they are.
func (c Content) Equal(other Content) bool { return c.Name().Is(other.Name()) }

// String is for people and shows no word of the content.
func (c Content) String() string { return c.Name().summary() }

// MarshalCBOR implements [cbor.Marshaler]: bytes, or a name.
func (c Content) MarshalCBOR() ([]byte, error) {
	if c.name != nil {
		return cbor.Marshal(c.name)
	}
	return cbor.Marshal(append([]byte{}, c.inline...))
}

// UnmarshalCBOR implements [cbor.Unmarshaler]. It also reads texts, because
// earlier versions kept some contents as text.
func (c *Content) UnmarshalCBOR(data []byte) error {
	*c = Content{}
	switch cborType(data) {
	case cborText:
		var text string
		err := strict.Unmarshal(data, &text)
		c.inline = []byte(text)
		return err
	case cborMap:
		return strict.Unmarshal(data, &c.name)
	}
	return strict.Unmarshal(data, &c.inline)
}

// The major types of RFC 8949 section 3.1 that a content may have.
const (
	cborText = 3
	cborMap  = 5
)

func cborType(data []byte) byte { return data[0] >> 5 }

// ContentName identifies a content by its hash. It also has what people are told
// about the content.
type ContentName struct {
	Sum   []byte `cbor:"1,keyasint"` // SHA-256
	Lines int    `cbor:"2,keyasint"`
	Size  int64  `cbor:"3,keyasint"`
}

// Namer names a content that arrives in pieces.
type Namer struct {
	digest             hash.Hash
	newlines, trailing int
	size               int64
}

// NewNamer returns a Namer without any data.
func NewNamer() *Namer { return &Namer{digest: sha256.New()} }

// Write implements [io.Writer].
func (n *Namer) Write(p []byte) (int, error) {
	n.digest.Write(p)
	n.newlines += bytes.Count(p, []byte("\n"))
	text := bytes.TrimRight(p, "\n")
	if len(text) > 0 {
		n.trailing = 0
	}
	n.trailing += len(p) - len(text)
	n.size += int64(len(p))
	return len(p), nil
}

// Name returns the name of everything written so far.
func (n *Namer) Name() ContentName {
	return ContentName{Sum: n.digest.Sum(nil), Lines: n.newlines - n.trailing + 1, Size: n.size}
}

func nameOf(content []byte) ContentName {
	n := NewNamer()
	_, _ = n.Write(content)
	return n.Name()
}

// nameOfAll names everything that is read, without holding it.
func nameOfAll(r io.Reader) (ContentName, error) {
	n := NewNamer()
	_, err := io.Copy(n, r)
	return n.Name(), err
}

// nameOfFile names the content of a file.
func nameOfFile(s *system.System, p string) (ContentName, error) {
	file, err := s.OpenPlain(p)
	if err != nil {
		return ContentName{}, err
	}
	defer func() { _ = file.Close() }()
	return nameOfAll(file)
}

// summary shows a content to people as its size and hash, never its words. What an
// owner wrote into a file may be secret, and a diff is kept and shown.
func (n ContentName) summary() string {
	return fmt.Sprintf("%d lines, sha256 %s", n.Lines, hex.EncodeToString(n.Sum[:8]))
}

// Is reports whether two names mean the same content.
func (n ContentName) Is(other ContentName) bool { return bytes.Equal(n.Sum, other.Sum) }

func (n ContentName) validate() error {
	if len(n.Sum) != sha256.Size || n.Size < 0 {
		return errors.New("the name of a content is not a SHA-256 and a size")
	}
	return nil
}
