package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// CaptureFiles saves paths exactly as they are, in order. It also notes which
// directories on the way to them are missing.
func (s *System) CaptureFiles(paths ...string) (Undo, error) { return s.capture(s.Save, paths) }

func (s *System) capture(save func(p string) (SavedFile, error), paths []string) (Undo, error) {
	var undo Undo
	for _, p := range paths {
		saved, err := save(p)
		if err != nil {
			return Undo{}, err
		}
		undo.Files = append(undo.Files, saved)
		for dir := filepath.Dir(p); saved.Absent && dir != "/"; dir = filepath.Dir(dir) {
			_, _, found, err := s.Stat(dir)
			if err != nil {
				return Undo{}, err
			}
			if found {
				break
			}
			undo.Files = append(undo.Files, SavedFile{Path: dir, Absent: true, Dir: true})
		}
	}
	return undo, nil
}

// Save saves one path as it is.
func (s *System) Save(p string) (SavedFile, error) { return s.save(p, math.MaxInt64) }

// save holds a content of at most so many bytes, and notes a longer one.
func (s *System) save(p string, held int64) (SavedFile, error) {
	info, a, found, err := s.Stat(p)
	if err != nil {
		return SavedFile{}, err
	}
	if !found {
		return SavedFile{Path: p, Absent: true}, nil
	}
	saved := SavedFile{
		Path: p, Dir: info.IsDir(), Mode: unixMode(a.Mode), UID: uint32(a.UID), GID: uint32(a.GID), ModTime: info.ModTime().UnixNano(),
	}
	switch {
	case info.IsDir():
		return saved, nil
	case info.Mode()&fs.ModeSymlink != 0:
		saved.Link, err = os.Readlink(s.Path(p))
		return saved, err
	case !info.Mode().IsRegular():
		return saved, fmt.Errorf("%s is not a file, link or directory, and cannot be saved", p)
	case info.Size() > held:
		saved.Long, err = s.note(p)
		return saved, err
	}
	saved.Content, _, err = s.Read(p)
	return saved, err
}

// CaptureState saves the output of a program that only reads.
func (s *System) CaptureState(ctx context.Context, argv ...string) (State, error) {
	out, err := s.Ask(ctx, argv...)
	return State{Command: Command{Argv: argv}, Exit: out.Exit, Output: out.Stdout}, err
}

// Covering returns an undo that also restores a path to its present state, and
// whether anything was added. It is for a path that is about to change and was not
// captured.
func (u Undo) Covering(sys *System, path string) (more Undo, added bool, err error) {
	for _, f := range u.Files {
		whole := f.Absent && !f.Dir // everything below it goes when it is removed
		if f.Path == path || whole && strings.HasPrefix(path, f.Path+"/") {
			return u, false, nil
		}
	}
	part, err := sys.CaptureFiles(path)
	return u.And(part), err == nil, err
}

// And joins two undos. What was captured first is restored last.
func (u Undo) And(later Undo) Undo {
	return Undo{
		Files:    slices.Concat(u.Files, later.Files),
		Commands: slices.Concat(u.Commands, later.Commands),
		States:   slices.Concat(u.States, later.States),
	}
}

// Differences names everything on the host that differs from the captured state. It
// changes nothing. An empty result means that there is nothing to undo.
func (u Undo) Differences(ctx context.Context, sys *System) ([]string, error) {
	var differences []string
	for _, want := range u.Files {
		have, err := sys.Note(want.Path)
		if err != nil {
			return nil, err
		}
		if text := want.differs(have); text != "" && !sys.inUse(want) {
			differences = append(differences, want.Path+": "+text)
		}
	}
	for _, want := range u.States {
		have, err := sys.Ask(ctx, want.Command.Argv...)
		if err != nil {
			return nil, err
		}
		if have.Exit != want.Exit || !bytes.Equal(have.Stdout, want.Output) {
			differences = append(differences, "`"+strings.Join(want.Command.Argv, " ")+"` has another output")
		}
	}
	return differences, nil
}

// differs says how a path differs from its saved state. It does not compare a
// directory's time, which changes with every file that is restored in it.
func (f SavedFile) differs(have SavedFile) string {
	switch {
	case f.Absent != have.Absent:
		return "is " + Presence(!have.Absent) + " instead of " + Presence(!f.Absent)
	case f.Absent:
		return ""
	case f.Dir != have.Dir || (f.Link == "") != (have.Link == ""):
		return "is of another type"
	case f.Link != have.Link:
		return "leads elsewhere"
	case !f.sameContent(have):
		return "has another content"
	case f.Mode != have.Mode && f.Link == "":
		return "has another mode"
	case f.UID != have.UID || f.GID != have.GID:
		return "has another owner"
	case f.ModTime != have.ModTime && !f.Dir && f.Link == "":
		return "has another time"
	}
	return ""
}

func (f SavedFile) sameContent(have SavedFile) bool {
	if f.Long != nil || have.Long != nil {
		return f.Sum() == have.Sum()
	}
	return bytes.Equal(f.Content, have.Content)
}

// inUse reports whether a directory that was missing contains something now. The
// files of Apply are gone by then, so what is left belongs to somebody else.
func (s *System) inUse(saved SavedFile) bool {
	if !saved.Absent || !saved.Dir {
		return false
	}
	entries, err := os.ReadDir(s.Path(saved.Path))
	return err == nil && len(entries) > 0
}

// Restore restores everything. It may be interrupted at any point and run again. It
// does not touch what is already as it was. It continues after a failure and
// returns all failures.
func (u Undo) Restore(ctx context.Context, sys *System) error {
	var failures []error
	note := func(path string, err error) {
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", path, err))
		}
	}
	files, madeDirs := u.restoreOrder()
	for _, saved := range files {
		note(saved.Path, sys.putBack(saved))
	}
	for _, saved := range madeDirs {
		note(saved.Path, sys.RemoveEmpty(saved.Path))
	}
	for _, saved := range slices.Backward(files) {
		note(saved.Path, sys.restoreTime(saved))
	}
	for _, c := range slices.Backward(u.Commands) {
		if err := sys.runBounded(ctx, c); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// commandTime limits each command of an undo. A hung command must not block the
// others or the caller.
const commandTime = 30 * time.Second

func (s *System) runBounded(ctx context.Context, c Command) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	_, err := s.RunWith(ctx, c)
	return err
}

// restoreOrder returns directories before their contents, and the directories that
// were missing from the innermost outwards. A path that was captured twice is
// restored to its first state.
func (u Undo) restoreOrder() (files, madeDirs []SavedFile) {
	seen := map[string]bool{}
	for _, f := range u.Files {
		switch {
		case seen[f.Path]:
			continue
		case f.Absent && f.Dir:
			madeDirs = append(madeDirs, f)
		default:
			files = append(files, f)
		}
		seen[f.Path] = true
	}
	slices.SortStableFunc(files, func(a, b SavedFile) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(madeDirs, func(a, b SavedFile) int { return strings.Compare(b.Path, a.Path) })
	return files, madeDirs
}

// putBack restores one path, unless it is already as it was.
func (s *System) putBack(saved SavedFile) error {
	at, err := s.Place(saved.Path)
	if err != nil {
		if have, errHave := s.Note(saved.Path); errHave == nil && saved.differs(have) == "" {
			return nil // even its directory is missing
		}
		return err
	}
	defer at.Close()
	// A temporary file of an interrupted write does no harm, but was not there
	// before.
	if err := at.dir.Remove(at.unfinished()); err != nil && !isGone(err) {
		return err
	}
	have, err := s.Note(saved.Path)
	if err != nil || saved.differs(have) == "" {
		return err
	}
	return at.restore(saved, have, s.contentOf(saved))
}

// isGone reports an error that says that a path does not exist.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// RemoveEmpty removes a directory unless it contains something.
func (s *System) RemoveEmpty(p string) error {
	at, err := s.Place(p)
	if err != nil {
		return ignoreGone(err)
	}
	defer at.Close()
	err = at.dir.Remove(at.name)
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) {
		return nil
	}
	return errors.Join(ignoreGone(err), ignoreGone(at.syncDir()))
}

func ignoreGone(err error) error {
	if isGone(err) {
		return nil
	}
	return err
}

// restoreTime restores a directory's time, which changed when files were restored
// in it.
func (s *System) restoreTime(saved SavedFile) error {
	if saved.Absent || !saved.Dir {
		return nil
	}
	at, err := s.Place(saved.Path)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.setTime(saved)
}

// restore restores one path. It removes anything of another type first. A file
// replaces a file or link atomically.
func (l Place) restore(want, have SavedFile, content Source) error {
	if want.Absent || !have.Absent && want.Dir != have.Dir {
		err := errors.Join(l.dir.RemoveAll(l.name), ignoreGone(l.syncDir()))
		l.reached("taken away")
		if err != nil || want.Absent {
			return err
		}
	}
	if err := l.dir.MkdirAll(filepath.Dir(l.name), 0o755); err != nil {
		return err
	}
	switch {
	case want.Dir:
		return l.restoreDir(want)
	case want.Link != "":
		return errors.Join(l.Link(want.Link), l.dir.Lchown(l.name, int(want.UID), int(want.GID)))
	}
	if err := l.ReplaceFrom(content, Attributes{FileMode(want.Mode), int(want.UID), int(want.GID)}); err != nil {
		return err
	}
	return l.setTime(want)
}

func (l Place) restoreDir(want SavedFile) error {
	if err := l.dir.Mkdir(l.name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(l.dir.Lchown(l.name, int(want.UID), int(want.GID)), l.dir.Chmod(l.name, FileMode(want.Mode)), l.syncDir())
}

func (l Place) setTime(saved SavedFile) error {
	written := time.Unix(0, saved.ModTime)
	return l.dir.Chtimes(l.name, written, written)
}

// Presence returns a word that says whether something exists.
func Presence(found bool) string {
	if found {
		return "present"
	}
	return "absent"
}
