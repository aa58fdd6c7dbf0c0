package agent

import (
	"errors"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// fates hold what became of a run's steps and guards, by id.
type fates struct {
	over   map[string]bool   // nothing more to do
	causes map[string]string // the original failure, for each step, guard and task that failed or was skipped
	first  error             // the first failure
}

// failed notes a failure and its cause. Others may depend on any of the names.
func (f *fates) failed(failure error, cause string, names ...string) {
	if f.first == nil {
		f.first = failure
	}
	f.skipped(cause, names...)
}

// skipped notes the cause for everything with one of the names.
func (f *fates) skipped(cause string, names ...string) {
	for _, n := range names {
		if f.causes[n] == "" {
			f.causes[n] = cause
		}
	}
}

// cause returns the failure of something on which a step depends, if there is one.
func (f *fates) cause(after []string) (cause string, fails bool) {
	for _, name := range after {
		if cause, fails = f.causes[name]; fails {
			return cause, true
		}
	}
	return "", false
}

func since(cause string) string { return "since " + cause + " failed" }

// namesOf returns a guard's id and the tasks that it serves.
func namesOf(g wire.Guard) []string {
	names := []string{g.ID}
	for _, s := range g.Steps {
		names = append(names, s.Task)
	}
	return names
}

// past reads the log of the run's earlier processes. A guard that is not permanent
// yet is resumed from its own record.
func (r *execution) past() (*fates, error) {
	f := &fates{over: map[string]bool{}, causes: map[string]string{}}
	_, err := readEvents(r.log.file, 0, func(e wire.Event) error {
		switch {
		case e.Type == wire.StepApplied || e.Type == wire.StepUnchanged:
			f.over[e.Step] = true
		case e.Type == wire.GuardPersisted:
			f.over[e.Guard] = true
		case e.Type == wire.StepFailed && e.Guard == "":
			f.over[e.Step] = true
			f.failed(problemOf(e.Failure), e.Step, e.Step, e.Task)
		}
		return nil
	})
	return f, err
}

// problemOf restores a failure from its written form.
func problemOf(f *wire.Failure) error {
	p := problem.New(problem.Code(f.Code), "", f.Summary).WithFix(f.Fix)
	if f.Cause != "" {
		p.Cause = errors.New(f.Cause)
	}
	return p
}
