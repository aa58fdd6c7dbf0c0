package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cairn/internal/agent/guard"
	"cairn/internal/wire"
)

// Rollback ends the guard in dir if no process carries it out any more. It
// restores an unconfirmed change and makes a confirmed one permanent. The timer
// and the unit at boot call it. The run reports the result when a controller
// attaches to it.
func (a *Agent) Rollback(ctx context.Context, dir string) error {
	_, err := guard.Resume(ctx, a.guardEnv(dir))
	return err
}

// endGuards does this with every guard on the host.
func (a *Agent) endGuards(ctx context.Context) error {
	dirs, err := a.guardsOf("*")
	if err != nil {
		return err
	}
	var all error
	for _, dir := range dirs {
		all = errors.Join(all, a.Rollback(ctx, dir))
	}
	return all
}

// guardsOf returns the directories of a run's guards.
func (a *Agent) guardsOf(run string) ([]string, error) {
	return filepath.Glob(filepath.Join(a.State, "runs", run, "guards", "*"))
}

// eraseLeftovers erases contents that dead runs have left and do not need to
// continue. A killed run, or one that lost power, cannot do so itself.
func (a *Agent) eraseLeftovers(ctx context.Context) error {
	entries, err := dirEntries(filepath.Join(a.State, "runs"))
	all := err
	for _, entry := range entries {
		all = errors.Join(all, a.eraseLeftoversOf(ctx, entry.Name()))
	}
	works, err := dirEntries(a.Work)
	for _, entry := range works {
		if _, gone := os.Stat(filepath.Join(a.State, "runs", entry.Name())); errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, os.RemoveAll(a.workDir(entry.Name())))
		}
	}
	return errors.Join(all, err)
}

func (a *Agent) eraseLeftoversOf(ctx context.Context, id string) error {
	dir, err := a.runDir(id)
	if err != nil {
		return nil // not Cairn's
	}
	last, err := lastEvent(dir)
	guards, unlisted := a.guardsOf(id)
	if err := errors.Join(err, unlisted, keepRecord(dir)); err != nil {
		return err
	}
	ended := last.Type.Final()
	_, planned := os.Stat(filepath.Join(a.workDir(id), planFile))
	if !ended && len(guards) == 0 && planned == nil {
		return nil // a process may be about to take it up
	}
	own, err := flock(filepath.Join(dir, "lock"))
	if err != nil || own == nil {
		return err
	}
	defer func() { _ = own.Close() }()
	for _, dir := range guards {
		err = errors.Join(err, guard.Forget(ctx, dir))
	}
	switch _, planned := os.Stat(filepath.Join(a.workDir(id), planFile)); {
	case ended:
		err = errors.Join(err, a.eraseRun(id))
	case errors.Is(planned, fs.ErrNotExist):
		// These contents have no run. The controller died while it sent them, or the host
		// restarted and lost the key to them.
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, contentsDir)), os.RemoveAll(a.workDir(id)))
	}
	return err
}

// keepRecord makes the record of a run that an earlier version of the agent began.
// That version kept its plan in the same place.
func keepRecord(dir string) error {
	run, err := readMessage(filepath.Join(dir, planFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, wire.ErrMessage) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeOnce(filepath.Join(dir, recordFile), recordOf(run))
}

func dirEntries(path string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
