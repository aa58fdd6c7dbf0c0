package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// purge removes Cairn's own files from the host: the agents, the runs and the
// locks. What runs have set up stays. This process continues until the session
// ends, although its program is gone.
func (s *session) purge(ctx context.Context) wire.Done {
	host, err := flock(filepath.Join(s.State, "lock"))
	if err != nil {
		return wire.Done{Failure: failureOf(err)}
	}
	if host == nil {
		return wire.Done{Failure: failureOf(problem.New(problem.RunLocked, "", "a run is changing this host"))}
	}
	defer func() { _ = host.Close() }()
	// A guard that has not ended is ended first.
	err = s.endGuards(ctx)
	if err == nil {
		err = errors.Join(os.RemoveAll(s.State), os.RemoveAll(s.Work), os.RemoveAll(filepath.Dir(s.Program)))
	}
	if err != nil {
		return wire.Done{Failure: failureOf(err)}
	}
	return wire.Done{}
}
