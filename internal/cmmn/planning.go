package cmmn

import (
	"fmt"
	"strings"
)

// Plan puts a discretionary item into a stage: at once if the stage is active,
// otherwise when it becomes active.
type Plan struct {
	Item string // the item's id
	In   int    // number of the stage's instance; 0 is the case
}

// String implements [fmt.Stringer].
func (p Plan) String() string { return "plan " + p.Item }

func (p Plan) run(t *turn) error {
	n, stage, err := t.c.planned(p.Item, p.In)
	if err != nil {
		return err
	}
	if reason := t.c.unplannable(n, stage); reason != "" {
		return &CommandError{n.title, reason}
	}
	if stage.state == Active {
		t.add(n, stage)
		return nil
	}
	t.emit(Effect{Op: OpPlan, At: stage.number, Item: n.id})
	return nil
}

// Unplan takes out a planned item that has not begun.
type Unplan struct {
	Item string
	In   int
}

// String implements [fmt.Stringer].
func (u Unplan) String() string { return "unplan " + u.Item }

func (u Unplan) run(t *turn) error {
	n, stage, err := t.c.planned(u.Item, u.In)
	if err != nil {
		return err
	}
	p := stage.placeOf(n)
	if reason := t.c.unremovable(p); reason != "" {
		return &CommandError{n.title, reason}
	}
	for _, g := range n.entry {
		t.forget(stage, g)
	}
	if p.planned {
		t.emit(Effect{Op: OpUnplan, At: stage.number, Item: n.id})
	} else {
		t.takeOut(p.last)
	}
	return nil
}

// unremovable says why nothing can be taken out of a place now. It is empty if
// something can.
func (c *Case) unremovable(p *place) string {
	switch {
	case c.root().state != Active:
		return "the case is " + c.State().String()
	case p.planned:
		return ""
	case p.last == nil, p.last.state.Ended():
		return "it is not planned"
	case p.last.worked(), p.last.state == Suspended:
		return fmt.Sprintf("it is %s; only an item that has not begun can be taken out of the plan", p.last.state)
	}
	return ""
}

// takeOut ends an instance that no longer belongs in its stage.
func (t *turn) takeOut(i *instance) {
	if i.node.isOccurrence() {
		t.move(i, ParentTerminate, nil)
	} else {
		t.move(i, Exit, nil)
	}
}

// worked reports whether the instance was ever active or, for a milestone, has
// occurred.
func (i *instance) worked() bool {
	return i.seen&(1<<Start|1<<ManualStart|1<<Occur) != 0 || i.isCase()
}

// planned finds the item and the stage that a plan names.
func (c *Case) planned(item string, in int) (*node, *instance, error) {
	n, known := c.program.byID[item]
	if !known || n.holder == nil {
		return nil, nil, &CommandError{quoted(item), "it is no discretionary item"}
	}
	stage, err := c.at(in)
	if err != nil {
		return nil, nil, &CommandError{n.title, err.Error()}
	}
	if stage.node.def != n.scope.def {
		return nil, nil, &CommandError{n.title, fmt.Sprintf("it cannot be planned into %s", quoted(stage.node.title))}
	}
	return n, stage, nil
}

// unplannable says why an item cannot be planned into a stage now. It is empty
// if it can. Table 8.13 is read as cafienne reads it: items go into an active
// stage, and into one that has yet to begin.
func (c *Case) unplannable(n *node, stage *instance) string {
	stopped := stage.notPlannable()
	switch {
	case c.root().state != Active:
		return "the case is " + c.State().String()
	case stopped != nil:
		return fmt.Sprintf("%s is %s", quoted(stopped.node.title), stopped.state)
	case n.holder.def.Kind == HumanTask && !c.holderActive(n, stage):
		return fmt.Sprintf("it is planned from %s, which is not active", quoted(n.holder.title))
	}
	if unmet := c.inapplicable(n); len(unmet) > 0 {
		return "it does not apply: " + strings.Join(unmet, ", ")
	}
	p := stage.placeOf(n)
	if p.planned || p.last != nil && !p.last.takenOut() && !c.repeats(p.last) {
		return "it is planned already"
	}
	return ""
}

// notPlannable returns what prevents planning into the stage: the stage itself,
// or an outer one that has ended or is suspended.
func (i *instance) notPlannable() *instance {
	switch i.state {
	case Active, Available, Enabled:
	default:
		return i
	}
	if i.isCase() {
		return nil
	}
	return i.parent.nearestNot(Active, Failed)
}

func (c *Case) holderActive(n *node, stage *instance) bool {
	for _, child := range stage.children {
		if child.node == n.holder && child.state == Active {
			return true
		}
	}
	return false
}

// takenOut reports whether the instance was taken out of the plan before it
// began.
func (i *instance) takenOut() bool { return i.state == Terminated && !i.worked() && i.exitBy == "" }

// inapplicable returns the parts of the item's applicability rules that do not
// hold.
func (c *Case) inapplicable(n *node) []string {
	var unmet []string
	for _, rule := range n.applicable {
		unmet = append(unmet, rule.Unmet(c.values(1))...)
	}
	return unmet
}

// leftToPlan returns the items of the stage's own planning table that apply and
// are not planned (Table 8.12).
func (c *Case) leftToPlan(stage *instance) []*node {
	var left []*node
	for _, n := range stage.node.table {
		p := stage.placeOf(n)
		if !p.planned && (p.last == nil || p.last.takenOut()) && c.applies(n) {
			left = append(left, n)
		}
	}
	return left
}

func (c *Case) applies(n *node) bool {
	for _, rule := range n.applicable {
		if !c.holds(rule, 1) {
			return false
		}
	}
	return true
}
