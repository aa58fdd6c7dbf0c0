package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"cairn/internal/agent/guard"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// Run carries out a run to its end: its steps in order, then its guards. A second
// call continues an interrupted run. It skips steps that are on record as done,
// and checks again a step that may be half done. A failure of the run is in its
// log, not in the error.
func (a *Agent) Run(ctx context.Context, id string) error {
	dir, err := a.runDir(id)
	if err != nil {
		return err
	}
	own, err := flock(filepath.Join(dir, "lock"))
	if err != nil || own == nil {
		return err // another process is at it
	}
	defer func() { _ = own.Close() }()
	plan, whole, err := a.readRun(id)
	if err != nil {
		return err
	}
	log, err := OpenLog(dir, id)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if log.Last().Type.Final() {
		return a.eraseRun(id) // it may have been sent again
	}
	contents, err := a.contentsOf(id)
	if err != nil {
		return err
	}
	r := &execution{Agent: a, plan: plan, contents: contents, whole: whole, log: log, dir: dir}
	return r.exclusively(ctx)
}

// execution carries out one run.
type execution struct {
	*Agent
	plan     wire.Run
	contents contents
	whole    bool // the plan is there, not only what is on record of it
	log      *Log
	dir      string
}

// exclusively takes the host's lock and ends the run with one final event.
func (r *execution) exclusively(ctx context.Context) error {
	host, err := flock(filepath.Join(r.State, "lock"))
	if err != nil {
		return err
	}
	if host == nil {
		return r.end(problem.New(problem.RunLocked, "", "another run is changing this host"))
	}
	defer func() { _ = host.Close() }()
	if err := r.fence(); err != nil {
		return r.end(err)
	}
	if r.log.Last().Seq == 0 {
		if err := r.asPlanned(ctx); err != nil {
			return r.end(err)
		}
		if err := r.emit(wire.Event{Type: wire.RunStarted}); err != nil {
			return err
		}
	}
	err = r.work(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // told to stop: the next process goes on
	}
	return r.end(err)
}

// fence refuses a run that a newer one has overtaken.
func (r *execution) fence() error {
	seen, err := r.epoch()
	if err != nil {
		return err
	}
	if r.plan.Epoch < seen {
		return problem.New(problem.RunFenced, "", "a newer run has taken over this host")
	}
	return system.ReplaceFile(filepath.Join(r.State, "epoch"), []byte(strconv.FormatUint(r.plan.Epoch, 10)+"\n"), 0o600)
}

// asPlanned refuses a run if the host is no longer as its plan saw it. It checks
// everything before any change, because later differences may be the work of
// earlier steps.
func (r *execution) asPlanned(ctx context.Context) error {
	if !r.whole {
		return lost()
	}
	steps := slices.Clone(r.plan.Steps)
	for _, g := range r.plan.Guards {
		steps = append(steps, g.Steps...)
	}
	for _, s := range steps {
		if s.Fingerprint == "" {
			continue
		}
		res, err := resource.DecodeFrom(s.Resource, r.contents.source)
		if err != nil {
			return problem.Wrap(problem.ResourceBad, "", s.ID+" cannot be understood", err)
		}
		diff, err := res.Check(ctx, r.System)
		if err != nil {
			return stepProblem(s.ID, err)
		}
		if diff.Fingerprint != s.Fingerprint {
			return problem.New(problem.ResourceStale, "", s.ID+" is not as it was when the plan was made")
		}
	}
	return nil
}

// end erases what the run had in memory and then writes its last event. Whoever
// learns of the end finds nothing left.
func (r *execution) end(err error) error {
	err = errors.Join(err, r.eraseRun(r.plan.ID))
	switch {
	case err == nil:
		return r.emit(wire.Event{Type: wire.RunDone})
	case problem.CodeOf(err) == problem.RunLocked || problem.CodeOf(err) == problem.RunFenced:
		return r.emit(wire.Event{Type: wire.RunRefused, Failure: failureOf(err)})
	}
	return r.emit(wire.Event{Type: wire.RunFailed, Failure: failureOf(err)})
}

func (r *execution) emit(e wire.Event) error {
	e.At = r.Now().UTC()
	_, err := r.log.Append(e)
	return err
}

// work does what is not on record. It skips what depends on a failure, and does
// the rest.
func (r *execution) work(ctx context.Context) error {
	f, err := r.past()
	if err != nil {
		return err
	}
	for _, s := range r.plan.Steps {
		if f.over[s.ID] {
			continue
		}
		if !r.whole {
			return lost()
		}
		if err := r.stepOrSkip(ctx, f, s); err != nil {
			return err
		}
	}
	for _, g := range r.plan.Guards {
		if f.over[g.ID] {
			continue
		}
		if err := r.guardOrSkip(ctx, f, g); err != nil {
			return err
		}
	}
	return f.first
}

func (r *execution) stepOrSkip(ctx context.Context, f *fates, s wire.Step) error {
	if cause, fails := f.cause(s.After); fails {
		f.skipped(cause, s.ID, s.Task)
		return r.emit(wire.Event{Type: wire.StepSkipped, Step: s.ID, Task: s.Task, Detail: since(cause)})
	}
	failure, err := r.step(ctx, s)
	if failure != nil {
		f.failed(failure, s.ID, s.ID, s.Task)
	}
	return err
}

func (r *execution) guardOrSkip(ctx context.Context, f *fates, g wire.Guard) error {
	if cause, fails := f.cause(g.After); fails {
		f.skipped(cause, namesOf(g)...)
		return r.emit(wire.Event{Type: wire.GuardSkipped, Guard: g.ID, Task: g.Steps[0].Task, Detail: since(cause)})
	}
	err := r.guard(ctx, g)
	if err == nil || ctx.Err() != nil {
		return err
	}
	f.failed(err, "guard "+g.ID, namesOf(g)...)
	return nil
}

// step applies one resource. The failure is the step's own; the error ends the
// run.
func (r *execution) step(ctx context.Context, s wire.Step) (failure, err error) {
	if err := r.emit(wire.Event{Type: wire.StepIntent, Step: s.ID, Task: s.Task}); err != nil {
		return nil, err
	}
	diff, failure := r.converge(ctx, s)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if failure != nil {
		return failure, r.emit(wire.Event{Type: wire.StepFailed, Step: s.ID, Task: s.Task, Failure: failureOf(failure)})
	}
	typ := wire.StepApplied
	if diff.Empty() {
		typ = wire.StepUnchanged
	}
	brief := diff.WithoutText()
	return nil, r.emit(wire.Event{Type: typ, Step: s.ID, Task: s.Task, Diff: &brief})
}

func (r *execution) converge(ctx context.Context, s wire.Step) (resource.Diff, error) {
	res, err := resource.DecodeFrom(s.Resource, r.contents.source)
	if err != nil {
		return resource.Diff{}, problem.Wrap(problem.ResourceBad, "", s.ID+" cannot be understood", err)
	}
	// Progress is for people. If it cannot be kept, the work goes on.
	telling := system.Telling(ctx, func(line string) {
		_ = r.emit(wire.Event{Type: wire.StepNote, Step: s.ID, Task: s.Task, Detail: line})
	})
	diff, err := resource.Converge(system.Showing(telling, r.showing(s)), r.System, res, "")
	r.noProgress()
	if err != nil {
		err = stepProblem(s.ID, err)
	}
	return diff, err
}

// stepProblem gives a step's error its code.
func stepProblem(id string, err error) error {
	switch {
	case problem.CodeOf(err) != "":
		return err
	case isDiskFull(err):
		return problem.Wrap(problem.HostDiskFull, "", "there is no space left for "+id, err)
	}
	return problem.Wrap(problem.ResourceFailed, "", id+" could not be set up", err)
}

// guard makes one guarded change.
func (r *execution) guard(ctx context.Context, g wire.Guard) error {
	dir, err := r.guardDir(r.plan.ID, g.ID)
	if err != nil {
		return err
	}
	var plan guard.Plan
	if r.whole {
		plan, err = r.guardPlan(g)
	} else if !guard.Begun(dir) {
		err = lost()
	} // what was begun is ended by what the guard itself has kept
	if err != nil {
		return err
	}
	s, err := guard.Execute(ctx, r.guardEnv(dir), plan, func(e wire.Event) error {
		e.Guard = g.ID
		return r.emit(e)
	})
	if err != nil {
		return stepProblem("the guarded change "+g.ID, err)
	}
	return guardProblem(s)
}

func (a *Agent) guardEnv(dir string) guard.Env {
	return guard.Env{
		System: a.System, Dir: dir, Boot: a.bootID(), Now: a.Now, Alarm: guard.Systemd{System: a.System, Agent: a.argv()},
	}
}

func (r *execution) guardPlan(g wire.Guard) (guard.Plan, error) {
	plan := guard.Plan{Deadline: g.Deadline, Settle: g.Settle, Nonce: g.Nonce, Trial: g.TrialUser != "", Owner: g.TrialUser,
		Peer: g.Peer, Local: g.Local, LocalPort: g.LocalPort, Port: g.Port, Checks: g.Checks}
	for _, s := range g.Steps {
		res, err := resource.DecodeFrom(s.Resource, r.contents.source)
		if err != nil {
			return plan, problem.Wrap(problem.ResourceBad, "", s.ID+" cannot be understood", err)
		}
		guardable, ok := res.(resource.Guardable)
		if !ok {
			return plan, problem.New(problem.ResourceBad, "", s.ID+" cannot be put back, so it has no place in a guarded change")
		}
		plan.Steps = append(plan.Steps, guard.Step{ID: s.ID, Task: s.Task, Resource: guardable})
	}
	return plan, nil
}

// guardProblem returns why a guard did not end with the change in place.
func guardProblem(s guard.State) error {
	switch s.Phase {
	case guard.Persisted:
		return nil
	case guard.Refused:
		return problem.Wrap(problem.GuardRefused, "", "the change was refused before anything was touched", errors.New(s.Reason))
	case guard.RolledBack:
		return problem.Wrap(problem.GuardRolledBack, "", "the change was rolled back, the host is as it was", errors.New(s.Reason))
	case guard.Stuck:
		return problem.Wrap(problem.GuardStuck, "", "the change was rolled back, but not everything is as it was", errors.New(s.Reason))
	}
	return fmt.Errorf("the guard ended as %q", s.Phase)
}

// lost ends a run whose plan was lost with the host's memory.
func lost() error {
	return problem.New(problem.RunFailed, "", "the host restarted before the run ended, and the run's plan was only in memory")
}

// failureOf turns an error into its form for the controller.
func failureOf(err error) *wire.Failure {
	p := problem.Of(err)
	if p == nil {
		code := problem.HostAgentBroken
		if isDiskFull(err) {
			code = problem.HostDiskFull
		}
		p = problem.Wrap(code, "", "the agent could not go on", err)
	}
	f := &wire.Failure{Code: string(p.Code), Summary: p.Summary, Fix: p.Fix}
	if p.Cause != nil {
		f.Cause = p.Cause.Error()
	}
	return f
}

// isDiskFull reports whether the disk is full. It also recognises ENOSPC in the
// output of programs (strerror(3)).
func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || strings.Contains(err.Error(), "No space left on device")
}
