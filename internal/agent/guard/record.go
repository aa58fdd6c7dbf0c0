package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// What a guard keeps in its directory, so that any process can finish it.
const (
	undoFile   = "undo.cbor"   // what puts the host back
	changeFile = "change.cbor" // the resources, to make a confirmed change permanent
	stagedFile = "sshd_config" // the SSH server's configuration as it would be
	// room reserves disk space by filling it. So a disk that becomes full meanwhile
	// does not block the way back.
	roomFile = "room"
)

// StagedConfig is the configuration for a trial login.
func StagedConfig(dir string) string { return filepath.Join(dir, stagedFile) }

// TrialCommand is an SSH server for one connection on its standard input and
// output, with the staged configuration and the host's own keys. It listens on no
// port. The flag -e keeps its log out of the system's log (sshd(8)).
func TrialCommand(dir string) []string {
	return []string{"/usr/sbin/sshd", "-i", "-e", "-f", StagedConfig(dir)}
}

func keep(dir, name string, message any) error {
	body, err := wire.Encode(message)
	if err != nil {
		return err
	}
	return system.ReplaceFile(filepath.Join(dir, name), body, 0o600)
}

func kept(dir, name string, message any) error {
	body, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return wire.Decode(body, message)
}

// keepChange records what the guard will change.
func keepChange(dir string, steps []Step) error {
	specs := make([]resource.Spec, 0, len(steps))
	for _, step := range steps {
		spec, err := resource.EncodeToPersist(step.Resource)
		if err != nil {
			return fmt.Errorf("%s: %w", step.ID, err)
		}
		specs = append(specs, spec)
	}
	return keep(dir, changeFile, specs)
}

// keptChange reads what [keepChange] wrote.
func keptChange(dir string) ([]resource.Guardable, error) {
	var specs []resource.Spec
	if err := kept(dir, changeFile, &specs); err != nil {
		return nil, err
	}
	resources := make([]resource.Guardable, 0, len(specs))
	for _, spec := range specs {
		r, err := resource.Decode(spec)
		if err != nil {
			return nil, err
		}
		guardable, ok := r.(resource.Guardable)
		if !ok {
			return nil, fmt.Errorf("%s %s cannot be part of a guarded change", r.Kind(), r.Key())
		}
		resources = append(resources, guardable)
	}
	return resources, nil
}

// takeRoom reserves the disk space that the way back may need: each saved file is
// written beside the one it replaces, and the state a few times.
func takeRoom(dir string, undo system.Undo) error {
	size := 256 << 10
	for _, f := range undo.Files {
		size += len(f.Content)
	}
	return system.ReplaceFile(filepath.Join(dir, roomFile), bytes.Repeat([]byte("Cairn keeps this room for the way back.\n"), size/40), 0o600)
}

// giveRoom frees the space. If it is free already, that is fine.
func giveRoom(dir string) { _ = os.Remove(filepath.Join(dir, roomFile)) }

// Forget removes what an idle guard has kept and no longer needs. That is a guard
// that is over and not stuck, or one that has changed nothing and would be
// prepared again.
func Forget(ctx context.Context, dir string) error {
	// A process that restores a host holds the lock for long, so do not wait for it.
	if s, err := Read(dir); err != nil || !s.Phase.needsNothing() {
		return err
	}
	release, err := lock(ctx, dir)
	if err != nil {
		return err
	}
	defer release()
	if s, err := Read(dir); err != nil || !s.Phase.needsNothing() {
		return err
	}
	return forget(dir)
}

// Begun reports whether a guard has come so far that it can end without a plan.
func Begun(dir string) bool {
	s, err := Read(dir)
	return err != nil || !s.Phase.untouched()
}

// forget removes what a guard that ended well has kept. That includes copies of
// the host's files, such as /etc/shadow.
func forget(dir string) error {
	paths, all := filepath.Glob(filepath.Join(dir, system.UnfinishedFiles)) // of a process that was killed
	for _, name := range []string{undoFile, changeFile, stagedFile, roomFile} {
		paths = append(paths, filepath.Join(dir, name))
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
