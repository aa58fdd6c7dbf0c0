package resource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Directory is a directory with its mode and owner. What is in it is left alone.
type Directory struct {
	Path  string `cbor:"1,keyasint"`
	Mode  uint32 `cbor:"2,keyasint"`
	Owner string `cbor:"3,keyasint,omitempty"` // empty: root
	Group string `cbor:"4,keyasint,omitempty"`
}

// Kind implements [Resource].
func (Directory) Kind() Kind { return "directory" }

// Key implements [Resource].
func (d Directory) Key() string { return d.Path }

// Validate implements [Resource].
func (d Directory) Validate() error {
	if d.Mode&^0o7777 != 0 {
		return fmt.Errorf("%o is not a mode", d.Mode)
	}
	return absolute(d.Path)
}

// Check implements [Resource].
func (d Directory) Check(_ context.Context, sys *System) (Diff, error) {
	info, have, found, err := sys.stat(d.Path)
	if err != nil {
		return Diff{}, err
	}
	if !found {
		return compare(property{"directory", absent, "mode " + modeText(fileMode(d.Mode))}), nil
	}
	if !info.IsDir() {
		return Diff{}, fmt.Errorf("%s is there and is no directory", d.Path)
	}
	uid, gid, err := sys.owner(d.Owner, d.Group)
	if err != nil {
		return Diff{}, err
	}
	return compare(
		property{"mode", modeText(have.mode), modeText(fileMode(d.Mode))},
		property{"owner", fmt.Sprintf("%d:%d", have.uid, have.gid), fmt.Sprintf("%d:%d", uid, gid)},
	), nil
}

// Apply implements [Resource].
func (d Directory) Apply(_ context.Context, sys *System, _ Diff) error {
	uid, gid, err := sys.owner(d.Owner, d.Group)
	if err != nil {
		return err
	}
	at, err := sys.place(d.Path)
	if err != nil {
		return err
	}
	defer at.close()
	return at.makeDir(attributes{fileMode(d.Mode), uid, gid})
}

// makeDir makes a directory or gives one that is there its mode and owner.
func (l place) makeDir(a attributes) error {
	if err := l.announce(); err != nil {
		return err
	}
	if err := l.dir.MkdirAll(filepath.Dir(l.name), 0o755); err != nil {
		return err
	}
	// Nobody else may get in before owner and mode are right.
	if err := l.dir.Mkdir(l.name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	l.reached("made")
	dir, err := l.openDir()
	if err != nil {
		return err
	}
	return errors.Join(dir.Chown(a.uid, a.gid), dir.Chmod(a.mode), dir.Sync(), dir.Close(), l.syncDir())
}

// openDir opens a directory and no link to one: [os.Root] follows those that stay
// below it, and what they lead to is not what was captured.
func (l place) openDir() (*os.File, error) {
	dir, err := l.dir.OpenFile(l.name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	opened, errOpened := dir.Stat()
	seen, errSeen := l.dir.Lstat(l.name)
	if err := errors.Join(errOpened, errSeen); err != nil || !os.SameFile(opened, seen) {
		_ = dir.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is there and is no directory", filepath.Join("/", l.base, l.name)))
	}
	return dir, nil
}

// Verify implements [Resource]: it opens the directory and looks at what is open,
// not at the path.
func (d Directory) Verify(_ context.Context, sys *System) error {
	dir, err := os.OpenFile(sys.path(d.Path), os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	uid, gid, err := sys.owner(d.Owner, d.Group)
	if err != nil {
		return err
	}
	return sameAttributes(dir, d.Path, attributes{fileMode(d.Mode), uid, gid})
}
