package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"cairn/internal/system"
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
	return errors.Join(system.Absolute(d.Path), owners(d.Owner, d.Group))
}

// owners refuses names that cannot be a field of passwd(5) or group(5).
func owners(names ...string) error {
	for _, name := range names {
		if strings.ContainsAny(name, ":\n\r\x00") {
			return fmt.Errorf("%q cannot be the name of a user or group", name)
		}
	}
	return nil
}

// Check implements [Resource].
func (d Directory) Check(_ context.Context, sys *system.System) (Diff, error) {
	info, have, found, err := sys.Stat(d.Path)
	if err != nil {
		return Diff{}, err
	}
	if !found {
		return compare(property{"directory", absent, "mode " + system.ModeText(system.FileMode(d.Mode))}), nil
	}
	if !info.IsDir() {
		return Diff{}, fmt.Errorf("%s is there and is not a directory", d.Path)
	}
	uid, gid, err := sys.Owner(d.Owner, d.Group)
	if err != nil {
		return Diff{}, err
	}
	return compare(
		property{"mode", system.ModeText(have.Mode), system.ModeText(system.FileMode(d.Mode))},
		property{"owner", fmt.Sprintf("%d:%d", have.UID, have.GID), fmt.Sprintf("%d:%d", uid, gid)},
	), nil
}

// Apply implements [Resource].
func (d Directory) Apply(_ context.Context, sys *system.System, _ Diff) error {
	uid, gid, err := sys.Owner(d.Owner, d.Group)
	if err != nil {
		return err
	}
	at, err := sys.Place(d.Path)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.MakeDir(system.Attributes{Mode: system.FileMode(d.Mode), UID: uid, GID: gid})
}

// Verify implements [Resource]. It opens the directory and checks the open
// directory, not the path.
func (d Directory) Verify(_ context.Context, sys *system.System) error {
	dir, err := os.OpenFile(sys.Path(d.Path), os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	uid, gid, err := sys.Owner(d.Owner, d.Group)
	if err != nil {
		return err
	}
	return system.SameAttributes(dir, d.Path, system.Attributes{Mode: system.FileMode(d.Mode), UID: uid, GID: gid})
}
