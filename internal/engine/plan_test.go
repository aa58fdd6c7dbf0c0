package engine

import (
	"testing"

	"cairn/internal/resource"
	"cairn/internal/roadmap"
)

// TestPlanUntilAStage: what later stages would change is not left to do.
func TestPlanUntilAStage(t *testing.T) {
	r := &roadmap.Roadmap{Stages: []roadmap.Stage{
		{ID: "ground", Tasks: []roadmap.Task{{ID: "ground.a"}}}, {ID: "core", Tasks: []roadmap.Task{{ID: "core.b"}, {ID: "core.c"}}}, {ID: "more", Tasks: []roadmap.Task{{ID: "more.d"}}},
	}}
	change := resource.Diff{Changes: []resource.Change{{Property: "content"}}}
	whole := &Plan{Hosts: []HostPlan{
		{Host: "atlas", Steps: []StepPlan{{Task: "ground.a", Diff: change}, {Task: "core.b"}, {Task: "core.c", Diff: change}, {Task: "more.d", Diff: change}}},
		{Host: "boreas", Steps: []StepPlan{{Task: "core.c", Diff: change}}},
	}}
	for stage, want := range map[string][2]int{"": {4, 5}, "ground": {1, 1}, "core": {3, 4}, "more": {4, 5}} {
		plan := whole.until(r, stage)
		if got := [2]int{plan.Changes(), plan.Looked()}; got != want {
			t.Errorf("until %q: %v changes in so many steps, want %v", stage, got, want)
		}
	}
	if whole.Changes() != 4 || whole.Looked() != 5 {
		t.Error("the whole plan was changed")
	}
}
