package cmmn

import (
	"fmt"
	"slices"
)

// row is one line of a life cycle table: a transition, the states it may leave,
// and the state it leads to. ParentResume leads back to the earlier state, so
// its row names none.
type row struct {
	transition Transition
	from       []State
	to         State
}

// caseTable is Table 8.6. A case is created active. The exit criteria of the
// case plan model act by terminate.
var caseTable = []row{
	{Create, []State{Null}, Active},
	{Suspend, []State{Active}, Suspended},
	{Terminate, []State{Active}, Terminated},
	{Complete, []State{Active}, Completed},
	{Fault, []State{Active}, Failed},
	{Reactivate, []State{Completed, Terminated, Failed, Suspended}, Active},
	{Close, []State{Completed, Terminated, Failed, Suspended}, Closed},
}

// workTable is Table 8.8: stages and tasks.
var workTable = []row{
	{Create, []State{Null}, Available},
	{Enable, []State{Available}, Enabled},
	{Start, []State{Available}, Active},
	{ManualStart, []State{Enabled}, Active},
	{Disable, []State{Enabled}, Disabled},
	{Reenable, []State{Disabled}, Enabled},
	{Suspend, []State{Active}, Suspended},
	{Resume, []State{Suspended}, Active},
	{ParentSuspend, []State{Available, Enabled, Disabled, Active}, Suspended},
	{ParentResume, []State{Suspended}, Null},
	{Fault, []State{Active}, Failed},
	{Reactivate, []State{Failed}, Active},
	{Complete, []State{Active}, Completed},
	{Terminate, []State{Active}, Terminated},
	{Exit, []State{Available, Enabled, Disabled, Active, Suspended, Failed}, Terminated},
}

// occurrenceTable is Table 8.11: milestones and event listeners.
var occurrenceTable = []row{
	{Create, []State{Null}, Available},
	{Occur, []State{Available}, Completed},
	{Suspend, []State{Available}, Suspended},
	{Resume, []State{Suspended}, Available},
	{Terminate, []State{Available}, Terminated},
	{ParentTerminate, []State{Available, Suspended}, Terminated},
}

// tableOf returns the life cycle of a kind.
func tableOf(k Kind) []row {
	if isWork(k) {
		return workTable
	}
	return occurrenceTable
}

// canBecome reports whether an item of one kind can go on as another kind. The
// life cycle must be the same, and a stage must stay a stage, because its
// content needs a place. Plans name no kind.
func canBecome(old, now Kind) bool {
	return old == 0 || isWork(old) == isWork(now) && (old != Stage || now == Stage)
}

func isWork(k Kind) bool { return k == Stage || k.IsTask() }

// target returns the state that a transition leads to, and whether the table
// allows it.
func target(table []row, t Transition, from State) (State, bool) {
	for _, r := range table {
		if r.transition == t && slices.Contains(r.from, from) {
			return r.to, true
		}
	}
	return Null, false
}

// has reports whether the table contains the transition.
func has(table []row, t Transition) bool {
	return slices.ContainsFunc(table, func(r row) bool { return r.transition == t })
}

// startsFrom returns the states that the transition may leave.
func startsFrom(table []row, t Transition) []State {
	var states []State
	for _, r := range table {
		if r.transition == t {
			states = append(states, r.from...)
		}
	}
	return states
}

// IllegalTransitionError reports a transition that is not possible in the
// present state. Nothing was changed.
type IllegalTransitionError struct {
	Subject    string // the item's path, or "case"
	Transition Transition
	From       State
	// Allowed are the states from which the transition is possible. Empty means
	// that it never is.
	Allowed []State
}

// Error implements error.
func (e *IllegalTransitionError) Error() string {
	if len(e.Allowed) == 0 {
		return fmt.Sprintf("%s has no transition %s", e.Subject, e.Transition)
	}
	return fmt.Sprintf("%s is %s; %s needs it %s", e.Subject, e.From, e.Transition, orList(e.Allowed))
}

// CommandError says why a command was refused although the life cycle tables
// allow it. Nothing was changed.
type CommandError struct {
	Subject string
	Reason  string
}

// Error implements error.
func (e *CommandError) Error() string { return e.Subject + ": " + e.Reason }

func orList(states []State) string {
	text := ""
	for i, s := range states {
		switch {
		case i == 0:
		case i == len(states)-1:
			text += " or "
		default:
			text += ", "
		}
		text += s.String()
	}
	return text
}
