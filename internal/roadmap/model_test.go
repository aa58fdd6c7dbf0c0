package roadmap

import (
	"testing"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
)

// compiled makes the program of the homelab
func compiled(t testing.TB, w Workflow) (*Roadmap, *cmmn.Program) {
	t.Helper()
	r := load(t)
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cmmn.Compile(r.Model(w), conditions)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// TestModelHasEverything checks that each task, milestone and to-do entry is an
// item. Each stage must have its gates.
func TestModelHasEverything(t *testing.T) {
	for _, w := range Workflows() {
		r, p := compiled(t, w)
		c, _, err := p.Start(cmmn.Author{})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, s := range r.Stages {
			ids = append(ids, s.ID)
			for _, task := range s.Tasks {
				ids = append(ids, task.ID)
			}
			for _, m := range s.Milestones {
				ids = append(ids, m.ID)
			}
		}
		for _, entry := range r.Todo {
			if _, err := c.Explain(entry.ID); err == nil {
				t.Errorf("%s: %s of the to-do list is in the case", w, entry.ID)
			}
		}
		for _, id := range ids {
			if _, err := c.Explain(id); err != nil {
				t.Errorf("%s: %v", w, err)
			}
		}
	}
}

// TestWorkflowsGateAsTheySay checks which stages are open at the start.
func TestWorkflowsGateAsTheySay(t *testing.T) {
	for w, want := range map[Workflow]cmmn.State{
		Waterfall: cmmn.Available, Hybrid: cmmn.Available, Agile: cmmn.Active,
	} {
		_, p := compiled(t, w)
		c, _, err := p.Start(cmmn.Author{})
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range []string{"core", "expansion", "improvement"} {
			if item, _ := c.Latest(stage); item.State != want {
				t.Errorf("%s: the stage %s is %s at the start, want %s", w, stage, item.State, want)
			}
		}
		if item, _ := c.Latest("foundation"); item.State != cmmn.Active {
			t.Errorf("%s: the first stage is %s", w, item.State)
		}
	}
}
