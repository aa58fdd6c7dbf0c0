package cmmn

import "time"

// instance is one life of an item. The first instance is the case itself.
type instance struct {
	number   int // in order of creation; the case is 0
	node     *node
	parent   *instance
	children []*instance
	index    int // among the instances of the node in the parent; 0 is the first
	state    State
	before   State  // what a suspended instance goes back to
	exitBy   string // id of the exit criterion that ended it, if one did
	required bool
	seen     uint32 // transitions it has made, a bit each
	due      time.Time
	started  time.Time // when it became active first, or occurred
	ended    time.Time
	// places holds, for a stage that has begun, what stands at each place in it.
	places []place
	// memory is that of the exit criteria.
	memory map[*gate]*memory
	// tally counts the children, so that a stage can tell whether it is complete
	// without visiting each.
	tally tally
}

// place is where instances of one node stand in an instance of a stage.
type place struct {
	last *instance
	// planned is set when the node was planned into a stage that has not begun.
	planned bool
	// memory is that of the node's entry criteria, for the instance that waits or
	// for the next repetition.
	memory map[*gate]*memory
}

// tally counts the children that Table 8.12 asks about.
type tally struct {
	active       int // in state active
	open         int // not semi-terminal
	requiredOpen int // required and not semi-terminal
}

// memory records which on-parts of a gate have occurred.
type memory struct {
	occurred []bool
	missing  int
}

func (i *instance) isCase() bool { return i.parent == nil }

// placeOf returns the place of the node in the stage instance. A node that the
// model no longer has gets a place of its own that nothing else sees.
func (i *instance) placeOf(n *node) *place {
	if n.gone {
		return &place{}
	}
	if i.places == nil {
		i.places = make([]place, i.node.places)
	}
	return &i.places[n.place]
}

// memoriesOf returns the memories that contain the gate's. For an entry
// criterion of an item in this stage, these are the memories of the item's
// place. For the instance's own exit criteria, and for entry criteria whose
// stage does not exist yet, they are the memories of the instance.
func (i *instance) memoriesOf(g *gate) map[*gate]*memory {
	memories := &i.memory
	if g.kind == entryGate && i.node.def == g.owner.scope.def {
		memories = &i.placeOf(g.owner).memory
	}
	if *memories == nil {
		*memories = map[*gate]*memory{}
	}
	return *memories
}

// remembers returns what the gate remembers at the instance, or nil.
func (i *instance) remembers(g *gate) *memory {
	if g.kind == entryGate && i.node.def == g.owner.scope.def {
		if i.places == nil {
			return nil
		}
		return i.places[g.owner.place].memory[g]
	}
	return i.memory[g]
}

// waiting returns the instance at a place that has not begun, or nil. It may be
// suspended.
func (p *place) waiting() *instance {
	if p.last != nil && (p.last.state == Available || p.last.state == Suspended && p.last.before == Available) {
		return p.last
	}
	return nil
}

// above returns the nearest instance of the stage, from this instance outwards.
func (i *instance) above(stage *node) *instance {
	for at := i; at != nil; at = at.parent {
		if at.node.def == stage.def {
			return at
		}
	}
	return nil
}

// path names the instance for people: names from the outermost stage inwards.
func (i *instance) path() string {
	if i.isCase() {
		return "case"
	}
	if i.parent.isCase() {
		return i.node.title
	}
	return i.parent.path() + "/" + i.node.title
}

// count adds the instance to its parent's tally, or with -1 takes it out.
func (i *instance) count(by int) {
	if i.parent == nil {
		return
	}
	t := &i.parent.tally
	if i.state == Active {
		t.active += by
	}
	if !i.state.SemiTerminal() {
		t.open += by
		if i.required {
			t.requiredOpen += by
		}
	}
}
