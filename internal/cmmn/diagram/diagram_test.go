package diagram

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairn/internal/cmmn"
	"cairn/internal/golden"
)

// anyConditions accepts every condition, so that models can be checked without a
// language.
type anyConditions struct{}

func (anyConditions) Compile(cmmn.Expression) (cmmn.Condition, error) {
	return nil, errors.New("the models here have no conditions")
}

// valid checks that Compile accepts a model of the tests. Layouts promise nothing
// for other models.
func valid(t testing.TB, m *cmmn.Model) *cmmn.Model {
	t.Helper()
	if _, err := cmmn.Compile(m, anyConditions{}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryElementOfTheNotation(t *testing.T) {
	m := valid(t, notation())
	p := Layout(m)
	golden.Check(t, "testdata/notation.svg", SVG(m, p, nil, Auto))
	golden.Check(t, "testdata/notation.mmd", []byte(Mermaid(m, nil)))
	check(t, m, p)
}

func TestHomelab(t *testing.T) {
	m := valid(t, homelab())
	p := Layout(m)
	golden.Check(t, "testdata/homelab.svg", SVG(m, p, nil, Light))
	golden.Check(t, "testdata/homelab-running.svg", SVG(m, p, running(), Dark))
	golden.Check(t, "testdata/homelab-running.mmd", []byte(Mermaid(m, running())))
	check(t, m, p)
}

// running is a case in progress, with every state and standing.
func running() Marks {
	marks := Marks{
		"plan": {State: cmmn.Active}, "foundation": {State: cmmn.Completed}, "core": {State: cmmn.Active}, "expansion": {State: cmmn.Available},
		"core.task0": {State: cmmn.Completed}, "core.milestone0": {State: cmmn.Completed, Standing: "stale"},
		"core.task1": {State: cmmn.Active}, "core.milestone1": {State: cmmn.Available}, "core.task2": {State: cmmn.Available},
		"core.task3": {State: cmmn.Failed}, "core.task4": {State: cmmn.Enabled, Instances: 3}, "core.task5": {State: cmmn.Suspended},
		"core.task6": {State: cmmn.Disabled}, "expansion.task2": {State: cmmn.Terminated}, "improvement": {State: cmmn.Closed},
	}
	for i := range 8 {
		marks[fmt.Sprintf("foundation.task%d", i)] = Mark{State: cmmn.Completed}
		marks[fmt.Sprintf("foundation.milestone%d", i)] = Mark{State: cmmn.Completed, Standing: "holds"}
	}
	marks["foundation.milestone4"] = Mark{State: cmmn.Completed, Standing: "lost"}
	return marks
}

// TestRunningSaysEverything checks that no state is shown by colour alone.
func TestRunningSaysEverything(t *testing.T) {
	m := homelab()
	drawn := string(SVG(m, Layout(m), running(), Light))
	for _, word := range []string{
		"available", "enabled ×3", "disabled", "active", "suspended", "failed", "completed", "terminated", "closed", "reached", "holds", "stale", "lost",
	} {
		if !strings.Contains(drawn, ">"+word+"</text>") {
			t.Errorf("nothing says %q", word)
		}
		if !strings.Contains(Mermaid(m, running()), "<br>"+word) {
			t.Errorf("nothing says %q in Mermaid", word)
		}
	}
}
