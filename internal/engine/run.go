package engine

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"cairn/internal/lab"
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
func (e *Engine) runFor(id string, epoch uint64, plan HostPlan, h lab.Host, tasks []string) (run wire.Run, any bool) {
	run = wire.Run{ID: id, Epoch: epoch, Lab: e.lab.Name}
	for _, s := range plan.Steps {
		if s.Guard == "" && s.Changes() && slices.Contains(tasks, s.Task) {
			run.Steps = append(run.Steps, step(s))
		}
	}
	for _, id := range []string{task.GuardAccess, task.GuardGate} {
		if guard, changes := guardFor(id, plan, h, tasks); changes {
			run.Guards = append(run.Guards, guard)
		}
	}
	return run, len(run.Steps)+len(run.Guards) > 0
}

func guardFor(id string, plan HostPlan, h lab.Host, tasks []string) (guard wire.Guard, changes bool) {
	guard = wire.Guard{ID: id, Deadline: guardDeadline, Nonce: rand.Text()}
	server := slices.ContainsFunc(plan.Steps, func(s StepPlan) bool { return s.Guard == id && isServerStep(s) && slices.Contains(tasks, s.Task) })
	for _, s := range plan.Steps {
		if s.Guard != id || !slices.Contains(tasks, s.Task) && !(server && plan.moves && keepsPortShut(s)) {
			continue
		}
		guard.Steps = append(guard.Steps, step(s))
		changes = changes || s.Changes()
	}
	if id == task.GuardGate {
		// The other changes nothing that runs: accounts are read at each login.
		guard.Settle, guard.Canary = guardSettle, h.User
	}
	if server {
		guard.Port = h.Port
	}
	return guard, changes
}

// isServerStep reports whether a step decides where the SSH server listens.
func isServerStep(s StepPlan) bool { return strings.HasPrefix(s.ID, "sshd-dropin ") }

// keepsPortShut reports whether a step is about a firewall that is in force: one
// that does not admit the new port has to be changed with the server that moves
// there, whatever task it belongs to.
func keepsPortShut(s StepPlan) bool {
	return s.ID == firewallStep && s.Changes() && !slices.ContainsFunc(s.Diff.Changes, isNewTable)
}

func step(s StepPlan) wire.Step {
	return wire.Step{ID: s.ID, Task: s.Task, Resource: s.spec, Fingerprint: s.Diff.Fingerprint}
}
