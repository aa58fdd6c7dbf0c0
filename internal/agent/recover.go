package agent

import (
	"context"
	"errors"
	"path/filepath"

	"cairn/internal/agent/guard"
)

// Rollback ends the guard in dir when nobody carries it out any more: one that was
// not confirmed is put back, one that was is made permanent. The timer calls it,
// and the unit at boot. What the run has still to report, it reports when a
// controller attaches to it.
func (a *Agent) Rollback(ctx context.Context, dir string) error {
	_, err := guard.Resume(ctx, a.guardEnv(dir))
	return err
}

// endGuards does the same with every guard on the host.
func (a *Agent) endGuards(ctx context.Context) error {
	dirs, err := filepath.Glob(filepath.Join(a.State, "runs", "*", "guards", "*"))
	if err != nil {
		return err
	}
	var all error
	for _, dir := range dirs {
		all = errors.Join(all, a.Rollback(ctx, dir))
	}
	return all
}
