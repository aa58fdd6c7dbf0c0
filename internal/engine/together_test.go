package engine

import (
	"slices"
	"testing"

	"cairn/internal/resource"
	"cairn/internal/task"
)

// TestWhatJoinsAGuardedChange checks that the next task joins a guarded change if
// that change is all its work on the host.
func TestWhatJoinsAGuardedChange(t *testing.T) {
	changes := resource.Diff{Changes: []resource.Change{{Property: "x"}}}
	sshd := StepPlan{ID: "sshd", Task: task.SecureRemoteAccess, Guard: task.GuardGate, Diff: changes}
	table := StepPlan{ID: "table", Task: task.Firewall, Guard: task.GuardGate, Diff: changes}
	asDeclared, alone, broken, elsewhere := table, table, table, table
	asDeclared.Diff = resource.Diff{}
	alone.Guard, alone.ID = "", "package"
	broken.Problem = "nft is not there"
	elsewhere.Guard = task.GuardAccess
	sshdStays := sshd
	sshdStays.Diff = resource.Diff{}
	for _, c := range []struct {
		name  string
		plan  HostPlan
		joins bool
	}{
		{"both change", HostPlan{Steps: []StepPlan{sshd, table}}, true},
		{"only what follows changes", HostPlan{Steps: []StepPlan{sshdStays, table}}, false},
		{"nothing follows", HostPlan{Steps: []StepPlan{sshd, asDeclared}}, false},
		{"it has other work to do first", HostPlan{Steps: []StepPlan{sshd, table, alone}}, false},
		{"it is known to fail", HostPlan{Steps: []StepPlan{sshd, broken}}, false},
		{"it is another guarded change", HostPlan{Steps: []StepPlan{sshd, elsewhere}}, false},
		{"the port moves", HostPlan{Steps: []StepPlan{sshd, table}, moves: true}, false},
	} {
		got := c.plan.joining([]string{task.SecureRemoteAccess}, []string{task.Firewall})
		if joins := slices.Equal(got, []string{task.Firewall}); joins != c.joins || !joins && len(got) > 0 {
			t.Errorf("%s: %q joins", c.name, got)
		}
	}
}
