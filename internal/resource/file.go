package resource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"cairn/internal/system"
)

// File is a regular file with its content, mode and owner, or its absence.
type File struct {
	Path    string  `cbor:"1,keyasint"`
	Content Content `cbor:"2,keyasint,omitzero"`
	Mode    uint32  `cbor:"3,keyasint,omitempty"` // permission bits, as chmod takes them
	Owner   string  `cbor:"4,keyasint,omitempty"` // empty: root
	Group   string  `cbor:"5,keyasint,omitempty"` // empty: the owner's own
	Absent  bool    `cbor:"6,keyasint,omitempty"`
	// Sensitive keeps the content, and anything made from it, out of diffs.
	Sensitive bool `cbor:"7,keyasint,omitempty"`
	// Reader names the program that reads the file among others, such as [ReaderApt].
	// Then a setting that a later file takes back is a difference too.
	Reader string `cbor:"8,keyasint,omitempty"`
}

// Kind implements [Resource].
func (File) Kind() Kind { return "file" }

// Key implements [Resource].
func (f File) Key() string { return f.Path }

// Validate implements [Resource].
func (f File) Validate() error {
	if err := errors.Join(system.Absolute(f.Path), owners(f.Owner, f.Group)); err != nil {
		return err
	}
	if f.Mode&^0o7777 != 0 {
		return fmt.Errorf("%o is not a mode", f.Mode)
	}
	if !slices.Contains([]string{"", ReaderApt, ReaderJournald, ReaderLimits}, f.Reader) {
		return fmt.Errorf("nothing that reads files is called %q", f.Reader)
	}
	if f.Absent && !f.Content.IsZero() {
		return errors.New("a file that should be absent cannot have a content")
	}
	if f.Reader != "" && f.Content.name != nil {
		return ErrNotHere
	}
	return f.Content.validate(false)
}

func (f File) contents(change func(Content, use) Content) Resource {
	var needs use
	if f.Reader != "" {
		needs = toRead
	}
	f.Content = change(f.Content, needs)
	return f
}

// Check implements [Resource].
func (f File) Check(ctx context.Context, sys *system.System) (Diff, error) {
	d, err := f.check(sys)
	if err != nil || f.Reader == "" {
		return d, err
	}
	taken, err := f.inForce(ctx, sys)
	return merge(d, compare(taken...)), err
}

// check compares the file itself.
func (f File) check(sys *system.System) (Diff, error) {
	info, have, found, err := sys.Stat(f.Path)
	if err != nil {
		return Diff{}, err
	}
	if found && info.IsDir() {
		return Diff{}, fmt.Errorf("%s is a directory", f.Path)
	}
	if f.Absent {
		return compare(property{"file", system.Presence(found), absent}), nil
	}
	if !found {
		return f.withText(compare(property{"content", absent, f.shown()}), nil), nil
	}
	if !info.Mode().IsRegular() {
		return compare(property{"file", info.Mode().Type().String() + " in its place", "a regular file"}), nil
	}
	short := f.Content.name == nil && info.Size() <= maxLineBytes
	content, name, err := f.present(sys, short)
	if err != nil {
		return Diff{}, err
	}
	uid, gid, err := sys.Owner(f.Owner, f.Group)
	if err != nil {
		return Diff{}, err
	}
	d := compare(
		f.contentProperty(name, info.ModTime()),
		property{"mode", system.ModeText(have.Mode), system.ModeText(system.FileMode(f.Mode))},
		property{"owner", fmt.Sprintf("%d:%d", have.UID, have.GID), fmt.Sprintf("%d:%d", uid, gid)},
	)
	if !short {
		return d, nil
	}
	return f.withText(d, content), nil
}

// present returns what the file holds, or only its name if it is long.
func (f File) present(sys *system.System, short bool) ([]byte, ContentName, error) {
	if !short {
		name, err := nameOfFile(sys, f.Path)
		return nil, name, err
	}
	content, _, err := sys.Read(f.Path)
	return content, nameOf(content), err
}

// withText adds the differing lines to a change of the content.
func (f File) withText(d Diff, have []byte) Diff {
	for i, c := range d.Changes {
		if c.Property == "content" && !f.Sensitive && f.Content.name == nil {
			d.Changes[i].Text = lineDiff(have, f.Content.inline)
		}
	}
	return d
}

// contentProperty compares without showing sensitive contents. Their fingerprint
// depends on the time of the last write instead.
func (f File) contentProperty(have ContentName, written time.Time) property {
	if !f.Sensitive {
		return property{"content", have.summary(), f.Content.Name().summary()}
	}
	seen := "(secret) of " + written.UTC().Format(time.RFC3339Nano)
	if have.Is(f.Content.Name()) {
		return property{"content", seen, seen}
	}
	return property{"content", seen, "(secret)"}
}

func (f File) shown() string {
	if f.Sensitive {
		return "(secret)"
	}
	return f.Content.Name().summary()
}

// Apply implements [Resource].
func (f File) Apply(_ context.Context, sys *system.System, _ Diff) error {
	if f.Absent {
		return sys.Remove(f.Path)
	}
	uid, gid, err := sys.Owner(f.Owner, f.Group)
	if err != nil {
		return err
	}
	return sys.WriteFrom(f.Path, f.Content.Open, system.Attributes{Mode: system.FileMode(f.Mode), UID: uid, GID: gid})
}

// Verify implements [Resource]. It opens the file as a reader would and looks at
// the open file, not at the path.
func (f File) Verify(ctx context.Context, sys *system.System) error {
	if f.Absent {
		d, err := f.Check(ctx, sys)
		return errors.Join(err, different(f, d))
	}
	uid, gid, err := sys.Owner(f.Owner, f.Group)
	if err != nil {
		return err
	}
	taken, err := f.inForce(ctx, sys)
	return errors.Join(err, different(f, compare(taken...)), sys.VerifyOpen(f.Path, f.holds, system.Attributes{Mode: system.FileMode(f.Mode), UID: uid, GID: gid}))
}

// holds reads what should be the content.
func (f File) holds(file io.Reader) error {
	name, err := nameOfAll(file)
	if err == nil && !name.Is(f.Content.Name()) {
		err = fmt.Errorf("%s has another content than was written", f.Path)
	}
	return err
}

// Precheck implements [Guardable].
func (f File) Precheck(context.Context, *system.System) error { return nil }

// Capture implements [Guardable].
func (f File) Capture(_ context.Context, sys *system.System) (system.Undo, error) {
	return sys.CaptureFiles(f.Path)
}

// Persist implements [Guardable].
func (f File) Persist(context.Context, *system.System) error { return nil }
