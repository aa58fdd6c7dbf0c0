package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// CaptureFiles keeps paths exactly as they are, in order, and which directories
// on the way to them are not there.
func (s *System) CaptureFiles(paths ...string) (Undo, error) {
	var undo Undo
	for _, p := range paths {
		saved, err := s.Save(p)
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

// Save keeps one path as it is.
func (s *System) Save(p string) (SavedFile, error) {
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
		return saved, fmt.Errorf("%s is neither file, link nor directory, and cannot be kept", p)
	}
	saved.Content, _, err = s.Read(p)
	return saved, err
}

// CaptureState keeps what a program that only reads says.
func (s *System) CaptureState(ctx context.Context, argv ...string) (State, error) {
	out, err := s.Ask(ctx, argv...)
	return State{Command: Command{Argv: argv}, Exit: out.Exit, Output: out.Stdout}, err
}

// Covering is the undo that also puts a path back, with what is there now, and
// whether anything had to be added for that. It is for a path that is about to be
// changed and that no capture thought of.
func (u Undo) Covering(sys *System, path string) (more Undo, added bool, err error) {
	for _, f := range u.Files {
		whole := f.Absent && !f.Dir // all below it goes when it is taken away again
		if f.Path == path || whole && strings.HasPrefix(path, f.Path+"/") {
			return u, false, nil
		}
	}
	part, err := sys.CaptureFiles(path)
	return u.And(part), err == nil, err
}

// And joins two undos. What was captured first is put back last.
func (u Undo) And(later Undo) Undo {
	return Undo{
		Files:    slices.Concat(u.Files, later.Files),
		Commands: slices.Concat(u.Commands, later.Commands),
		States:   slices.Concat(u.States, later.States),
	}
}

// Differences names everything in which the host is not as it was captured. It
// changes nothing; empty means that there is nothing to put back.
func (u Undo) Differences(ctx context.Context, sys *System) ([]string, error) {
	var differences []string
	for _, want := range u.Files {
		have, err := sys.Save(want.Path)
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
			differences = append(differences, "`"+strings.Join(want.Command.Argv, " ")+"` says something else")
		}
	}
	return differences, nil
}

// differs says in what two looks at a path differ. A directory's time is not
// compared: it changes with every file that is put back in it.
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
	case !bytes.Equal(f.Content, have.Content):
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

// inUse reports whether a directory that was not there has something in it by
// now. What Apply had put there is gone by then, so it is somebody else's.
func (s *System) inUse(saved SavedFile) bool {
	if !saved.Absent || !saved.Dir {
		return false
	}
	entries, err := os.ReadDir(s.Path(saved.Path))
	return err == nil && len(entries) > 0
}

// Restore puts everything back. It may be cut off anywhere and run again; what is
// already as it was is not touched. It goes on after a failure and returns all of
// them.
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

// commandTime is what each of an undo's commands may take: one that hangs must not
// keep the others, nor whoever waits for the undo.
const commandTime = 30 * time.Second

func (s *System) runBounded(ctx context.Context, c Command) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	_, err := s.RunWith(ctx, c)
	return err
}

// restoreOrder has what was there before what is in it, and the directories that
// were not there from the innermost. A path that was captured twice is put back
// as it was the first time.
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

// putBack makes one path what it was, unless it is.
func (s *System) putBack(saved SavedFile) error {
	at, err := s.Place(saved.Path)
	if err != nil {
		if have, errHave := s.Save(saved.Path); errHave == nil && saved.differs(have) == "" {
			return nil // there is not even a directory that it could be in
		}
		return err
	}
	defer at.Close()
	// What a write left that was cut off is not in the way, but was not there.
	if err := at.dir.Remove(at.unfinished()); err != nil && !isGone(err) {
		return err
	}
	have, err := s.Save(saved.Path)
	if err != nil || saved.differs(have) == "" {
		return err
	}
	return at.restore(saved, have)
}

// isGone reports that there is nothing at a path, nor could be.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// RemoveEmpty takes a directory away unless something is in it.
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

// restoreTime sets a directory's time back, which changed with what was put back
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

// restore puts one path back. Whatever is of another type goes first; a file
// replaces a file or link at once.
func (l Place) restore(want, have SavedFile) error {
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
	if err := l.Replace(want.Content, Attributes{FileMode(want.Mode), int(want.UID), int(want.GID)}); err != nil {
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

// Presence says in a word whether something is there.
func Presence(found bool) string {
	if found {
		return "present"
	}
	return "absent"
}
