package agent

import (
	"errors"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// fates are what became of a run's steps and guards, by id.
type fates struct {
	over   map[string]bool   // nothing is left to do
	causes map[string]string // what failed in the end, for what failed or was skipped, and for its tasks
	first  error             // the first failure
}

// failed notes a failure and what it is called; the names are those that others
// depend on.
func (f *fates) failed(failure error, cause string, names ...string) {
	if f.first == nil {
		f.first = failure
	}
	f.skipped(cause, names...)
}

// skipped notes what is to blame for it that nothing came of what has the names.
func (f *fates) skipped(cause string, names ...string) {
	for _, n := range names {
		if f.causes[n] == "" {
			f.causes[n] = cause
		}
	}
}

// cause is what failed of that on which something depends.
func (f *fates) cause(after []string) (cause string, fails bool) {
	for _, name := range after {
		if cause, fails = f.causes[name]; fails {
			return cause, true
		}
	}
	return "", false
}

func since(cause string) string { return "since " + cause + " failed" }

// namesOf are a guard and the tasks that it serves.
func namesOf(g wire.Guard) []string {
	names := []string{g.ID}
	for _, s := range g.Steps {
		names = append(names, s.Task)
	}
	return names
}

// past is what the log says of the run's earlier processes. A guard that is not
// permanent has a record of its own, and is gone on with by that.
func (r *running) past() (*fates, error) {
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

// problemOf is a failure as it was before it was written down.
func problemOf(f *wire.Failure) error {
	p := problem.New(problem.Code(f.Code), "", f.Summary).WithFix(f.Fix)
	if f.Cause != "" {
		p.Cause = errors.New(f.Cause)
	}
	return p
}
