package roadmap

import (
	"slices"
	"strings"

	"cairn/internal/document"
)

// order follows what waits for what through a roadmap, depth first.
type order struct {
	waits map[string][]string // what a task or a stage's end waits for
	done  map[string]bool
	path  []string // from the first to the current one
}

// checkOrder checks that nothing waits for itself. A task waits for its
// predecessors and for what opens its stage. The end of a stage waits for its
// tasks, except discretionary ones. The first circle in the file's order is the
// fault.
func checkOrder(r *Roadmap, places map[string]document.Place) document.Faults {
	o := &order{waits: waits(r), done: map[string]bool{}}
	for _, s := range r.Stages {
		for _, t := range s.Tasks {
			if circle := o.visit(t.ID); circle != nil {
				return document.Faults{places[circle[0]].Fault("%s", circleWords(circle))}
			}
		}
	}
	return nil
}

// visit follows what an id waits for, and returns the circle it meets, or nil.
func (o *order) visit(id string) []string {
	if at := slices.Index(o.path, id); at >= 0 {
		return slices.Clone(o.path[at:])
	}
	if o.done[id] {
		return nil
	}
	o.path = append(o.path, id)
	for _, next := range o.waits[id] {
		if circle := o.visit(next); circle != nil {
			return circle
		}
	}
	o.path = o.path[:len(o.path)-1]
	o.done[id] = true
	return nil
}

func circleWords(ids []string) string {
	if len(ids) == 1 {
		return ids[0] + " waits for itself"
	}
	return ids[0] + " waits for " + strings.Join(ids[1:], ", which waits for ") + ", which waits for " + ids[0]
}

// WaitsFor reports whether a task waits for another, directly or through
// others.
func (r *Roadmap) WaitsFor(task, other string) bool {
	o := &order{waits: waits(r), done: map[string]bool{}}
	o.visit(task)
	return task != other && o.done[other]
}

// waits maps everything to what it directly waits for.
func waits(r *Roadmap) map[string][]string {
	provers := map[string][]string{} // the tasks that prove a checkpoint
	for _, s := range r.Stages {
		for _, t := range s.Tasks {
			for _, id := range t.Checkpoints {
				provers[id] = append(provers[id], t.ID)
			}
		}
	}
	waits := map[string][]string{}
	for _, s := range r.Stages {
		opening := openingOf(r, s, provers)
		for _, t := range s.Tasks {
			for _, id := range t.After {
				waits[t.ID] = append(waits[t.ID], taskOf(r, id))
			}
			waits[t.ID] = append(waits[t.ID], opening...)
			if !t.Discretionary {
				waits[s.ID] = append(waits[s.ID], t.ID)
			}
		}
	}
	return waits
}

// openingOf returns the tasks and stages that a stage's entry waits for.
func openingOf(r *Roadmap, s Stage, provers map[string][]string) []string {
	var ids []string
	for _, c := range s.Entry {
		for _, id := range c.ProvenBy {
			if tasks, is := provers[id]; is {
				ids = append(ids, tasks...)
			} else {
				ids = append(ids, taskOf(r, id))
			}
		}
	}
	return ids
}

// taskOf returns the task of a milestone. Other ids stand for themselves.
func taskOf(r *Roadmap, id string) string {
	if m, is := r.Milestone(id); is {
		return m.Task
	}
	return id
}
