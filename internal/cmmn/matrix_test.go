package cmmn_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairn/internal/cmmn"
)

// lifeCycle is a second copy of the tables, written from the specification and not
// from the code. For every state it has the transitions that lead out of it, and
// their targets. "previous" is the state before the suspension.
type lifeCycle map[string]map[string]string

// table86 is Table 8.6, the case.
var table86 = lifeCycle{
	"active":     {"suspend": "suspended", "terminate": "terminated", "complete": "completed", "fault": "failed"},
	"suspended":  {"reactivate": "active", "close": "closed"},
	"completed":  {"reactivate": "active", "close": "closed"},
	"terminated": {"reactivate": "active", "close": "closed"},
	"failed":     {"reactivate": "active", "close": "closed"},
	"closed":     {},
}

// table88 is Table 8.8, stages and tasks.
var table88 = lifeCycle{
	"available": {"enable": "enabled", "start": "active", "parentSuspend": "suspended", "exit": "terminated"},
	"enabled":   {"manualStart": "active", "disable": "disabled", "parentSuspend": "suspended", "exit": "terminated"},
	"disabled":  {"reenable": "enabled", "parentSuspend": "suspended", "exit": "terminated"},
	"active": {
		"suspend": "suspended", "parentSuspend": "suspended", "fault": "failed", "complete": "completed", "terminate": "terminated", "exit": "terminated",
	},
	"suspended":  {"resume": "active", "parentResume": "previous", "exit": "terminated"},
	"failed":     {"reactivate": "active", "exit": "terminated"},
	"completed":  {},
	"terminated": {},
}

// table811 is Table 8.11, milestones and event listeners.
var table811 = lifeCycle{
	"available":  {"occur": "completed", "suspend": "suspended", "terminate": "terminated", "parentTerminate": "terminated"},
	"suspended":  {"resume": "available", "parentTerminate": "terminated"},
	"completed":  {},
	"terminated": {},
}

// byHand are the transitions that the tables give to a person, a service or an
// administrator, by life cycle. All others are the engine's.
var byHand = map[string][]string{
	"case":      {"suspend", "terminate", "complete", "fault", "reactivate", "close"},
	"work":      {"manualStart", "disable", "reenable", "suspend", "resume", "fault", "reactivate", "complete", "terminate"},
	"listener":  {"occur", "suspend", "resume", "terminate"},
	"milestone": {"suspend", "resume", "terminate"},
}

// subject is a kind, with the ways to bring its item X into each state.
type subject struct {
	word, life string // of the notation; of byHand
	table      lifeCycle
	reach      map[string][]string
}

func subjects() []subject {
	work := map[string][]string{
		"available": {}, "enabled": {"set go=true"}, "disabled": {"set go=true", "disable X"}, "active": {"set go=true", "manualStart X"},
		"suspended": {"set go=true", "manualStart X", "suspend X"}, "failed": {"set go=true", "manualStart X", "fault X"},
		"completed": {"set go=true", "manualStart X", "complete X force"}, "terminated": {"set go=true", "manualStart X", "terminate X"},
	}
	occurrence := map[string][]string{"available": {}, "suspended": {"suspend X"}, "terminated": {"terminate X"}}
	all := []subject{{"case", "case", table86, map[string][]string{
		"active": {}, "suspended": {"suspend case"}, "completed": {"complete case force"}, "terminated": {"terminate case"}, "failed": {"fault case"},
		"closed": {"terminate case", "close case"},
	}}}
	for _, word := range []string{"stage", "task", "human", "process", "casetask", "decision"} {
		all = append(all, subject{word, "work", table88, work})
	}
	for word, life := range map[string]string{"milestone": "milestone", "listener": "listener", "user": "listener", "timer": "listener"} {
		reach := map[string][]string{"completed": {"occur X"}}
		if word == "milestone" {
			reach["completed"] = []string{"set go=true"}
		}
		for state, steps := range occurrence {
			reach[state] = steps
		}
		all = append(all, subject{word, life, table811, reach})
	}
	return all
}

// TestTransitionMatrix tries every transition for every kind in every state. If
// the tables allow it and an outsider may ask for it, it must lead where they
// say. Everything else must be refused with a typed error and change nothing.
func TestTransitionMatrix(t *testing.T) {
	asked := 0
	for _, s := range subjects() {
		if len(s.reach) != len(s.table) {
			t.Errorf("%s: %d states are reached, the table has %d", s.word, len(s.reach), len(s.table))
		}
		for state := range s.table {
			for transition := cmmn.Close; transition <= cmmn.ParentTerminate; transition++ {
				s.ask(t, state, transition)
				asked++
			}
		}
	}
	if want := (6 + 6*8 + 4*4) * 18; asked != want {
		t.Errorf("%d combinations, want %d", asked, want)
	}
}

func (s subject) ask(t *testing.T, state string, transition cmmn.Transition) {
	t.Helper()
	g := s.tell(t, state)
	name, before := fmt.Sprintf("%s of %s that is %s", transition, s.word, state), dump(g.c)
	number := 0
	if s.word != "case" {
		number = 1
	}
	_, err := g.c.Execute(cmmn.Do{Number: number, Transition: transition, Force: true, Path: "X"}, cmmn.Author{})
	to, legal := s.table[state][transition.String()]
	if legal && slices.Contains(byHand[s.life], transition.String()) {
		if got := s.state(g); err != nil || got != to {
			t.Errorf("%s: leads to %s, %v; want %s", name, got, err, to)
		}
		return
	}
	if dump(g.c) != before {
		t.Errorf("%s: was refused and changed something", name)
	}
	var illegal *cmmn.IllegalTransitionError
	var refused *cmmn.CommandError
	switch {
	case legal && !errors.As(err, &refused):
		t.Errorf("%s: %v, want a CommandError", name, err)
	case !legal && !errors.As(err, &illegal):
		t.Errorf("%s: %v, want an IllegalTransitionError", name, err)
	case !legal:
		s.checkAllowed(t, name, transition, illegal)
	}
}

// checkAllowed compares the states that the error names with the table's.
func (s subject) checkAllowed(t *testing.T, name string, transition cmmn.Transition, illegal *cmmn.IllegalTransitionError) {
	t.Helper()
	var got, want []string
	for _, state := range illegal.Allowed {
		if state != cmmn.Null {
			got = append(got, state.String())
		}
	}
	for state, rows := range s.table {
		if _, legal := rows[transition.String()]; legal {
			want = append(want, state)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: it would be allowed from %v, want %v", name, got, want)
	}
}

// tell brings X into a state.
func (s subject) tell(t *testing.T, state string) *teller {
	t.Helper()
	line := map[string]string{
		"case": "task X", "milestone": "milestone X <- if go", "listener": "listener X", "user": "user X", "timer": "timer X timer=P1D",
	}[s.word]
	if line == "" {
		line = s.word + " X manual <- if go"
	}
	inside := ""
	if s.word == "stage" {
		inside = "\n    task T"
	}
	g := begin(t, "case C\n  "+line+inside+"\n  task Z")
	for _, step := range s.reach[state] {
		g.step("> " + step)
	}
	if got := s.state(g); got != state {
		t.Fatalf("%s is %s after %s, want %s", s.word, got, strings.Join(s.reach[state], ", "), state)
	}
	return g
}

func (s subject) state(g *teller) string {
	if s.word == "case" {
		return g.state("case")
	}
	return g.state("X")
}
