package cmmn

// Kind is what a definition is.
type Kind uint8

// The kinds of definitions.
const (
	Stage Kind = iota + 1
	Task       // a task of no particular kind
	HumanTask
	ProcessTask
	CaseTask
	DecisionTask
	Milestone
	EventListener // an event listener of no particular kind
	UserEvent
	TimerEvent
)

var kindNames = [...]string{
	Stage: "stage", Task: "task", HumanTask: "human task", ProcessTask: "process task", CaseTask: "case task", DecisionTask: "decision task",
	Milestone: "milestone", EventListener: "event listener", UserEvent: "user event listener", TimerEvent: "timer event listener",
}

// String returns the kind's name in the specification.
func (k Kind) String() string { return nameIn(kindNames[:], int(k)) }

// MarshalText implements [encoding.TextMarshaler].
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *Kind) UnmarshalText(text []byte) error { return parseName(k, kindNames[:], "kind", text) }

// IsTask reports whether the kind is one of the tasks.
func (k Kind) IsTask() bool { return k >= Task && k <= DecisionTask }

// IsListener reports whether the kind is one of the event listeners.
func (k Kind) IsListener() bool { return k >= EventListener && k <= TimerEvent }

// State is where a case or an item is in its life cycle.
type State uint8

// The states. A case that has not started, and a discretionary item that is not
// planned, is in none: [Null].
const (
	Null State = iota
	Available
	Enabled
	Disabled
	Active
	Suspended
	Failed
	Completed
	Terminated
	Closed
)

var stateNames = [...]string{
	Null: "null", Available: "available", Enabled: "enabled", Disabled: "disabled", Active: "active", Suspended: "suspended",
	Failed: "failed", Completed: "completed", Terminated: "terminated", Closed: "closed",
}

// String is the state's name in the specification.
func (s State) String() string { return nameIn(stateNames[:], int(s)) }

// MarshalText implements [encoding.TextMarshaler].
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *State) UnmarshalText(text []byte) error { return parseName(s, stateNames[:], "state", text) }

// Ended reports whether an item in that state will never change again.
func (s State) Ended() bool { return s == Completed || s == Terminated }

// SemiTerminal reports whether a child in that state lets its stage complete
// (Table 8.12).
func (s State) SemiTerminal() bool { return s == Disabled || s == Failed || s.Ended() }

// Transition is a change of state. The first 17 are events that on-parts may name
// (PlanItemTransition of the specification's schema).
type Transition uint8

// The transitions.
const (
	Close Transition = iota + 1
	Complete
	Create
	Disable
	Enable
	Exit
	Fault
	ManualStart
	Occur
	ParentResume
	ParentSuspend
	Reactivate
	Reenable
	Resume
	Start
	Suspend
	Terminate
	// ParentTerminate ends milestones and listeners with their stage (Table
	// 8.11). It is no event: no on-part can name it.
	ParentTerminate
)

var transitionNames = [...]string{
	Close: "close", Complete: "complete", Create: "create", Disable: "disable", Enable: "enable", Exit: "exit", Fault: "fault",
	ManualStart: "manualStart", Occur: "occur", ParentResume: "parentResume", ParentSuspend: "parentSuspend", Reactivate: "reactivate",
	Reenable: "reenable", Resume: "resume", Start: "start", Suspend: "suspend", Terminate: "terminate", ParentTerminate: "parentTerminate",
}

// String is the transition's name in the specification.
func (t Transition) String() string { return nameIn(transitionNames[:], int(t)) }

// MarshalText implements [encoding.TextMarshaler].
func (t Transition) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *Transition) UnmarshalText(text []byte) error {
	return parseName(t, transitionNames[:], "transition", text)
}

// IsEvent reports whether an on-part may name the transition.
func (t Transition) IsEvent() bool { return t >= Close && t <= Terminate }

// Transitions are all transitions that on-parts may name, in the schema's order.
func Transitions() []Transition {
	all := make([]Transition, 0, Terminate)
	for t := Close; t.IsEvent(); t++ {
		all = append(all, t)
	}
	return all
}

// FileTransition is a change of a case file item. Values here are whole: setting
// one that is there is both an update and a replacement.
type FileTransition uint8

// The transitions of case file items that can occur here.
const (
	FileCreate FileTransition = iota + 1
	FileUpdate
	FileReplace
	FileDelete
)

var fileTransitionNames = [...]string{FileCreate: "create", FileUpdate: "update", FileReplace: "replace", FileDelete: "delete"}

// String is the transition's name in the specification.
func (t FileTransition) String() string { return nameIn(fileTransitionNames[:], int(t)) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *FileTransition) UnmarshalText(text []byte) error {
	return parseName(t, fileTransitionNames[:], "case file transition", text)
}
