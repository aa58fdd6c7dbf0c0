package engine

import (
	"slices"
	"testing"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/roadmap"
)

// TestCaseWithTheTodoListGoesOn has a case from an earlier version. Its model had
// the to-do list of the roadmap's author in it, with one entry done, one open and
// one planned.
func TestCaseWithTheTodoListGoesOn(t *testing.T) {
	e := openLab(t, t.TempDir())
	m := e.roadmap.Model(roadmap.Hybrid)
	for _, stage := range m.Plan.Items {
		for _, entry := range e.roadmap.Todo {
			if entry.Stage == stage.ID {
				definition := &cmmn.Definition{ID: entry.ID + ".task", Name: entry.Name, Kind: cmmn.HumanTask}
				stage.Definition.Table.Items = append(stage.Definition.Table.Items, &cmmn.Item{ID: entry.ID, Definition: definition})
			}
		}
	}
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	old := e.caseState
	if old.program, err = cmmn.Compile(m, conditions); err != nil {
		t.Fatal(err)
	}
	if err := old.start(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	do := func(command cmmn.Command) {
		t.Helper()
		if err := old.execute(t.Context(), e, command, cmmn.Author{At: e.now(), By: "anna"}); err != nil {
			t.Fatal(err)
		}
	}
	do(cmmn.Plan{Item: "foundation.todo-role-tests", In: old.item("foundation").Number})
	do(cmmn.Plan{Item: "foundation.todo-readme-reference", In: old.item("foundation").Number})
	do(cmmn.Plan{Item: "core.todo-data-validation", In: old.item("core").Number})
	do(cmmn.Do{Number: old.item("foundation.todo-role-tests").Number, Transition: cmmn.Complete, Path: "foundation.todo-role-tests"})

	again := openLab(t, e.lab.Dir)
	for _, stage := range again.Tasks() {
		if slices.ContainsFunc(stage.Tasks, func(s TaskStatus) bool { return s.ID == "foundation.todo-readme-reference" }) {
			t.Error("the to-do list is among the tasks")
		}
	}
	if _, err := again.PlanTask(t.Context(), unseen, anna); err != nil {
		t.Fatal(err)
	}
	if _, err := again.TaskDone(t.Context(), unseen, anna); err != nil {
		t.Fatal(err)
	}
	if history := turns(t, again); len(history) < 7 {
		t.Errorf("the history has only %d turns", len(history))
	}
	for _, id := range []string{"foundation.todo-readme-reference", "core.todo-data-validation"} {
		if state := again.caseState.item(id).State; state == cmmn.Active || state == cmmn.Available {
			t.Errorf("%s is still %s and keeps its stage open", id, state)
		}
	}
}
