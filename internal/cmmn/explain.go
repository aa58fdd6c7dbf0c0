package cmmn

import "encoding/json"

// Explanation says why an item is in its state, and what would change that.
type Explanation struct {
	ID    string
	Name  string
	State State // Null when there is no instance yet
	// Around names the stage, or the case, that must become active first.
	Around string
	// Ways are the entry criteria of an item that waits. Any one of them opens it.
	Ways []Way
	// Blockers keep an active stage from completing: children, and items that are
	// neither planned nor left out.
	Blockers []Blocker
}

// Way is one criterion and what it still waits for. If all fields are empty, it
// waits for nothing.
type Way struct {
	Criterion string
	Events    []Event
	// Unmet are the parts of the condition that do not hold. Values are the values
	// they read, so far as there are any.
	Unmet  []string
	Values map[string]json.RawMessage
}

// Event is a transition that has not occurred.
type Event struct {
	Source string // id of the item, or name of the case file item
	Name   string
	Event  string
}

// Blocker is something that a stage waits for.
type Blocker struct {
	ID       string
	Name     string
	State    State // Null for an item that is still to be planned or left out
	Required bool
}

// Explain explains the newest instance of an item, or the item if it has no
// instance. With "case" or the id of the case plan model it explains the case.
func (c *Case) Explain(id string) (Explanation, error) {
	n, known := c.program.byID[id]
	if id == "case" || id == c.root().node.id {
		n, known = c.root().node, true
	}
	if !known {
		return Explanation{}, &CommandError{quoted(id), "there is no such item"}
	}
	x := Explanation{ID: n.id, Name: n.title}
	if instances := c.ofNode[n.number]; len(instances) > 0 {
		c.explainInstance(&x, instances[len(instances)-1])
		return x, nil
	}
	c.explainAbsent(&x, n)
	return x, nil
}

func (c *Case) explainInstance(x *Explanation, i *instance) {
	x.State = i.state
	if !i.isCase() {
		x.Around = c.pauses(i.parent)
	}
	if i.state == Available || i.state == Suspended && i.before == Available {
		for _, g := range i.node.entry {
			x.Ways = append(x.Ways, c.way(g, i.parent, i.index+1))
		}
	}
	if i.node.def.Kind == Stage && i.state == Active {
		x.Blockers = c.blockers(i)
	}
}

// explainAbsent explains an item that has no instance: its stage has not begun,
// or it is not planned.
func (c *Case) explainAbsent(x *Explanation, n *node) {
	if n.scope == nil {
		return
	}
	stage := newest(c.ofStage[n.scope.def])
	if x.Around = n.scope.title; stage != nil {
		x.Around = c.pauses(stage)
	}
	for _, g := range n.entry {
		at := stage
		if at == nil && g.crossing() {
			at = newest(c.ofStage[g.anchor.def])
		}
		x.Ways = append(x.Ways, c.way(g, at, 1))
	}
}

// pauses names what keeps everything in a stage from beginning. It is empty if
// nothing does.
func (c *Case) pauses(stage *instance) string {
	switch paused := c.pausedBy(stage); {
	case paused == nil:
		return ""
	case paused.isCase():
		return "the case"
	default:
		return paused.node.title
	}
}

func newest(all []*instance) *instance {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func (c *Case) way(g *gate, at *instance, repetition int) Way {
	w := Way{Criterion: g.id}
	var m *memory
	if at != nil {
		m = at.remembers(g)
	}
	for part, on := range g.parts {
		if m == nil || !m.occurred[part] {
			w.Events = append(w.Events, on.awaited())
		}
	}
	if g.condition == nil {
		return w
	}
	w.Unmet = g.condition.Unmet(c.values(repetition))
	if len(w.Unmet) == 0 {
		return w
	}
	for _, name := range g.condition.Reads() {
		if raw, known := c.file.raw[name]; known {
			if w.Values == nil {
				w.Values = map[string]json.RawMessage{}
			}
			w.Values[name] = raw
		}
	}
	return w
}

func (p part) awaited() Event {
	if p.source == nil {
		return Event{Source: p.file, Name: p.file, Event: p.fileAt.String()}
	}
	return Event{Source: p.source.id, Name: p.source.title, Event: p.event.String()}
}

// Open reports whether nothing is left to wait for.
func (w Way) Open() bool { return len(w.Events) == 0 && len(w.Unmet) == 0 }

// blockers returns what completeIfDone waits for.
func (c *Case) blockers(stage *instance) []Blocker {
	var all []Blocker
	for _, child := range stage.children {
		open := !child.state.SemiTerminal()
		if stage.node.def.AutoComplete {
			open = child.state == Active || open && child.required
		}
		if open {
			all = append(all, Blocker{child.node.id, child.node.title, child.state, child.required})
		}
	}
	if !stage.node.def.AutoComplete {
		for _, n := range c.leftToPlan(stage) {
			all = append(all, Blocker{ID: n.id, Name: n.title})
		}
	}
	return all
}
