package cmmn

import "fmt"

// move makes a transition that the life cycle tables allow, and starts what
// follows: children, events, completion, repetition. by is the exit criterion
// that caused it, if any.
func (t *turn) move(i *instance, transition Transition, by *gate) {
	table := tableOf(i.node.def.Kind)
	if i.isCase() {
		table = caseTable
	}
	to, legal := target(table, transition, i.state)
	if !legal {
		panic(fmt.Sprintf("cmmn: %s cannot %s while it is %s", i.path(), transition, i.state))
	}
	from := i.state
	if transition == ParentResume || transition == Resume && i.before != Null {
		to = i.before
	}
	before := Null
	if to == Suspended {
		before = from
	}
	t.work[i.node]++
	e := Effect{Op: OpMove, At: i.number, Transition: transition, From: from, To: to, Before: before}
	if by != nil {
		e.Criterion = by.id
	}
	t.emit(e)
	t.recheck(i.parent)
	if transition.IsEvent() {
		t.later(func() { t.happened(i, transition, by) })
	}
	t.follow(i, transition, from)
}

// follow starts what the tables attach to a transition.
func (t *turn) follow(i *instance, transition Transition, from State) {
	if i.node.def.Kind == Stage {
		t.cascade(i, transition, from)
		return
	}
	switch {
	case i.state == Active && from != Active && i.node.def.NonBlocking:
		// Section 5.4.10: a task that does not block completes at once.
		t.later(func() {
			if i.state == Active {
				t.move(i, Complete, nil)
			}
		})
	case i.state == Available:
		t.later(func() { t.ready(i) })
	}
	t.repeatAfter(i, transition)
}

// cascade is Table 8.9: the effect of a transition on the children of a stage
// or case.
func (t *turn) cascade(i *instance, transition Transition, from State) {
	switch transition {
	case Create, Start, ManualStart:
		t.open(i)
	case Suspend, ParentSuspend:
		t.suspendChildren(i)
	case ParentResume:
		t.resumed(i)
	case Resume:
		t.resumed(i)
		t.reopen(i)
	case Reactivate:
		t.reactivated(i, from)
	case Exit, Terminate:
		t.endChildren(i)
	case Complete:
		t.endLeftovers(i)
	}
	t.repeatAfter(i, transition)
}

// open gives a stage that became active its children. All of them exist before
// the first one does anything.
func (t *turn) open(stage *instance) {
	t.recheck(stage)
	for _, n := range stage.node.children {
		t.add(n, stage)
	}
	for _, n := range stage.node.plannable {
		if stage.placeOf(n).planned {
			t.emit(Effect{Op: OpUnplan, At: stage.number, Item: n.id})
			t.add(n, stage)
		}
	}
}

// add puts an item into a stage and lets it count what has already occurred.
// Repetitions may not: they would count the same occurrence again.
func (t *turn) add(n *node, stage *instance) { t.recall(t.create(n, stage)) }

// create makes the next instance of an item in a stage.
func (t *turn) create(n *node, stage *instance) *instance {
	index := 0
	if last := stage.placeOf(n).last; last != nil {
		index = last.index + 1
	}
	required := n.control.required != nil && t.c.holds(n.control.required, index+1)
	number := len(t.c.instances)
	t.work[n]++
	t.emit(Effect{Op: OpCreate, At: number, Item: n.id, Kind: n.def.Kind, Parent: stage.number, Index: index, Required: required})
	i := t.c.instances[number]
	t.recheck(stage)
	if n.timer != nil && n.timer.start == nil && index == 0 {
		t.arm(i, n.timer.first(t.c.now))
	}
	if n.def.Kind == Stage {
		t.inherit(i)
	}
	t.later(func() { t.happened(i, Create, nil) })
	t.later(func() { t.ready(i) })
	return i
}

func (t *turn) suspendChildren(stage *instance) {
	for _, child := range stage.children {
		switch {
		case child.node.isOccurrence():
			if child.state == Available {
				t.move(child, Suspend, nil)
			}
		case child.state == Available || child.state == Enabled || child.state == Disabled || child.state == Active:
			t.move(child, ParentSuspend, nil)
		}
	}
}

// resumed takes the children of a suspended stage back to their earlier states.
func (t *turn) resumed(stage *instance) {
	t.recheck(stage)
	for _, child := range stage.children {
		switch {
		case child.state != Suspended:
		case child.node.isOccurrence():
			t.move(child, Resume, nil)
		default:
			t.move(child, ParentResume, nil)
		}
	}
}

// reactivated continues a stage that failed, or a case that ended.
func (t *turn) reactivated(stage *instance, from State) {
	if len(stage.children) == 0 { // a case that failed at its start has none yet
		t.open(stage)
		return
	}
	// A case that had ended would end again at once, before anybody could use it.
	// So its completion is checked only after something changes.
	switch from {
	case Suspended:
		t.resumed(stage)
		t.later(func() { t.ready(stage) })
	case Failed:
		t.recheck(stage)
		t.later(func() { t.ready(stage) })
	}
	t.reopen(stage)
}

func (t *turn) endChildren(stage *instance) {
	for _, child := range stage.children {
		switch {
		case child.state.Ended():
		case child.node.isOccurrence():
			t.move(child, ParentTerminate, nil)
		default:
			t.move(child, Exit, nil)
		}
	}
}

// endLeftovers ends everything below a complete stage that could still work.
// Table 8.9 lets disabled and failed children stay, and also milestones and
// listeners, which can no longer do anything.
func (t *turn) endLeftovers(stage *instance) {
	for _, child := range stage.children {
		if !child.node.isOccurrence() && (child.state == Active || child.state == Available || child.state == Enabled || child.state == Suspended) {
			t.move(child, Exit, nil)
		}
	}
}

// isOccurrence reports whether the node is a milestone or an event listener.
func (n *node) isOccurrence() bool { return n.def.Kind == Milestone || n.def.Kind.IsListener() }

// completeIfDone is Table 8.12 for a stage that completes by itself.
func (t *turn) completeIfDone(stage *instance) {
	if stage.state != Active || !t.c.mayRun(stage) {
		return
	}
	if stage.node.def.AutoComplete {
		if stage.tally.active == 0 && stage.tally.requiredOpen == 0 {
			t.move(stage, Complete, nil)
		}
		return
	}
	if stage.tally.open == 0 && len(t.c.leftToPlan(stage)) == 0 {
		t.move(stage, Complete, nil)
	}
}
