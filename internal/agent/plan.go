package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// DefaultWork is where a run keeps what it is to do, contents of files included,
// until it ends. It is in memory (file-hierarchy(7)), so a power cut erases it.
const DefaultWork = "/run/cairn-work"

const (
	planFile   = "plan.cbor"   // all that a run is to do; an earlier version kept it with the record
	recordFile = "record.cbor" // the same without a word of what goes into the host
)

// workDir is where a run keeps its plan.
func (a *Agent) workDir(id string) string { return filepath.Join(a.Work, id) }

// writeRun writes what a run is to do, and then what stays on record of it. A
// repeated call changes nothing: the first plan counts.
func (a *Agent) writeRun(dir string, run wire.Run) error {
	if err := os.MkdirAll(a.workDir(run.ID), 0o700); err != nil {
		return err
	}
	if err := writeOnce(filepath.Join(a.workDir(run.ID), planFile), run); err != nil {
		return err
	}
	return writeOnce(filepath.Join(dir, recordFile), recordOf(run))
}

func writeOnce(path string, message any) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	body, err := wire.Encode(message)
	if err != nil {
		return err
	}
	return system.ReplaceFile(path, body, 0o600)
}

// recordOf returns what the journal may know of a run.
func recordOf(run wire.Run) wire.Run {
	run.Steps = namesOnly(run.Steps)
	run.Guards = slices.Clone(run.Guards)
	for i, g := range run.Guards {
		run.Guards[i].Steps, run.Guards[i].Nonce = namesOnly(g.Steps), ""
	}
	return run
}

func namesOnly(steps []wire.Step) []wire.Step {
	steps = slices.Clone(steps)
	for i, s := range steps {
		steps[i].Resource = resource.Spec{Kind: s.Resource.Kind}
	}
	return steps
}

// readRun returns the whole plan of a run. If the run has ended, or the host has
// restarted since, it returns what is on record.
func (a *Agent) readRun(id string) (run wire.Run, whole bool, err error) {
	dir, err := a.runDir(id)
	if err != nil {
		return wire.Run{}, false, err
	}
	for _, path := range []string{filepath.Join(a.workDir(id), planFile), filepath.Join(dir, planFile)} {
		if run, err = readMessage(path); !errors.Is(err, fs.ErrNotExist) {
			return run, true, err
		}
	}
	run, err = readMessage(filepath.Join(dir, recordFile))
	return run, false, err
}

func readMessage(path string) (run wire.Run, err error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return wire.Run{}, err
	}
	return run, wire.Decode(body, &run)
}

// known reports whether a run was begun here.
func (a *Agent) known(id string) (bool, error) {
	dir, err := a.runDir(id)
	if err != nil {
		return false, err
	}
	for _, name := range []string{recordFile, planFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}

// eraseRun erases everything of a run except its record.
func (a *Agent) eraseRun(id string) error {
	dir, err := a.runDir(id)
	if err != nil {
		return err
	}
	c, err := a.contentsOf(id)
	if err != nil {
		return err
	}
	halves, err := filepath.Glob(filepath.Join(dir, system.UnfinishedFiles))
	for _, path := range append(halves, filepath.Join(dir, planFile)) {
		if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return errors.Join(err, os.RemoveAll(c.dir), os.RemoveAll(a.workDir(id)))
}
