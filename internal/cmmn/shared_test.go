package cmmn_test

import (
	"fmt"
	"testing"

	"cairn/internal/cmmn"
)

// share gives a second item the definition of a first.
func share(t *testing.T, m *cmmn.Model, first, second string) {
	t.Helper()
	at := map[string]*cmmn.Item{}
	for _, item := range m.Plan.Items {
		at[item.ID] = item
		for _, inner := range item.Definition.Items {
			at[inner.ID] = inner
		}
	}
	at[second].Definition, at[second].Name = at[first].Definition, second
}

// TestSharedDefinition uses a stage definition in several places, one of them
// deeper than the other. Each place must hear events and be heard, whichever
// comes first in the model.
func TestSharedDefinition(t *testing.T) {
	const deep = "  stage X\n    stage P <- if never\n      task W%s\n    task Z\n"
	const flat = "  stage Q <- if never\n    task W%s\n"
	for _, one := range []struct{ model, first, second string }{
		{"case C\n  task A\n" + fmt.Sprintf(deep, " <- A.complete") + fmt.Sprintf(flat, "2") + "  task E <- W.complete", "P", "Q"},
		{"case C\n  task A\n" + fmt.Sprintf(flat, " <- A.complete") + fmt.Sprintf(deep, "2") + "  task E <- W.complete", "Q", "P"},
	} {
		g := sharing(t, one.model, one.first, one.second)
		for _, step := range []string{
			"= P available, Q available", "> complete A", "= P active, Q active, X/P/W active, Q/W active", "> complete Q/W", "= E active",
		} {
			g.step(step)
		}
	}
}

// An event that occurs before any of the places exists must still count in the
// place that comes to exist.
func TestSharedDefinitionRemembers(t *testing.T) {
	g := sharing(t, "case C\n  task A\n  task B\n  task Z\n  stage X manual\n    stage P <- if never\n      task W <- A.complete + B.complete\n"+
		"  stage Y manual\n    stage Q <- if never\n      task V", "P", "Q")
	for _, step := range []string{"> complete A", "> manualStart Y", "= Y active, X enabled, Q available", "> complete B", "= Y/Q/W active"} {
		g.step(step)
	}
}

// An item beside one place of a shared stage must be heard in the other place,
// and hear it.
func TestSharedDefinitionBesideItsSource(t *testing.T) {
	g := sharing(t, "case C\n  stage X\n    task K\n    task E <- W.complete\n    stage P\n      task W <- K.complete\n      task Z\n"+
		"  stage Q\n    task V", "P", "Q")
	for _, step := range []string{"> complete K", "= X/P/W active, Q/W active", "> complete Q/W", "= E active"} {
		g.step(step)
	}
}

// sharing starts a case in which a second item has the definition of a first.
func sharing(t *testing.T, model, first, second string) *teller {
	t.Helper()
	m := parsed(t, model)
	share(t, m, first, second)
	g := &teller{t: t, program: compile(t, m)}
	c, turn, err := g.program.Start(cmmn.Author{At: epoch})
	if err != nil {
		t.Fatal(err)
	}
	g.c, g.turns = c, []cmmn.Turn{turn}
	return g
}
