package cmmn

// happened tells every on-part that waits for this event of the instance.
func (t *turn) happened(i *instance, event Transition, by *gate) {
	for _, w := range i.node.watchers[event] {
		if exitBy := w.gate.parts[w.part].exitBy; exitBy == nil || exitBy == by {
			t.occurred(w.gate, w.part, i)
		}
	}
}

// occurred counts an on-part for every concerned instance of the gate's owner.
// It opens the gate if that was the last missing part. The source of a case
// file event is nil; such an event concerns all instances.
func (t *turn) occurred(g *gate, part int, source *instance) {
	switch g.kind {
	case timerGate:
		t.startTimers(g, part, source)
	case exitGate:
		for _, i := range t.c.owners(g, part, source) {
			t.remember(i, g, part)
			t.testExit(i, g)
		}
	case entryGate:
		stages := t.c.stagesAround(g, part, source)
		for _, stage := range stages {
			if stage.listens(g) {
				t.remember(stage, g, part)
				t.testEntry(stage, g)
			}
		}
		if len(stages) == 0 && source != nil && g.crossing() {
			t.occurredBefore(source.above(g.anchor), g, part)
		}
	}
}

// owners returns the instances, not ended, whose exit gate or timer the event
// concerns. If the event came from inside an instance, it is that one.
// Otherwise they are those that share the instance of the common stage with the
// source.
func (c *Case) owners(g *gate, part int, source *instance) []*instance {
	var all []*instance
	for at := source; at != nil; at = at.parent {
		if at.node == g.owner {
			return unended(append(all, at))
		}
	}
	common := g.parts[part].common
	for _, i := range c.ofNode[g.owner.number] {
		if source == nil || i.above(common) == source.above(common) {
			all = append(all, i)
		}
	}
	return unended(all)
}

func unended(all []*instance) []*instance {
	var live []*instance
	for _, i := range all {
		if !i.state.Ended() {
			live = append(live, i)
		}
	}
	return live
}

// stagesAround returns the stage instances, not ended, in which the event
// concerns the owner of an entry gate.
func (c *Case) stagesAround(g *gate, part int, source *instance) []*instance {
	scope, common := g.owner.scope, g.parts[part].common
	if source == nil {
		return unended(c.ofStage[scope.def])
	}
	around := source.above(common)
	if common.def == scope.def {
		return unended([]*instance{around})
	}
	var stages []*instance
	for _, stage := range c.ofStage[scope.def] {
		if stage.above(common) == around {
			stages = append(stages, stage)
		}
	}
	return unended(stages)
}

// listens reports whether the gate needs the event in this stage. It does if an
// instance waits there, if one could repeat, or if one will wait there once the
// stage is opened from outside.
func (i *instance) listens(g *gate) bool {
	if !i.begun() {
		return g.crossing() && i.expects(g.owner)
	}
	p := i.placeOf(g.owner)
	return p.waiting() != nil || g.owner.control.repetition != nil && p.last != nil
}

func (t *turn) remember(at *instance, g *gate, part int) {
	if m := at.remembers(g); m != nil && m.occurred[part] {
		return
	}
	t.emit(Effect{Op: OpOccur, At: at.number, Criterion: g.id, Part: g.parts[part].id})
	if g.sentry.Memoryless {
		t.touched = append(t.touched, momentary{at, g})
	}
}

func (t *turn) forget(at *instance, g *gate) {
	if at.remembers(g) != nil {
		t.emit(Effect{Op: OpForget, At: at.number, Criterion: g.id})
	}
}

// met reports whether all on-parts of the gate have occurred.
func (i *instance) met(g *gate) bool {
	if !g.hasParts() {
		return true
	}
	m := i.remembers(g)
	return m != nil && m.missing == 0
}

// agrees reports whether the gate's condition holds for the nth instance.
func (c *Case) agrees(g *gate, repetition int) bool {
	return g.condition == nil || c.holds(g.condition, repetition)
}

// testEntry opens an entry gate in the stage if it is satisfied. The waiting
// instance begins, or a repetition is made.
func (t *turn) testEntry(stage *instance, g *gate) {
	if !stage.met(g) {
		return
	}
	if !stage.begun() {
		if g.crossing() && t.c.agrees(g, 1) {
			t.unlock(stage)
		}
		return
	}
	if !t.c.runs(stage) {
		return
	}
	p := stage.placeOf(g.owner)
	if waits := p.waiting(); waits != nil {
		if waits.state == Available && t.c.agrees(g, waits.index+1) {
			t.forget(stage, g)
			t.begin(waits)
		}
		return
	}
	if p.last != nil && g.hasParts() && g.owner.control.repetition != nil && t.c.agrees(g, p.last.index+2) {
		t.forget(stage, g)
		if t.c.repeats(p.last) {
			t.begin(t.create(g.owner, stage))
		}
	}
}

func (t *turn) testExit(i *instance, g *gate) {
	if i.state.Ended() || i.state == Null || !i.met(g) || !t.c.agrees(g, i.index+1) {
		return
	}
	if i.isCase() {
		if i.state == Active {
			t.forget(i, g)
			t.move(i, Terminate, g)
		}
		return
	}
	t.move(i, Exit, g)
}
