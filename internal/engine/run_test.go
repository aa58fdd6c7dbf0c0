package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/resource"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// TestWhatStepsDependOn checks what steps and guards wait for. A step waits for
// what its work names, and for the tasks that its own task waits for. A guard
// waits for its tasks' other work and for the guards before it. Nothing waits for
// what is not carried out now.
func TestWhatStepsDependOn(t *testing.T) {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{view: View{lab: &lab.Lab{}, roadmap: r, resolved: resolve.Of(resolve.Inputs{Lab: &lab.Lab{}, Roadmap: r})}}
	changes := resource.Diff{Changes: []resource.Change{{Property: "x"}}}
	plan := HostPlan{Steps: []StepPlan{
		{ID: "packages", Task: task.HostBase, Diff: changes}, {ID: "timezone", Task: task.HostBase, Diff: changes, after: []string{"packages"}},
		{ID: "user", Task: task.SecureRemoteAccess, Guard: task.GuardAccess, Diff: changes}, {ID: "sshd", Task: task.SecureRemoteAccess, Guard: task.GuardGate, Diff: changes},
		{ID: "table", Task: task.Firewall, Guard: task.GuardGate, Diff: changes}, {ID: "late", Task: task.Firewall, Diff: changes},
	}}
	for _, c := range []struct {
		tasks []string
		want  map[string][]string
	}{
		{[]string{task.HostBase, task.SecureRemoteAccess, task.Firewall}, map[string][]string{
			"packages": nil, "timezone": {"packages"}, "late": {task.HostBase, task.SecureRemoteAccess}, task.GuardAccess: {task.SecureRemoteAccess, task.HostBase},
			task.GuardGate: {task.GuardAccess, task.SecureRemoteAccess, task.Firewall, task.HostBase},
		}},
		{[]string{task.Firewall}, map[string][]string{"late": nil, task.GuardGate: {task.Firewall}}},
	} {
		run, _ := e.runFor("r1", 1, plan, lab.Host{Name: "atlas"}, c.tasks, nil)
		got := map[string][]string{}
		for _, s := range run.Steps {
			got[s.ID] = s.After
		}
		for _, g := range run.Guards {
			got[g.ID] = g.After
		}
		for id, after := range got {
			if len(after) == 0 {
				got[id] = nil
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.tasks, diff)
		}
	}
}
