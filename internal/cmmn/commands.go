package cmmn

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Command is what somebody, or something outside, asks of a case: [Do], [Set],
// [Advance], [Plan] or [Unplan]. It is a value: it may be given to any case, and again.
type Command interface {
	fmt.Stringer
	run(*turn) error
}

// Do makes a transition of an instance, or of the case (number 0). It accepts
// only transitions that a person, a service or an administrator makes; the case
// makes the others itself. If somebody lets a timer occur early, its
// repetitions count from then.
type Do struct {
	Number     int
	Transition Transition
	// Force completes a stage although something in it is active. Required items
	// must be done even so.
	Force bool
	// Path names the item in the journal.
	Path string
}

// String implements [fmt.Stringer].
func (d Do) String() string {
	subject := d.Path
	if d.Number == 0 {
		subject = "case"
	}
	return d.Transition.String() + " " + subject
}

// fromOutside are the transitions that somebody may ask for. The tables name
// the actor of each.
var (
	caseFromOutside      = []Transition{Suspend, Terminate, Complete, Fault, Reactivate, Close}
	workFromOutside      = []Transition{ManualStart, Disable, Reenable, Suspend, Resume, Fault, Reactivate, Complete, Terminate}
	listenerFromOutside  = []Transition{Occur, Suspend, Resume, Terminate}
	milestoneFromOutside = []Transition{Suspend, Resume, Terminate}
)

func (d Do) run(t *turn) error {
	i, err := t.c.at(d.Number)
	if err != nil {
		return &CommandError{"the case", err.Error()}
	}
	if err := t.c.permitted(i, d.Transition); err != nil {
		return err
	}
	if d.Transition == Complete && i.node.def.Kind == Stage {
		if reason := i.incomplete(d.Force); reason != "" {
			return &CommandError{i.path(), "it is not complete: " + reason}
		}
	}
	switch {
	case d.Transition == Occur && i.node.timer != nil:
		t.arm(i, t.c.now)
		t.ring(i)
		return nil
	case d.Transition == Reenable:
		t.require(i)
	}
	t.move(i, d.Transition, nil)
	if d.Transition == Reactivate && !i.isCase() && i.parent.state == Suspended {
		t.move(i, ParentSuspend, nil)
	}
	return nil
}

// permitted checks a transition in three steps: the table of the kind, whether
// it may be asked for from outside, and whether the stages around allow it.
func (c *Case) permitted(i *instance, transition Transition) error {
	table, outside := tableOf(i.node.def.Kind), workFromOutside
	switch {
	case i.isCase():
		table, outside = caseTable, caseFromOutside
	case i.node.def.Kind == Milestone:
		outside = milestoneFromOutside
	case i.node.def.Kind.IsListener():
		outside = listenerFromOutside
	}
	if _, legal := target(table, transition, i.state); !legal {
		return &IllegalTransitionError{Subject: i.path(), Transition: transition, From: i.state, Allowed: startsFrom(table, transition)}
	}
	if !slices.Contains(outside, transition) {
		return &CommandError{i.path(), fmt.Sprintf("%s happens by itself and cannot be asked for", transition)}
	}
	if i.isCase() {
		return nil
	}
	return c.allowedAround(i, transition)
}

func (c *Case) allowedAround(i *instance, transition Transition) error {
	if i.node.gone {
		return &CommandError{i.path(), "the model no longer has it"}
	}
	if c.root().state == Failed {
		return &CommandError{i.path(), "the case has failed; reactivate it first"}
	}
	working := []State{Active, Failed}
	if transition == Reactivate { // into suspension, by Table 8.8
		working = append(working, Suspended)
	}
	if stopped := i.parent.nearestNot(working...); stopped != nil {
		return &CommandError{i.path(), stopped.asAround() + " is " + stopped.state.String()}
	}
	return nil
}

// asAround names an instance as the surroundings of another, for messages.
func (i *instance) asAround() string {
	if i.isCase() {
		return "the case"
	}
	return "its stage " + quoted(i.node.title)
}

// incomplete says why a stage cannot be completed by hand (Table 8.12). It is
// empty if it can.
func (i *instance) incomplete(force bool) string {
	var names []string
	for _, child := range i.children {
		requiredOpen := child.required && !child.state.SemiTerminal()
		if requiredOpen || child.state == Active && !force {
			names = append(names, fmt.Sprintf("%s is %s", quoted(child.node.title), child.state))
		}
	}
	return strings.Join(names, ", ")
}

// Set gives values to the case file. JSON null removes a value.
type Set struct {
	Values map[string]json.RawMessage
}

// String implements [fmt.Stringer]. Values are not shown: they may be large.
func (s Set) String() string { return "set " + strings.Join(s.names(), ", ") }

func (s Set) names() []string {
	names := make([]string, 0, len(s.Values))
	for name := range s.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s Set) run(t *turn) error {
	if t.c.State() == Closed {
		return &CommandError{"case", "it is closed; its values can no longer change"}
	}
	var changed []string
	for _, name := range s.names() {
		happened, err := t.set(name, s.Values[name])
		if err != nil {
			return err
		}
		if happened {
			changed = append(changed, name)
		}
	}
	for _, name := range changed {
		t.reread(name)
	}
	return nil
}

// Advance lets time pass up to a moment.
type Advance struct {
	To time.Time
}

// String implements [fmt.Stringer].
func (a Advance) String() string { return "advance to " + a.To.UTC().Format(time.RFC3339) }

func (a Advance) run(t *turn) error { return t.passTime(a.To) }
