package cmmn

// A gate inside a stage may wait for something outside of it. If the gate is
// satisfied before its stage has begun, the stage begins. So does every stage
// between it and the event (Table 8.7, from the bottom up).

// occurredBefore counts an on-part for the owner of a gate whose stage does not
// exist yet. The stage around both remembers it until that stage exists.
func (t *turn) occurredBefore(anchor *instance, g *gate, part int) {
	if wayIn(anchor, g) != nil {
		t.remember(anchor, g, part)
		t.testAnchored(anchor, g)
	}
}

// testAnchored opens the next stage on the way to the owner of a gate that is
// satisfied before its own stage exists. The inner stages follow when they
// inherit what the gate remembers.
func (t *turn) testAnchored(anchor *instance, g *gate) {
	if !anchor.met(g) || !t.c.agrees(g, 1) {
		return
	}
	if stage := wayIn(anchor, g); stage != nil {
		t.unlock(stage)
	}
}

// wayIn returns the stage that must begin next before the owner of the gate can
// exist below the anchor. It returns nil if the owner will not exist: a stage
// on the way has ended, or is discretionary and not planned.
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

// between returns the stages from below the outer one down to the node's stage.
func between(outer, n *node) []*node {
	if n.scope.def == outer.def {
		return nil
	}
	return append(between(outer, n.scope), n.scope)
}

// begun reports whether the stage was ever active, and therefore has its
// children.
func (i *instance) begun() bool { return i.worked() }

// expects reports whether an instance of the node will exist once this stage
// begins. A discretionary item must be planned for that.
func (i *instance) expects(n *node) bool {
	return n.holder == nil || n.scope.def == i.node.def && i.placeOf(n).planned
}

// unlock begins a stage regardless of its own criteria and rules, if the stages
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
// before the stage existed.
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
