package cmmn

import (
	"fmt"
	"strings"
)

// Find returns the number of the instance that an id, a path or a name refers
// to, in that order of preference; "case" is the case itself. If there are
// several instances, index picks one. A negative index picks the oldest that
// can make the transition, or else the newest.
func (c *Case) Find(ref string, index int, wanted Transition) (int, error) {
	if ref == "case" {
		return 0, nil
	}
	all := c.matching(ref)
	if len(all) == 0 {
		return 0, &CommandError{quoted(ref), c.missing(ref)}
	}
	if other := differing(all); other != nil {
		return 0, &CommandError{quoted(ref), fmt.Sprintf("it is ambiguous: it may be %s or %s; name it by its id", quoted(all[0].node.id), quoted(other.node.id))}
	}
	if index >= 0 {
		for _, i := range all {
			if i.index == index {
				return i.number, nil
			}
		}
		return 0, &CommandError{quoted(ref), fmt.Sprintf("it has no instance %d", index)}
	}
	for _, i := range all {
		if c.permitted(i, wanted) == nil {
			return i.number, nil
		}
	}
	return all[len(all)-1].number, nil
}

// matching returns the instances that a reference fits, by the best kind of
// fit. Items that the model no longer has count only if nothing else fits.
func (c *Case) matching(ref string) []*instance {
	for _, fits := range []func(*instance) bool{
		func(i *instance) bool { return i.node.id == ref },
		func(i *instance) bool { return i.path() == ref },
		func(i *instance) bool { return i.node.title == ref },
	} {
		var all, gone []*instance
		for _, i := range c.instances[1:] {
			switch {
			case !fits(i):
			case i.node.gone:
				gone = append(gone, i)
			default:
				all = append(all, i)
			}
		}
		if len(all) == 0 {
			all = gone
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// differing returns an instance of another item than the first instance's, or
// nil.
func differing(all []*instance) *instance {
	for _, i := range all {
		if i.node != all[0].node {
			return i
		}
	}
	return nil
}

// missing says why nothing fits the reference.
func (c *Case) missing(ref string) string {
	name := ref[strings.LastIndex(ref, "/")+1:]
	for _, n := range c.program.nodes[1:] {
		switch {
		case n.id != ref && n.title != name:
		case n.holder != nil:
			return "it is not planned"
		default:
			return fmt.Sprintf("it does not exist yet, because its stage %s has not begun", quoted(n.scope.title))
		}
	}
	return "there is no such item"
}

// FindPlan resolves a discretionary item by id or name, and the stage to plan
// it into by id, path or name. A human task stands for its stage and "case" for
// the case. Without a stage, FindPlan takes the only one that can have the
// item.
func (c *Case) FindPlan(item, in string) (Plan, error) {
	n := c.discretionary(item)
	if n == nil {
		return Plan{}, &CommandError{quoted(item), "it is no discretionary item"}
	}
	switch in {
	case "case":
		return Plan{n.id, 0}, nil
	case "":
		return c.onlyStage(n)
	}
	all := c.matching(in)
	if len(all) == 0 {
		if in == c.root().node.id || in == c.root().node.title {
			return Plan{n.id, 0}, nil
		}
		return Plan{}, &CommandError{quoted(in), c.missing(in)}
	}
	stage := all[len(all)-1]
	if stage.node.def.Kind == HumanTask {
		stage = stage.parent
	}
	return Plan{n.id, stage.number}, nil
}

func (c *Case) discretionary(ref string) *node {
	if n, known := c.program.byID[ref]; known && n.holder != nil {
		return n
	}
	for _, n := range c.program.nodes {
		if n.holder != nil && n.title == ref {
			return n
		}
	}
	return nil
}

func (c *Case) onlyStage(n *node) (Plan, error) {
	stages := unended(c.ofStage[n.scope.def])
	if len(stages) != 1 {
		return Plan{}, &CommandError{n.title, fmt.Sprintf("name the stage it goes into; there are %d", len(stages))}
	}
	return Plan{n.id, stages[0].number}, nil
}
