package engine

import (
	"crypto/rand"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// runFor makes a run from the steps of a host's plan that belong to the tasks and
// change something. If anything in a guard changes, the whole guard is in the run,
// joining tasks included. So its proof is about all of it.
func (e *Engine) runFor(id string, epoch uint64, plan HostPlan, h lab.Host, tasks, joining []string) (run wire.Run, any bool) {
	run = wire.Run{ID: id, Epoch: epoch, Lab: e.lab.Name}
	for _, s := range plan.Steps {
		if s.Guard == "" && s.Changes() && slices.Contains(tasks, s.Task) {
			sent := step(s)
			sent.After = append(slices.Clone(s.after), e.before(tasks, s.Task)...)
			run.Steps = append(run.Steps, sent)
		}
	}
	var earlier []string
	for _, g := range e.resolved.Guards() {
		if guard, changes := guardFor(g, plan, h, slices.Concat(tasks, joining)); changes {
			own := tasksOf(guard.Steps)
			guard.After = slices.Concat(earlier, own, e.before(tasks, own...))
			run.Guards = append(run.Guards, guard)
			earlier = append(earlier, guard.ID)
		}
	}
	return run, len(run.Steps)+len(run.Guards) > 0
}

// before returns the steps that other steps of the run wait for.
func (e *Engine) before(tasks []string, others ...string) []string {
	return slices.DeleteFunc(slices.Clone(tasks), func(t string) bool {
		return slices.Contains(others, t) || !slices.ContainsFunc(others, func(other string) bool { return e.roadmap.WaitsFor(other, t) })
	})
}

// tasksOf are the tasks that steps serve, each once.
func tasksOf(steps []wire.Step) []string {
	var tasks []string
	for _, s := range steps {
		if !slices.Contains(tasks, s.Task) {
			tasks = append(tasks, s.Task)
		}
	}
	return tasks
}

func guardFor(g task.Guard, plan HostPlan, h lab.Host, tasks []string) (guard wire.Guard, changes bool) {
	guard = guardOn(h, g)
	ours := func(s StepPlan) bool { return s.Guard == g.ID && slices.Contains(tasks, s.Task) }
	if i := slices.IndexFunc(plan.Steps, func(s StepPlan) bool { return ours(s) && s.port != 0 }); i >= 0 {
		guard.Port = plan.Steps[i].port
	}
	for _, s := range plan.Steps {
		if ours(s) || s.Guard == g.ID && guard.Port != 0 && plan.moves && keepsPortShut(s) {
			guard.Steps = append(guard.Steps, step(s))
			changes = changes || s.Changes()
		}
	}
	return guard, changes
}

// guardOn is a guard on its way to a host, without its steps.
func guardOn(h lab.Host, g task.Guard) wire.Guard {
	guard := wire.Guard{ID: g.ID, Deadline: g.Deadline, Settle: g.Settle, Checks: g.Checks, Nonce: rand.Text()}
	for _, t := range g.Trials {
		guard.Trials = append(guard.Trials, t.Name)
		if t.When == task.Before {
			guard.TrialUser = h.User
		}
	}
	return guard
}

// keepsPortShut reports whether a step is about a firewall in force. If that does
// not admit the new port, it has to change together with the server that moves
// there, whatever task it belongs to.
func keepsPortShut(s StepPlan) bool {
	return s.ID == firewallStep && s.Changes() && !slices.ContainsFunc(s.Diff.Changes, isNewTable)
}

func step(s StepPlan) wire.Step {
	return wire.Step{ID: s.ID, Task: s.Task, Resource: s.spec, Fingerprint: s.Diff.Fingerprint}
}
