package system

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Place is a path below an open directory. No link on the way leads out of that
// directory.
type Place struct {
	dir    *os.Root
	name   string
	base   string                  // the open directory, as a path of the host
	at     func(point string)      // see [System]
	before func(path string) error // see [System]
}

// PlaceIn returns the place of a name below an open directory. base is that
// directory's path on the host.
func (s *System) PlaceIn(dir *os.Root, base, name string) Place {
	return Place{dir, name, base, s.At, s.Before}
}

// announce calls before with the path that is about to change.
func (l Place) announce() error {
	if l.before == nil {
		return nil
	}
	return l.before(filepath.Join("/", l.base, l.name))
}

// reached tells a test that the work has reached a point.
func (l Place) reached(point string) {
	if l.at != nil {
		l.at(point + " " + l.name)
	}
}

// Place opens the last directory on the way to a path that only root can write to.
// Links up to there are the host's own and are followed. What follows may belong to
// another user, who must not be able to redirect root with a link. The caller
// closes the place.
func (s *System) Place(p string) (Place, error) {
	trusted, rest := s.Root, strings.TrimPrefix(filepath.Clean(p), "/")
	for {
		next, after, more := strings.Cut(rest, "/")
		path := filepath.Join(trusted, next)
		info, err := os.Stat(path)
		if !more || errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return Place{}, err
		}
		trusted, rest = path, after
		if !onlyRoots(info) {
			break
		}
	}
	dir, err := os.OpenRoot(trusted)
	return s.PlaceIn(dir, strings.TrimPrefix(trusted, s.Root), rest), err
}

// onlyRoots reports whether only root can create files in a directory.
func onlyRoots(info fs.FileInfo) bool {
	uid, _ := OwnerOf(info)
	return uid == 0 && info.Mode().Perm()&0o022 == 0
}

// Close closes the directory.
func (l Place) Close() { _ = l.dir.Close() }

// TemporaryPrefix starts the names of unfinished files. They are hidden, because
// programs that read all files of a directory skip hidden ones.
const TemporaryPrefix = ".cairn-tmp-"

func (l Place) unfinished() string { return UnfinishedAt(l.name) }

// UnfinishedAt returns the name under which a file is written before it is renamed.
// It is always the same, so that the next write finds what a crash left behind.
func UnfinishedAt(name string) string {
	return filepath.Join(filepath.Dir(name), TemporaryPrefix+filepath.Base(name)+"~")
}

// Replace writes a file atomically. A reader sees the old content or the new one,
// also after a power cut.
func (l Place) Replace(content []byte, a Attributes) error {
	return l.ReplaceFrom(holding(content), a)
}

// Source opens a content at its beginning. It may be called several times.
type Source func() (io.ReadCloser, error)

// holding returns the source of a content in memory.
func holding(content []byte) Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}

// ReplaceFrom is [Place.Replace] with a content that is not held in memory.
func (l Place) ReplaceFrom(content Source, a Attributes) error {
	if err := l.announce(); err != nil {
		return err
	}
	parent := filepath.Dir(l.name)
	if err := l.dir.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	if err := l.dir.Remove(l.unfinished()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := l.dir.OpenFile(l.unfinished(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = l.dir.Remove(l.unfinished()) }()
	l.reached("opened")
	if err := fill(file, content, a); err != nil {
		return err
	}
	l.reached("written")
	err = l.dir.Rename(l.unfinished(), l.name)
	if errors.Is(err, syscall.EBUSY) {
		// A mount point, like /etc/hosts in a container, cannot be replaced, only
		// overwritten.
		return l.overwrite(content, a)
	}
	l.reached("replaced")
	return errors.Join(err, l.syncDir())
}

// Link creates a symbolic link, and atomically replaces what is there.
func (l Place) Link(target string) error {
	if err := l.dir.Remove(l.unfinished()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.dir.Symlink(target, l.unfinished()); err != nil {
		return err
	}
	l.reached("linked")
	return errors.Join(l.dir.Rename(l.unfinished(), l.name), l.syncDir())
}

// fill writes a new file and syncs it to disk. The file gets its owner and mode
// before its name.
func fill(file *os.File, content Source, a Attributes) error {
	err := pour(file, content)
	err = errors.Join(err, file.Chown(a.UID, a.GID), file.Chmod(a.Mode), file.Sync())
	return errors.Join(err, file.Close())
}

func pour(file *os.File, content Source) error {
	from, err := content()
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, from.Close())
}

func (l Place) overwrite(content Source, a Attributes) error {
	file, err := l.dir.OpenFile(l.name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return fill(file, content, a)
}

// remove removes a file, and what a crash left of writing it. A missing file is not
// an error.
func (l Place) remove() error {
	if err := l.announce(); err != nil {
		return err
	}
	for _, name := range []string{l.unfinished(), l.name} {
		err := l.dir.Remove(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return err
		}
	}
	l.reached("removed")
	err := l.syncDir()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}

// syncDir makes created and removed names survive a power cut.
func (l Place) syncDir() error {
	dir, err := l.dir.Open(filepath.Dir(l.name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// MakeDir creates a directory, or sets mode and owner of an existing one.
func (l Place) MakeDir(a Attributes) error {
	if err := l.announce(); err != nil {
		return err
	}
	if err := l.dir.MkdirAll(filepath.Dir(l.name), 0o755); err != nil {
		return err
	}
	// Until owner and mode are right, only root may enter.
	if err := l.dir.Mkdir(l.name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	l.reached("made")
	dir, err := l.openDir()
	if err != nil {
		return err
	}
	return errors.Join(dir.Chown(a.UID, a.GID), dir.Chmod(a.Mode), dir.Sync(), dir.Close(), l.syncDir())
}

// openDir opens a directory but not a link to one. [os.Root] follows links that
// stay below it, but their target is not what was captured.
func (l Place) openDir() (*os.File, error) {
	dir, err := l.dir.OpenFile(l.name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	opened, errOpened := dir.Stat()
	seen, errSeen := l.dir.Lstat(l.name)
	if err := errors.Join(errOpened, errSeen); err != nil || !os.SameFile(opened, seen) {
		_ = dir.Close()
		return nil, errors.Join(err, fmt.Errorf("%s exists and is not a directory", filepath.Join("/", l.base, l.name)))
	}
	return dir, nil
}
