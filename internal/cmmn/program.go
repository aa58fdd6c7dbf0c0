package cmmn

import "slices"

// Program is a model that was checked and indexed. It is immutable and may be
// used by many cases at once.
type Program struct {
	model *Model
	// nodes are all items in the order in which they stand in the model, after the
	// case plan model, which is the first.
	nodes []*node
	gates map[string]*gate
	byID  map[string]*node
	// readers are, by the name of a value, the gates whose condition reads it.
	readers map[string][]*gate
	// tablesReading are, by the name of a value, the stages with an applicability
	// rule that reads it.
	tablesReading map[string][]*node
	// fileWatchers are, by the name of a value, the on-parts that wait for it.
	fileWatchers map[string][]watch
}

// Model is what the program was made of. It is not to be changed.
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
	// entry and exit are its criteria. byTrigger says whether an entry criterion
	// with an on-part can make repetitions.
	entry, exit []*gate
	byTrigger   bool
	watchers    [Terminate + 1][]watch
	children    []*node // of a stage: its plan items, in order
	places      int     // of a stage: how many nodes stand in it, discretionary ones too
	place       int     // which of its stage's places is the node's
	crossing    []*gate // of a stage: entry gates of what stands in it that wait for something outside
	anchored    []*gate // of a stage: crossing gates further in, for which it remembers
	// table are the discretionary items of its own planning table; those of a
	// human task are planned into the stage that contains it.
	table []*node
	// plannable are, of a stage, all discretionary items that go into it.
	plannable  []*node
	holder     *node       // of a discretionary item: the stage or human task that has its table
	applicable []Condition // all have to hold for it to be planned
	timer      *schedule
	depth      int
	// gone marks an item that a journal knows and the model does not have.
	gone bool
}

// rules are an item's control with conditions compiled; nil has the meaning that
// [Control] gives it.
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
	// anchor is the lowest stage that contains the owner and every source: the
	// highest of its parts' common stages. It is nil without such parts.
	anchor *node
}

// gateKind is what happens when a gate is satisfied.
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
	// common is the lowest stage that contains both source and owner: an event
	// counts for the owner's instances that share its instance with the source.
	common *node
}

// watch is an on-part that waits for an event of the item that has the watch.
type watch struct {
	gate *gate
	part int
}

// part is the number of an on-part, or -1.
func (g *gate) part(id string) int {
	return slices.IndexFunc(g.parts, func(p part) bool { return p.id == id })
}

// hasParts reports whether the gate waits for events.
func (g *gate) hasParts() bool { return len(g.parts) > 0 }

// crossing reports whether an entry gate waits for something outside of its
// owner's stage, so that an event may have to open that stage. Retroactive ones
// need not: they find what occurred when their stage begins.
func (g *gate) crossing() bool {
	return g.anchor != nil && g.anchor != g.owner.scope && !g.sentry.Retroactive
}
