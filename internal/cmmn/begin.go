package cmmn

// ready begins an instance that waits for nothing, or whose criteria are
// satisfied.
func (t *turn) ready(i *instance) {
	if i.node.gone {
		return
	}
	if i.state == Available && t.c.mayRun(i) {
		t.enter(i)
	}
	if i.node.def.Kind == Stage && !i.begun() {
		for _, g := range i.node.crossing {
			t.testEntry(i, g)
		}
	}
	for _, g := range i.node.exit {
		t.testExit(i, g)
	}
}

// enter tests the entry criteria of an instance that waits.
func (t *turn) enter(i *instance) {
	if len(i.node.entry) == 0 {
		t.begin(i)
	}
	for _, g := range i.node.entry {
		if i.state == Available {
			t.testEntry(i.parent, g)
		}
	}
}

// begin takes an available instance to where its kind and rules send it.
func (t *turn) begin(i *instance) {
	switch {
	case i.node.def.Kind == Milestone:
		t.move(i, Occur, nil)
	case i.node.def.Kind.IsListener(): // occurs by an event from outside
	case i.node.control.manual != nil && t.c.holds(i.node.control.manual, i.index+1):
		t.require(i)
		t.move(i, Enable, nil)
	default:
		t.move(i, Start, nil)
	}
}

// require evaluates the required rule again. An instance that is required stays
// required.
func (t *turn) require(i *instance) {
	rule := i.node.control.required
	if !i.required && rule != nil && t.c.holds(rule, i.index+1) {
		t.emit(Effect{Op: OpRequire, At: i.number})
	}
}

// repeats reports whether another instance should follow this one.
func (c *Case) repeats(last *instance) bool {
	rules := last.node.control
	if rules.repetition == nil || rules.ceiling > 0 && last.index+1 >= rules.ceiling {
		return false
	}
	return c.holds(rules.repetition, last.index+1)
}

// repeatAfter makes the next instance of an item when the last one has ended.
// It is for items that repeat without an event.
func (t *turn) repeatAfter(i *instance, transition Transition) {
	ended := transition == Complete || transition == Terminate
	if ended && !i.isCase() && !i.node.byTrigger && (i.parent.state == Active || i.parent.state == Failed) && t.c.repeats(i) {
		t.create(i.node, i.parent)
	}
}

// reopen tests everything that waits in a stage that goes on after a pause, and
// in the stages below it.
func (t *turn) reopen(stage *instance) {
	for _, g := range stage.node.anchored {
		t.later(func() { t.testAnchored(stage, g) })
	}
	for _, child := range stage.children {
		t.later(func() { t.ready(child) })
		if child.node.def.Kind == Stage && (child.state == Active || child.state == Failed) {
			t.recheck(child)
			t.reopen(child)
		}
		if child.node.control.repetition != nil && stage.placeOf(child.node).last == child {
			for _, g := range child.node.entry {
				t.later(func() { t.testEntry(stage, g) })
			}
		}
	}
}
