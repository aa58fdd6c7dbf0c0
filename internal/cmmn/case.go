package cmmn

import (
	"encoding/json"
	"fmt"
	"time"
)

// Case is one run of a model. Only one goroutine may use it at a time.
type Case struct {
	program   *Program
	now       time.Time
	file      file
	instances []*instance   // the first is the case itself
	ofNode    [][]*instance // instances by the number of their node
	ofStage   map[*Definition][]*instance
	timers    []*instance       // armed timers, in the order of arming
	gone      map[standIn]*node // items known only from the journal
}

// newCase is a case before anything happened.
func newCase(p *Program) *Case {
	root := &instance{node: p.nodes[0], state: Null}
	c := &Case{
		program: p, file: file{raw: map[string]json.RawMessage{}, decoded: map[string]any{}},
		instances: []*instance{root}, ofNode: make([][]*instance, len(p.nodes)), ofStage: map[*Definition][]*instance{}, gone: map[standIn]*node{},
	}
	c.ofNode[0] = []*instance{root}
	c.ofStage[root.node.def] = []*instance{root}
	return c
}

func (c *Case) root() *instance { return c.instances[0] }

// nodeOf returns the item that an effect names, in a stage. A newer model may
// no longer have the item, or have it in another stage or with another life
// cycle. Then nodeOf returns a stand-in.
func (c *Case) nodeOf(e Effect, stage *instance) *node {
	if n, known := c.program.byID[e.Item]; known && n.scope.def == stage.node.def && canBecome(e.Kind, n.def.Kind) {
		return n
	}
	key := standIn{e.Item, e.Kind}
	if e.Kind == 0 { // a plan has no instance
		key.kind = Task
	}
	n, known := c.gone[key]
	if !known {
		n = &node{id: key.id, title: key.id, gone: true, number: -1, def: &Definition{ID: key.id, Name: key.id, Kind: key.kind}, scope: stage.node}
		c.gone[key] = n
	}
	return n
}

// standIn identifies an item that is known only from the journal.
type standIn struct {
	id   string
	kind Kind
}

// State returns the state of the case itself.
func (c *Case) State() State { return c.root().state }

// Now returns the time that the case has reached. Only commands move it.
func (c *Case) Now() time.Time { return c.now }

// Program returns the program that the case runs on.
func (c *Case) Program() *Program { return c.program }

// Value returns a value of the case file as it was given, and whether there is
// one.
func (c *Case) Value(name string) (json.RawMessage, bool) {
	raw, known := c.file.raw[name]
	return raw, known
}

// ItemState is one instance of an item as it is now.
type ItemState struct {
	Number   int // of the instance, in order of creation, from 1
	ID       string
	Name     string
	Path     string // names from the outermost stage inwards, joined by "/"
	Kind     Kind
	Index    int // among the instances of the item in its stage, from 0
	Parent   int // number of the stage's instance; 0 is the case
	State    State
	Required bool
	Started  time.Time // when it first became active, or occurred; zero if never
	Ended    time.Time // when it was completed or terminated; zero if not yet
}

// Items returns all instances in order of creation, including those that ended.
func (c *Case) Items() []ItemState {
	items := make([]ItemState, 0, len(c.instances)-1)
	for _, i := range c.instances[1:] {
		items = append(items, i.public())
	}
	return items
}

func (i *instance) public() ItemState {
	return ItemState{
		Number: i.number, ID: i.node.id, Name: i.node.title, Path: i.path(), Kind: i.node.def.Kind, Index: i.index,
		Parent: i.parent.number, State: i.state, Required: i.required, Started: i.started, Ended: i.ended,
	}
}

// Latest returns the newest instance of an item, in whatever stage, and whether
// there is one.
func (c *Case) Latest(id string) (ItemState, bool) {
	n, known := c.program.byID[id]
	if !known || len(c.ofNode[n.number]) == 0 {
		return ItemState{}, false
	}
	all := c.ofNode[n.number]
	return all[len(all)-1].public(), true
}

// holds evaluates a condition for the nth instance of an item. A missing value
// or any other failure counts as false.
func (c *Case) holds(condition Condition, repetition int) bool {
	holds, _ := condition.Holds(c.values(repetition))
	return holds
}

func (c *Case) values(repetition int) Values { return scopedValues{&c.file, int64(repetition)} }

// Replay rebuilds the case from its turns. It evaluates no condition and causes
// nothing new. Effects on items and criteria that the model no longer has are
// kept apart from the model's own.
func (p *Program) Replay(turns []Turn) (*Case, error) {
	c := newCase(p)
	for i, turn := range turns {
		for _, e := range turn.Effects {
			if _, err := c.apply(e); err != nil {
				return nil, fmt.Errorf("turn %d: %w", i, err)
			}
		}
	}
	return c, nil
}
