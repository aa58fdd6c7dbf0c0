package engine

import (
	"crypto/rand"
	"slices"
	"time"

	"cairn/internal/task"
	"cairn/internal/wire"
)

// How long a guard waits: for what runs on the host to settle with the change
// before it is tried, and for the confirmation before it puts everything back.
const (
	guardSettle   = 2 * time.Second
	guardDeadline = 60 * time.Second
)

// runFor makes the run of those steps of a host's plan that belong to the tasks
// and change something. A guard in which anything changes is made whole, so that
// what it proves is the whole of it.
func (e *Engine) runFor(id string, epoch uint64, plan HostPlan, user string, tasks []string) (run wire.Run, any bool) {
	run = wire.Run{ID: id, Epoch: epoch, Lab: e.lab.Name}
	for _, s := range plan.Steps {
		if s.Guard == "" && s.Changes() && slices.Contains(tasks, s.Task) {
			run.Steps = append(run.Steps, step(s))
		}
	}
	for _, id := range []string{task.GuardAccess, task.GuardGate} {
		if guard, changes := guardFor(id, plan, user, tasks); changes {
			run.Guards = append(run.Guards, guard)
		}
	}
	return run, len(run.Steps)+len(run.Guards) > 0
}

func guardFor(id string, plan HostPlan, user string, tasks []string) (guard wire.Guard, changes bool) {
	guard = wire.Guard{ID: id, Deadline: guardDeadline, Nonce: rand.Text()}
	for _, s := range plan.Steps {
		if s.Guard != id || !slices.Contains(tasks, s.Task) {
			continue
		}
		guard.Steps = append(guard.Steps, step(s))
		changes = changes || s.Changes()
	}
	if id == task.GuardGate {
		// The other changes nothing that runs: accounts are read at each login.
		guard.Settle, guard.Canary = guardSettle, user
	}
	return guard, changes
}

func step(s StepPlan) wire.Step {
	return wire.Step{ID: s.ID, Task: s.Task, Resource: s.spec, Fingerprint: s.Diff.Fingerprint}
}
