package cmmn

// A gate inside a stage may wait for something outside of it. When it is
// satisfied before its stage has begun, the stage begins, and so does every stage
// between it and the event (Table 8.7, from the bottom up).

// occurredBefore counts an on-part for the owner of a gate whose stage does not
// exist yet. The stage around both remembers it until then.
func (t *turn) occurredBefore(anchor *instance, g *gate, part int) {
	if wayIn(anchor, g) != nil {
		t.remember(anchor, g, part)
		t.testAnchored(anchor, g)
	}
}

// testAnchored opens the next stage on the way to the owner of a gate that is
// satisfied before its own stage exists. The stages inside follow when they find
// what the gate remembers.
func (t *turn) testAnchored(anchor *instance, g *gate) {
	if !anchor.met(g) || !t.c.agrees(g, 1) {
		return
	}
	if stage := wayIn(anchor, g); stage != nil {
		t.unlock(stage)
	}
}

// wayIn is the stage that has to begin next, so that the owner of the gate can
// come to be below the anchor. It is nil where the owner will not: a stage on the
// way has ended, or is discretionary and not planned.
func wayIn(anchor *instance, g *gate) *instance {
	at, begun := anchor, true
	for _, n := range between(anchor.node, g.owner) {
		switch {
		case begun:
			if at = at.placeOf(n).last; at == nil || at.state.Ended() {
				return nil
			}
			begun = at.begun()
		case !at.expects(n):
			return nil
		}
	}
	if begun || !at.expects(g.owner) {
		return nil
	}
	return at
}

// between are the stages from below the outer one down to that of the node.
func between(outer, n *node) []*node {
	if n.scope.def == outer.def {
		return nil
	}
	return append(between(outer, n.scope), n.scope)
}

// begun reports whether the stage has ever been active, and so has its children.
func (i *instance) begun() bool { return i.worked() }

// expects reports whether an instance of the node will be there when the stage,
// which has not begun, does: only what is planned, if it is discretionary.
func (i *instance) expects(n *node) bool {
	return n.holder == nil || n.scope.def == i.node.def && i.placeOf(n).planned
}

// unlock begins a stage whatever its own criteria and rules say, if the stages
// around it allow that.
func (t *turn) unlock(stage *instance) {
	if !t.c.mayRun(stage) {
		return
	}
	switch stage.state {
	case Available:
		t.move(stage, Start, nil)
	case Enabled:
		t.move(stage, ManualStart, nil)
	}
}

// inherit gives a new stage instance what entry gates of its items remembered
// before it existed.
func (t *turn) inherit(stage *instance) {
	for _, g := range stage.node.crossing {
		anchor := stage.above(g.anchor)
		m := anchor.remembers(g)
		if m == nil {
			continue
		}
		for part, occurred := range m.occurred {
			if occurred {
				t.remember(stage, g, part)
			}
		}
		t.forget(anchor, g)
	}
}
