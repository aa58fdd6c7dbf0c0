package resource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"cairn/internal/system"

	"github.com/fxamacker/cbor/v2"
)

// Restorable is a resource whose change can be taken back much later, when others
// may have changed the host too. Only what Cairn itself wrote may then be
// restored.
type Restorable interface {
	Resource
	// Original returns what restores the host's present state. It changes nothing and
	// may be called any number of times: before the first Apply, which its error
	// prevents, and at a release of the host.
	Original(ctx context.Context, sys *system.System) (system.Undo, error)
}

// original is the state of a host before Cairn first changed a resource. It stays
// on the host, readable by root only, until the host is released or purged.
type original struct {
	Kind   Kind        `cbor:"1,keyasint"`
	Key    string      `cbor:"2,keyasint"`
	At     int64       `cbor:"3,keyasint"` // nanoseconds since 1970, for the order
	Spec   Spec        `cbor:"4,keyasint"` // as it was last applied, without its content
	Undo   system.Undo `cbor:"5,keyasint,omitempty"`
	After  []string    `cbor:"6,keyasint,omitempty"` // of each of the undo's files, what Cairn made of it
	Leaves string      `cbor:"7,keyasint,omitempty"` // what stays in any case, in words
}

// id names the resource as in plans.
func (o original) id() string { return string(o.Kind) + " " + o.Key }

// leaver is a resource of which something stays after a release.
type leaver interface{ leaves(d Diff) string }

func originalPath(s *system.System, r Resource) string {
	sum := sha256.Sum256([]byte(string(r.Kind()) + " " + r.Key()))
	return path.Join(s.Originals, hex.EncodeToString(sum[:12])+".cbor")
}

// keepOriginal records the state before the first change.
func keepOriginal(ctx context.Context, s *system.System, r Resource, d Diff) error {
	restorable, ok := r.(Restorable)
	if !ok || s.Originals == "" {
		return nil
	}
	o, kept, err := readOriginal(s, originalPath(s, r))
	if err != nil || kept {
		return err
	}
	o = original{Kind: r.Kind(), Key: r.Key(), At: time.Now().UnixNano()}
	if o.Undo, err = restorable.Original(ctx, s); err != nil {
		return err
	}
	o.Undo = withoutOwn(o.Undo)
	if err := os.MkdirAll(s.Path(s.Originals), 0o700); err != nil {
		return err
	}
	if err := keepLong(s, r, o.Undo.Files); err != nil {
		return err
	}
	if l, ok := r.(leaver); ok {
		o.Leaves = l.leaves(d)
	}
	return errors.Join(writeOriginal(s, r, o), s.Remove(releasedMark(s)))
}

// keepLong copies the contents that are too long for the record to files beside
// it. After a crash the next attempt writes the same ones again.
func keepLong(s *system.System, r Resource, files []system.SavedFile) (err error) {
	beside := strings.TrimSuffix(originalPath(s, r), ".cbor")
	for i, f := range files {
		if f.Long == nil {
			continue
		}
		if files[i], err = s.KeepCopy(f, fmt.Sprintf("%s-%d", beside, i)); err != nil {
			return err
		}
	}
	return nil
}

// keepResult records the files as Cairn left them. A later change by somebody else
// shows in the difference.
func keepResult(s *system.System, r Resource) error {
	if _, ok := r.(Restorable); !ok || s.Originals == "" {
		return nil
	}
	o, kept, err := readOriginal(s, originalPath(s, r))
	if err != nil || !kept {
		return err
	}
	o.After = nil
	for _, f := range o.Undo.Files {
		made, err := s.Note(f.Path)
		if err != nil {
			return err
		}
		o.After = append(o.After, sum(made))
	}
	return writeOriginal(s, r, o)
}

// KeepResult records the resource's files again where Persist made some of them
// after the change.
func KeepResult(s *system.System, r Resource) error { return keepResult(s, r) }

func writeOriginal(s *system.System, r Resource, o original) error {
	spec, err := Encode(withoutContents(r))
	if err != nil {
		return err
	}
	o.Spec = spec
	body, err := cbor.Marshal(o)
	if err != nil {
		return err
	}
	return s.Write(originalPath(s, r), body, system.Attributes{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()})
}

func readOriginal(s *system.System, name string) (o original, found bool, err error) {
	body, found, err := s.Read(name)
	if err != nil || !found {
		return original{}, false, err
	}
	if err := strict.Unmarshal(body, &o); err != nil {
		return original{}, false, fmt.Errorf("%s: %w", name, err)
	}
	return o, true, nil
}

// originals returns all that are kept, oldest first.
func originals(s *system.System) ([]original, error) {
	if s.Originals == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(s.Path(s.Originals))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []original
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".cbor" || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		o, found, err := readOriginal(s, path.Join(s.Originals, entry.Name()))
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, o)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].At < all[j].At })
	return all, nil
}

// sum identifies the content of a file, or the target of a link.
func sum(f system.SavedFile) string {
	if f.Absent {
		return absent
	}
	return f.Sum()
}

// ownMark stands at the head of every file that is Cairn's alone.
const ownMark = "Managed by Cairn."

// own reports whether only Cairn writes a file.
func own(f system.SavedFile) bool {
	head, _, _ := strings.Cut(string(f.Head()), "\n")
	return strings.Contains(head, ownMark)
}

// withoutOwn treats Cairn's own files as absent. On a host that an earlier version
// set up, they were absent before.
func withoutOwn(u system.Undo) system.Undo {
	u.Files = slices.Clone(u.Files)
	for i, f := range u.Files {
		if own(f) {
			u.Files[i] = system.SavedFile{Path: f.Path, Absent: true}
		}
	}
	return u
}
