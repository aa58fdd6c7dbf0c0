package cmmn

import "slices"

// Program is a model that was checked and indexed. It is immutable, and any
// number of cases may use it at the same time.
type Program struct {
	model *Model
	// nodes are the case plan model, and then all items in the order of the model.
	nodes []*node
	gates map[string]*gate
	byID  map[string]*node
	// readers maps the name of a value to the gates whose condition reads it.
	readers map[string][]*gate
	// tablesReading maps the name of a value to the stages with an applicability
	// rule that reads it.
	tablesReading map[string][]*node
	// fileWatchers maps the name of a value to the on-parts that wait for it.
	fileWatchers map[string][]watch
}

// Model returns the model behind the program. Callers must not change it.
func (p *Program) Model() *Model { return p.model }

// node is an item with everything about it resolved.
type node struct {
	number  int
	item    *Item // nil for the case plan model
	def     *Definition
	id      string
	title   string
	scope   *node // the stage it stands in; of a shared stage, its first place
	control rules
	// entry and exit are its criteria. byTrigger is set if an entry criterion with
	// an on-part can make repetitions.
	entry, exit []*gate
	byTrigger   bool
	watchers    [Terminate + 1][]watch
	children    []*node // of a stage: its plan items, in order
	places      int     // of a stage: how many nodes stand in it, discretionary ones too
	place       int     // which of its stage's places is the node's
	crossing    []*gate // of a stage: entry gates of its items that wait for something outside
	anchored    []*gate // of a stage: crossing gates of inner stages for which it remembers
	// table are the discretionary items of its own planning table. Those of a
	// human task are planned into the stage around it.
	table []*node
	// plannable are, of a stage, all discretionary items that go into it.
	plannable  []*node
	holder     *node       // of a discretionary item: the stage or human task that has its table
	applicable []Condition // all must hold before it can be planned
	timer      *schedule
	depth      int
	// gone marks an item that only a journal has, not the model.
	gone bool
}

// rules are an item's control with its conditions compiled. Nil means the same
// as in [Control].
type rules struct {
	required, manual, repetition Condition
	ceiling                      int
}

// gate is a criterion of an item.
type gate struct {
	owner     *node
	kind      gateKind
	id        string
	sentry    *Sentry
	parts     []part
	condition Condition // nil when the sentry has none
	// anchor is the lowest stage that contains the owner and every source, that
	// is, the highest of the common stages of its parts. It is nil if there are no
	// such parts.
	anchor *node
}

// gateKind is what a satisfied gate does.
type gateKind uint8

const (
	entryGate gateKind = iota
	exitGate
	timerGate // a timer begins to run
)

// part is an on-part of a gate.
type part struct {
	id     string
	source *node // nil for a case file item
	event  Transition
	file   string
	fileAt FileTransition
	exitBy *gate
	// common is the lowest stage that contains both source and owner. An event
	// counts for those instances of the owner that lie in the same instance of it
	// as the source.
	common *node
}

// watch is an on-part that waits for an event of the item that has the watch.
type watch struct {
	gate *gate
	part int
}

// part returns the index of an on-part, or -1.
func (g *gate) part(id string) int {
	return slices.IndexFunc(g.parts, func(p part) bool { return p.id == id })
}

// hasParts reports whether the gate waits for events.
func (g *gate) hasParts() bool { return len(g.parts) > 0 }

// crossing reports whether an entry gate waits for something outside its
// owner's stage, so that an event may have to open that stage. Retroactive
// gates need not: they find what occurred when their stage begins.
func (g *gate) crossing() bool {
	return g.anchor != nil && g.anchor != g.owner.scope && !g.sentry.Retroactive
}
