package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// runUnit begins the name of a run's unit.
const runUnit = "cairn-run-"

// keptRuns is how many ended runs a host remembers.
const keptRuns = 20

// start writes down a run and starts a process that carries it out. If the host
// knows the run already, it continues it, even if a restart has lost its plan. A
// run that has ended stays ended.
func (s *session) start(ctx context.Context, stream *wire.Stream) error {
	var run wire.Run
	if err := stream.Receive(ctx, &run); err != nil {
		return err
	}
	asked, err := s.begin(ctx, stream, run)
	var failure *wire.Failure
	if err != nil {
		failure = failureOf(err)
	}
	if asked {
		return stream.Send(ctx, wire.Done{Failure: failure})
	}
	return stream.Send(ctx, wire.StartReply{Failure: failure})
}

// begin starts a run. asked reports whether it had to ask for contents.
func (s *session) begin(ctx context.Context, stream *wire.Stream, run wire.Run) (asked bool, err error) {
	dir, err := s.runDir(run.ID)
	if err != nil {
		return false, err
	}
	if err := s.prune(); err != nil {
		return false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	if last, err := lastEvent(dir); err != nil || last.Type.Final() {
		return false, err
	}
	if asked, err = s.keepRun(ctx, stream, dir, run); err != nil {
		return asked, err
	}
	return asked, s.spawn(ctx, run.ID)
}

// keepRun fetches and writes down what the run needs, unless a process carries out
// the run already. Its lock keeps others from taking the contents for leftovers.
func (s *session) keepRun(ctx context.Context, stream *wire.Stream, dir string, run wire.Run) (asked bool, err error) {
	own, err := s.ownRun(ctx, dir, run.ID)
	if err != nil || own == nil {
		return false, err
	}
	defer func() { _ = own.Close() }()
	if asked, err = s.bring(ctx, stream, run); err != nil {
		return asked, err
	}
	for i := range run.Guards {
		run.Guards[i].Peer, run.Guards[i].Local, run.Guards[i].LocalPort = s.login.Peer, s.login.Local, s.login.Port
	}
	return asked, s.writeRun(dir, run)
}

// lockEvery is how often a session tries for a lock that another one holds.
const lockEvery = 50 * time.Millisecond

// ownRun takes the lock of a run. It returns nil if a process carries out the run.
// If the run has no record, there is no such process: a session that receives
// contents holds the lock, perhaps for a controller that is gone. That session
// ends, so ownRun waits for it.
func (s *session) ownRun(ctx context.Context, dir, id string) (*os.File, error) {
	for {
		own, err := flock(filepath.Join(dir, "lock"))
		if err != nil || own != nil {
			return own, err
		}
		if begun, err := s.known(id); err != nil || begun {
			return nil, err
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// spawn starts the process that carries out a run. It is a unit of systemd, which
// outlives the login. Without systemd it is a process in a session of its own.
func (a *Agent) spawn(ctx context.Context, id string) error {
	argv := append([]string{"systemd-run", "--quiet", "--collect", "--unit=" + runUnit + id, "--property=KillMode=mixed", "--"}, a.argv("run", id)...)
	out, err := a.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err == nil && out.Exit == 0 {
		return nil
	}
	if a.alive(id) {
		return nil // the unit of that name is the run itself
	}
	words := a.argv("run", id)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// alive reports whether a process carries out the run.
func (a *Agent) alive(id string) bool {
	dir, err := a.runDir(id)
	if err != nil {
		return false
	}
	lock, err := flock(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	if lock == nil {
		return true
	}
	_ = lock.Close()
	return false
}

// runs lists the runs that the host knows, oldest first.
func (a *Agent) runs() ([]wire.RunInfo, error) {
	entries, err := dirEntries(filepath.Join(a.State, "runs"))
	if err != nil {
		return nil, err
	}
	var all []wire.RunInfo
	for _, entry := range entries {
		info, err := a.runInfo(entry.Name())
		if err != nil {
			return nil, err
		}
		if info.ID != "" {
			all = append(all, info)
		}
	}
	return all, nil
}

// runInfo returns the state of a run. A run without a record was never begun.
func (a *Agent) runInfo(id string) (wire.RunInfo, error) {
	dir, err := a.runDir(id)
	if err != nil {
		return wire.RunInfo{}, nil
	}
	record, err := readMessage(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, wire.ErrMessage) {
		return wire.RunInfo{}, nil
	}
	if err != nil {
		return wire.RunInfo{}, err
	}
	last, err := lastEvent(dir)
	return wire.RunInfo{ID: id, Epoch: record.Epoch, LastSeq: last.Seq, Last: last.Type, Alive: a.alive(id)}, err
}

// prune removes the oldest runs that have ended.
func (a *Agent) prune() error {
	runs, err := a.runs()
	if err != nil {
		return err
	}
	ended := slices.DeleteFunc(runs, func(r wire.RunInfo) bool { return !r.Last.Final() || r.Alive })
	for len(ended) > keptRuns {
		if err := os.RemoveAll(filepath.Join(a.State, "runs", ended[0].ID)); err != nil {
			return err
		}
		ended = ended[1:]
	}
	return nil
}
