package cmmn

import "time"

// Model says what may happen in a case. It is plain data; only [Compile] checks
// it.
type Model struct {
	ID   string
	Name string
	// Plan is the case plan model: a stage without entry criteria.
	Plan *Definition
	// File are the case file items that on-parts may refer to. Conditions may also
	// read values that are not declared here.
	File []FileItem
}

// FileItem is a value of the case file.
type FileItem struct {
	ID   string
	Name string
}

// Definition is what an item is: a stage, a task, a milestone or an event
// listener. Several items may share one.
type Definition struct {
	ID            string
	Name          string
	Kind          Kind
	Documentation string
	// Control applies to items that have no control of their own.
	Control *Control
	// NonBlocking tasks complete as soon as they are active.
	NonBlocking bool
	// Timer is when a timer event listener occurs.
	Timer *Timer
	// Table is the planning table of a stage or a human task.
	Table *PlanningTable
	Annotation

	// The fields below are for stages only.

	Items        []*Item
	Sentries     []*Sentry
	AutoComplete bool
	// Exit are the exit criteria of the case plan model. Other stages have theirs
	// on their items.
	Exit []Criterion
}

// Annotation is what a roadmap knows about a definition beyond CMMN. It does
// not affect a run. In XML it is written as extension elements.
type Annotation struct {
	Estimate    Estimate
	Steps       []string
	Checkpoints []Note
	Challenges  []Note
}

// Estimate is how long something takes, at best and at worst. Zero means
// unknown.
type Estimate struct {
	Min, Max time.Duration
}

// Note is a text with an id: a checkpoint, or a challenge with its remedy.
type Note struct {
	ID     string
	Text   string
	Remedy string
}

// Item is a plan item or, in a planning table, a discretionary item: one place of
// a definition in a stage.
type Item struct {
	ID         string
	Name       string // empty: the definition's name
	Definition *Definition
	// Control replaces the whole control of the definition.
	Control *Control
	Entry   []Criterion
	Exit    []Criterion
	// Applicability are ids of rules of the planning table. All of them must be
	// true before the item can be planned. Only discretionary items have any.
	Applicability []string
}

// Title returns the item's name, or else that of its definition.
func (i *Item) Title() string {
	if i.Name != "" {
		return i.Name
	}
	return i.Definition.Name
}

// Criterion names the sentry that has to be satisfied.
type Criterion struct {
	ID     string
	Name   string
	Sentry string
}

// Sentry is satisfied when all its on-parts have occurred and its condition is
// true. It has at least one of the two.
type Sentry struct {
	ID   string
	Name string
	On   []OnPart
	If   *Expression
	// Memoryless sentries forget at the end of a turn what occurred in it. The
	// others remember until they fire.
	Memoryless bool
	// Retroactive sentries also count what occurred before their item existed.
	// They never open the stage around them from within.
	Retroactive bool
}

// OnPart is an event that a sentry waits for.
type OnPart struct {
	ID   string
	Name string
	// Source is the id of the item whose transition is the event, or of a case
	// file item.
	Source string
	Event  Transition
	// FileEvent is set instead of Event if Source is a case file item.
	FileEvent FileTransition
	// ExitCriterion narrows Event down to an exit by that criterion.
	ExitCriterion string
}

// Expression is a condition in a language. An empty text is always true.
type Expression struct {
	ID       string
	Language string // a URI; empty is [CEL]
	Text     string
}

// CEL is the language that conditions are in unless they say otherwise.
const CEL = "https://cel.dev"

// Control holds the rules of an item. The comments give the meaning of a nil
// rule. A rule without text is true.
type Control struct {
	Required         *Expression // nil: not required
	ManualActivation *Expression // nil: activated automatically
	Repetition       *Expression // nil: never repeated
	// MaxInstances limits the instances of the item in one stage instance. Zero
	// means no limit.
	MaxInstances int
}

// Timer is when a timer event listener occurs.
type Timer struct {
	// Expression is an ISO 8601 date-time, duration, or repeated interval:
	// "2027-01-31T06:00:00Z", "PT3H", "R3/PT1H".
	Expression string
	// Start, if set, is the transition that a duration counts from. Without it, a
	// duration counts from the creation of the listener.
	Start *OnPart
}

// PlanningTable holds what may be planned into a running stage.
type PlanningTable struct {
	ID     string
	Items  []*Item
	Tables []*PlanningTable
	Rules  []Rule
	// Applicability of a nested table are ids of rules. All of them must be true
	// before anything in it can be planned.
	Applicability []string
}

// Rule is an applicability rule.
type Rule struct {
	ID        string
	Name      string
	Condition Expression
}
