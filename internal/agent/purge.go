package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// purge removes what Cairn keeps for itself on the host: the agents, the runs and
// the locks. What runs have set up stays. This process goes on until the session
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
	// A guard that waits for somebody to end it is ended first.
	err = s.endGuards(ctx)
	if err == nil {
		err = errors.Join(os.RemoveAll(s.State), os.RemoveAll(s.Work), os.RemoveAll(filepath.Dir(s.Program)))
	}
	if err != nil {
		return wire.Done{Failure: failureOf(err)}
	}
	return wire.Done{}
}
