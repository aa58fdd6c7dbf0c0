package engine

import (
	"slices"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/task"
)

// TestWhatMovesTogether checks what moves with the SSH server to another port. It
// takes along the firewall in force, whichever task that belongs to. A guard
// without the server does not change that firewall, and asks for no login at the
// new port.
func TestWhatMovesTogether(t *testing.T) {
	const server = "sshd-dropin 00-cairn.conf"
	rule := resource.Change{From: "tcp dport 22 accept", To: "tcp dport 2222 accept"}
	gate := task.Guard{ID: task.GuardGate}
	plan := func(moves bool, table resource.Change) HostPlan {
		step := func(id, of string, c resource.Change) StepPlan {
			return StepPlan{ID: id, Task: of, Guard: gate.ID, Diff: resource.Diff{Changes: []resource.Change{c}}}
		}
		moved := step(server, task.SecureRemoteAccess, resource.Change{Property: "listens on port", From: "22", To: "22 and 2222"})
		moved.port = 2222
		return HostPlan{moves: moves, Steps: []StepPlan{
			moved,
			step(firewallStep, task.Firewall, table),
		}}
	}
	for name, c := range map[string]struct {
		plan  HostPlan
		tasks []string
		steps []string
		port  uint16
	}{
		"under a firewall":            {plan(true, rule), []string{task.SecureRemoteAccess}, []string{server, firewallStep}, 2222},
		"before there is a firewall":  {plan(true, resource.Change{To: "table inet cairn"}), []string{task.SecureRemoteAccess}, []string{server}, 2222},
		"in a round of another task":  {plan(true, rule), []string{"foundation.host-base"}, nil, 0},
		"in the firewall's own round": {plan(true, rule), []string{task.Firewall}, []string{firewallStep}, 0},
		"nothing moves":               {plan(false, rule), []string{task.SecureRemoteAccess}, []string{server}, 2222},
	} {
		guard, changes := guardFor(gate, c.plan, lab.Host{User: "ops", Port: 2222}, c.tasks)
		if got := stepIDs(guard.Steps); !slices.Equal(got, c.steps) || changes != (len(c.steps) > 0) || guard.Port != c.port {
			t.Errorf("%s: %q with a login at %d, not %q at %d", name, got, guard.Port, c.steps, c.port)
		}
	}
}
