package cmmn

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Op is what an effect does.
type Op string

// The operations. Each is a fact that needs no condition to be evaluated again.
const (
	OpCreate  Op = "create"  // an instance of an item came to be
	OpMove    Op = "move"    // an instance, or the case (0), changed its state
	OpRequire Op = "require" // an instance became required
	OpOccur   Op = "occur"   // an on-part of a criterion occurred
	OpForget  Op = "forget"  // what a criterion remembered was used up
	OpSet     Op = "set"     // a value of the case file was given, or taken away
	OpClock   Op = "clock"   // time passed
	OpArm     Op = "arm"     // a timer was set
	OpPlan    Op = "plan"    // an item was planned into a stage that has not begun
	OpUnplan  Op = "unplan"  // a planned item was taken out again
)

// Effect is one change of a case.
type Effect struct {
	Op Op `json:"op"`
	// At is the number of the instance concerned. For something that belongs to a
	// place in a stage, it is the number of the stage's instance.
	At     int    `json:"at"`
	Item   string `json:"item,omitempty"`
	Kind   Kind   `json:"kind,omitempty"` // of the new instance's item
	Parent int    `json:"parent,omitempty"`
	Index  int    `json:"index,omitempty"`
	// Required is of a new instance.
	Required   bool       `json:"required,omitempty"`
	Transition Transition `json:"do,omitempty"`
	From       State      `json:"from,omitempty"`
	To         State      `json:"to,omitempty"`
	// Before is the state that a suspended instance will go back to.
	Before State `json:"before,omitempty"`
	// Criterion is the one that remembers or forgets, or the exit criterion that
	// caused a move.
	Criterion string          `json:"criterion,omitempty"`
	Part      string          `json:"part,omitempty"`
	Name      string          `json:"name,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`
	Time      *time.Time      `json:"time,omitempty"`
}

// Turn is everything that one command caused. The journal keeps turns.
type Turn struct {
	At time.Time `json:"at"`
	// By and Why say who asked for the turn and for what reason. Evidence lists
	// what that rests on. The caller sets them.
	By       string   `json:"by,omitempty"`
	Why      string   `json:"why,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
	Command  string   `json:"command"`
	Effects  []Effect `json:"effects"`
}

// apply carries out an effect and returns a function that undoes it. An effect
// that does not fit the case is an error.
func (c *Case) apply(e Effect) (undo func(), err error) {
	switch e.Op {
	case OpCreate:
		return c.applyCreate(e)
	case OpSet:
		return c.applySet(e)
	case OpClock:
		return c.applyClock(e)
	}
	at, err := c.at(e.At)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case OpMove:
		return c.applyMove(at, e), nil
	case OpRequire:
		at.count(-1)
		at.required = true
		at.count(1)
		return func() { at.count(-1); at.required = false; at.count(1) }, nil
	case OpArm:
		return c.applyArm(at, e)
	case OpOccur, OpForget:
		return c.applyMemory(at, e)
	case OpPlan, OpUnplan:
		return c.applyPlan(at, e)
	}
	return nil, fmt.Errorf("there is no effect %q", e.Op)
}

// at is an instance by its number.
func (c *Case) at(number int) (*instance, error) {
	if number < 0 || number >= len(c.instances) {
		return nil, fmt.Errorf("there is no instance %d", number)
	}
	return c.instances[number], nil
}

func (c *Case) applyCreate(e Effect) (func(), error) {
	parent, err := c.at(e.Parent)
	if err != nil {
		return nil, err
	}
	if e.At != len(c.instances) {
		return nil, fmt.Errorf("instance %d comes out of order", e.At)
	}
	i := &instance{
		number: e.At, node: c.nodeOf(e, parent), parent: parent, index: e.Index, state: Available, required: e.Required, seen: 1 << Create,
	}
	p := parent.placeOf(i.node)
	last := p.last
	p.last = i
	parent.children = append(parent.children, i)
	i.count(1)
	c.enlist(i)
	return func() {
		c.strike(i)
		i.count(-1)
		parent.children = parent.children[:len(parent.children)-1]
		p.last = last
	}, nil
}

// enlist adds the instance to the indexes.
func (c *Case) enlist(i *instance) {
	c.instances = append(c.instances, i)
	if n := i.node; !n.gone {
		c.ofNode[n.number] = append(c.ofNode[n.number], i)
		if n.def.Kind == Stage {
			c.ofStage[n.def] = append(c.ofStage[n.def], i)
		}
	}
}

// strike takes the newest instance out of the indexes.
func (c *Case) strike(i *instance) {
	c.instances = c.instances[:len(c.instances)-1]
	if n := i.node; !n.gone {
		c.ofNode[n.number] = c.ofNode[n.number][:len(c.ofNode[n.number])-1]
		if n.def.Kind == Stage {
			c.ofStage[n.def] = c.ofStage[n.def][:len(c.ofStage[n.def])-1]
		}
	}
}

func (c *Case) applyMove(i *instance, e Effect) func() {
	was := *i
	i.count(-1)
	i.state, i.before, i.exitBy = e.To, e.Before, e.Criterion
	i.seen |= 1 << e.Transition
	if i.worked() && i.started.IsZero() {
		i.started = c.now
	}
	if i.ended = (time.Time{}); i.state.Ended() {
		i.ended = c.now
	}
	i.count(1)
	return func() {
		i.count(-1)
		i.state, i.before, i.exitBy, i.seen, i.started, i.ended = was.state, was.before, was.exitBy, was.seen, was.started, was.ended
		i.count(1)
	}
}

func (c *Case) applyClock(e Effect) (func(), error) {
	if e.Time == nil {
		return nil, errors.New("the clock is set to no time")
	}
	was := c.now
	c.now = *e.Time
	return func() { c.now = was }, nil
}

func (c *Case) applyArm(i *instance, e Effect) (func(), error) {
	if e.Time == nil {
		return nil, fmt.Errorf("the timer %d is set to no time", i.number)
	}
	was := i.due
	i.due = *e.Time
	if was.IsZero() {
		c.timers = append(c.timers, i)
	}
	return func() {
		i.due = was
		if was.IsZero() {
			c.timers = c.timers[:len(c.timers)-1]
		}
	}, nil
}

func (c *Case) applySet(e Effect) (func(), error) {
	raw, had := c.file.raw[e.Name]
	decoded := c.file.decoded[e.Name]
	if e.Value == nil {
		delete(c.file.raw, e.Name)
		delete(c.file.decoded, e.Name)
	} else {
		value, err := decodeValue(e.Value)
		if err != nil {
			return nil, err
		}
		c.file.raw[e.Name], c.file.decoded[e.Name] = e.Value, value
	}
	return func() {
		if had {
			c.file.raw[e.Name], c.file.decoded[e.Name] = raw, decoded
			return
		}
		delete(c.file.raw, e.Name)
		delete(c.file.decoded, e.Name)
	}, nil
}

// applyMemory changes what a criterion remembers. If the model no longer has
// the criterion, the effect is ignored.
func (c *Case) applyMemory(at *instance, e Effect) (func(), error) {
	g, known := c.program.gates[e.Criterion]
	if !known {
		return func() {}, nil
	}
	memories := at.memoriesOf(g)
	old := memories[g]
	if e.Op == OpForget {
		delete(memories, g)
		return func() { memories[g] = old }, nil
	}
	m := old
	if m == nil {
		m = &memory{occurred: make([]bool, len(g.parts)), missing: len(g.parts)}
		memories[g] = m
	}
	part := g.part(e.Part)
	if part < 0 || m.occurred[part] {
		return func() {}, nil
	}
	m.occurred[part] = true
	m.missing--
	return func() {
		m.occurred[part] = false
		m.missing++
		if old == nil {
			delete(memories, g)
		}
	}, nil
}

func (c *Case) applyPlan(stage *instance, e Effect) (func(), error) {
	p := stage.placeOf(c.nodeOf(e, stage))
	was := p.planned
	p.planned = e.Op == OpPlan
	return func() { p.planned = was }, nil
}
