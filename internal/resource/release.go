package resource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"cairn/internal/system"
)

// Release takes back Cairn's changes on a host. Everything becomes what it was
// before the first change, except what somebody else has changed since.
type Release struct {
	Host string `cbor:"1,keyasint"`
	// Parts are the resources of the lab's host. Earlier versions kept no originals,
	// so of their work only files that are Cairn's alone can be removed.
	Parts []Spec `cbor:"2,keyasint,omitempty"`
}

// contents are those of resources that will be removed. A release does not need
// them. A part that cannot be read is refused when it is looked at.
func (r Release) contents(change func(Content, use) Content) Resource {
	r.Parts = slices.Clone(r.Parts)
	for i, s := range r.Parts {
		part, err := DecodeFrom(s, s.source)
		if err != nil {
			continue
		}
		part = withContents(part, func(c Content, _ use) Content { return change(c, toNothing) })
		if s, err = Encode(part); err == nil {
			r.Parts[i] = s
		}
	}
	return r
}

// Kind implements [Resource].
func (Release) Kind() Kind { return "release" }

// Key implements [Resource].
func (r Release) Key() string { return r.Host }

// Validate implements [Resource].
func (r Release) Validate() error {
	if !label.MatchString(r.Host) {
		return fmt.Errorf("%q cannot be a host's name", r.Host)
	}
	return nil
}

// way says how the change of one resource is taken back.
type way struct {
	id   string
	part Resource
	undo system.Undo
	left []string // what stays, in words
	due  bool     // whether there is anything to do

	replaced []system.SavedFile // what the undo's files are now
}

// ways returns the ways of all changed resources, oldest first.
func (r Release) ways(ctx context.Context, sys *system.System) ([]way, error) {
	kept, err := originals(sys)
	if err != nil {
		return nil, err
	}
	var all []way
	known := map[string]bool{}
	for _, o := range kept {
		part, err := Decode(o.Spec)
		if err != nil {
			continue // of a kind that this version does not have any more
		}
		w := way{id: o.id(), part: part, due: len(o.Undo.Files)+len(o.Undo.Commands) > 0}
		known[w.id] = true
		if err := w.stillCairns(sys, o); err != nil {
			return nil, err
		}
		if o.Leaves != "" {
			w.left = append(w.left, o.Leaves)
		}
		all = append(all, w)
	}
	if _, _, released, err := sys.Stat(releasedMark(sys)); err != nil || released {
		return all, err // what looks like Cairn's is what the release has left
	}
	for _, spec := range r.Parts {
		part, err := Decode(spec)
		if err != nil {
			return nil, err
		}
		restorable, ok := part.(Restorable)
		if id := string(part.Kind()) + " " + part.Key(); ok && !known[id] {
			w, err := unknownWay(ctx, sys, id, restorable)
			if err != nil {
				return nil, err
			}
			all = append(all, w)
		}
	}
	return all, nil
}

// unknownWay removes what is Cairn's alone if no original was kept.
func unknownWay(ctx context.Context, sys *system.System, id string, part Restorable) (way, error) {
	w := way{id: id, part: part}
	now, err := part.Original(ctx, sys)
	if err != nil {
		return w, err
	}
	for i, f := range withoutOwn(now).Files {
		if own(now.Files[i]) || f.Absent && now.Files[i].Link != "" {
			w.undo.Files, w.replaced = append(w.undo.Files, f), append(w.replaced, now.Files[i])
			w.due = true
		}
	}
	if w.due {
		w.undo.Commands = now.Commands
		w.left = []string{id + ": its earlier state was not kept; only Cairn's own files are removed"}
	}
	return w, nil
}

// stillCairns selects what may be restored: files as Cairn made them, and files
// that only Cairn writes. Files that somebody else has changed since stay.
func (w *way) stillCairns(sys *system.System, o original) error {
	w.undo.Commands = o.Undo.Commands
	for i, f := range o.Undo.Files {
		have, err := sys.Note(f.Path)
		if err != nil {
			return err
		}
		made := i < len(o.After) && sum(have) == o.After[i]
		switch {
		case sum(f) == sum(have) && !f.Dir:
			continue
		case f.Dir || made || f.Absent && own(have):
			w.undo.Files, w.replaced = append(w.undo.Files, f), append(w.replaced, have)
		default:
			w.left = append(w.left, f.Path+", which somebody has changed since")
		}
	}
	return nil
}

// Check implements [Resource].
func (r Release) Check(ctx context.Context, sys *system.System) (Diff, error) {
	ways, err := r.ways(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	var properties []property
	var left []string
	for _, w := range ways {
		left = append(left, w.left...)
		if w.due {
			properties = append(properties, property{w.id, "set by Cairn", "as before"})
		}
	}
	d := compare(properties...)
	d.Fingerprint, d.Left = fingerprintOf(ways, d), left
	return d, nil
}

// fingerprintOf also covers the files that would be removed.
func fingerprintOf(ways []way, d Diff) string {
	digest := sha256.New()
	fmt.Fprintln(digest, d.Fingerprint)
	for _, w := range ways {
		for _, f := range w.replaced {
			fmt.Fprintf(digest, "%q %s\n", f.Path, sum(f))
		}
	}
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// undo is the whole way back.
func (r Release) undo(ctx context.Context, sys *system.System) (system.Undo, error) {
	ways, err := r.ways(ctx, sys)
	var whole system.Undo
	for _, w := range ways {
		whole = whole.And(w.undo)
	}
	return whole, err
}

// Apply implements [Resource].
func (r Release) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	undo, err := r.undo(ctx, sys)
	if err != nil {
		return err
	}
	if err := undo.Restore(ctx, sys); err != nil || !r.changesSSH() {
		return err
	}
	_, err = sys.Run(ctx, sshdProgram, "-t")
	return err
}

func (r Release) changesSSH() bool {
	return slices.ContainsFunc(r.Parts, func(s Spec) bool { return s.Kind == SSHDropin{}.Kind() })
}

// Verify implements [Resource]. Of what Apply restored, nothing may be left to
// restore.
func (r Release) Verify(ctx context.Context, sys *system.System) error {
	undo, err := r.undo(ctx, sys)
	if err != nil {
		return err
	}
	undo.Files = slices.DeleteFunc(undo.Files, func(f system.SavedFile) bool { return f.Dir })
	differences, err := undo.Differences(ctx, sys)
	if err == nil && len(differences) > 0 {
		err = errors.New(strings.Join(differences, "; "))
	}
	return err
}

// Precheck implements [Guardable].
func (Release) Precheck(context.Context, *system.System) error { return nil }

// Capture implements [Guardable]. It is the host as Cairn made it.
func (r Release) Capture(ctx context.Context, sys *system.System) (system.Undo, error) {
	ways, err := r.ways(ctx, sys)
	if err != nil {
		return system.Undo{}, err
	}
	var whole system.Undo
	for _, w := range ways {
		var part system.Undo
		switch resource := w.part.(type) {
		case Guardable:
			part, err = resource.Capture(ctx, sys)
		case Restorable:
			if part, err = resource.Original(ctx, sys); err == nil {
				part, err = part.Whole(sys) // a note restores nothing
			}
		}
		if err != nil {
			return system.Undo{}, fmt.Errorf("%s: %w", w.id, err)
		}
		whole = whole.And(part)
	}
	return whole, nil
}

// Persist implements [Guardable]. It removes the originals, which are no longer
// needed. A mark keeps what remains from being taken for the work of an earlier
// version.
func (Release) Persist(_ context.Context, sys *system.System) error {
	if sys.Originals == "" {
		return nil
	}
	if err := os.RemoveAll(sys.Path(sys.Originals)); err != nil {
		return err
	}
	if err := os.MkdirAll(sys.Path(sys.Originals), 0o700); err != nil {
		return err
	}
	return sys.Write(releasedMark(sys), nil, system.Attributes{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()})
}

// releasedMark exists from a release to the next change.
func releasedMark(s *system.System) string { return path.Join(s.Originals, "released") }
