package cmmn

import "time"

// Model is what may happen in a case. It is plain data: nothing in it is checked
// before [Compile] does so.
type Model struct {
	ID   string
	Name string
	// Plan is the case plan model: a stage without entry criteria.
	Plan *Definition
	// File are the case file items that on-parts may refer to. Conditions may
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
	// Control applies to items that have none of their own.
	Control *Control
	// NonBlocking tasks complete as soon as they are active.
	NonBlocking bool
	// Timer is when a timer event listener occurs.
	Timer *Timer
	// Table is the planning table of a stage or a human task.
	Table *PlanningTable
	Annotation

	// What only stages have.

	Items        []*Item
	Sentries     []*Sentry
	AutoComplete bool
	// Exit are the exit criteria of the case plan model; other stages have
	// theirs on their items.
	Exit []Criterion
}

// Annotation is what a roadmap knows of a definition beyond CMMN. It changes
// nothing in a run, and travels in extension elements.
type Annotation struct {
	Estimate    Estimate
	Steps       []string
	Checkpoints []Note
	Challenges  []Note
}

// Estimate is how long something takes, from the quickest to the slowest. Zero
// is unknown.
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
	Name       string // the definition's when empty
	Definition *Definition
	// Control replaces that of the definition as a whole.
	Control *Control
	Entry   []Criterion
	Exit    []Criterion
	// Applicability are ids of rules of the planning table; all have to be true
	// for the item to be planned. Only discretionary items have some.
	Applicability []string
}

// Title is the item's name, or that of what it is.
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
	// Memoryless sentries forget, at the end of a turn, what occurred in it. The
	// others remember until they fire.
	Memoryless bool
	// Retroactive sentries count what occurred before their item came to be. They
	// never open the stage around them from within.
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
	// FileEvent is set instead of Event where Source is a case file item.
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

// Control holds the rules of an item. A nil rule has the value its comment
// gives; a rule without text is true.
type Control struct {
	Required         *Expression // nil: not required
	ManualActivation *Expression // nil: activated automatically
	Repetition       *Expression // nil: never repeated
	// MaxInstances is the most instances of the item in one stage instance; zero
	// is no ceiling.
	MaxInstances int
}

// Timer is when a timer event listener occurs.
type Timer struct {
	// Expression is an ISO 8601 date-time, duration, or repeated interval:
	// "2027-01-31T06:00:00Z", "PT3H", "R3/PT1H".
	Expression string
	// Start, when set, is the transition that a duration counts from; otherwise
	// it counts from the creation of the listener.
	Start *OnPart
}

// PlanningTable holds what may be planned into a running stage.
type PlanningTable struct {
	ID     string
	Items  []*Item
	Tables []*PlanningTable
	Rules  []Rule
	// Applicability of a nested table are ids of rules; all have to be true for
	// anything in it to be planned.
	Applicability []string
}

// Rule is an applicability rule.
type Rule struct {
	ID        string
	Name      string
	Condition Expression
}
