package diagram

import "cairn/internal/cmmn"

// wire is a line to draw: from an item to the criterion of another, or from a
// human task to a discretionary item.
type wire struct {
	from, to       *node
	source, target string // ids of what it starts at and ends at
	start, end     port
	on             *cmmn.OnPart // nil for an association
	label          string
	// net names the lines that may run on top of each other: those of one source.
	net string
	// route are the streets it follows: vertical, horizontal, ..., vertical.
	route []*street
	// via is where it runs in each street of the route: x or y.
	via []float64
}

// wires are the lines of the model, in its order.
func (t *tree) wires() []*wire {
	var all []*wire
	for _, n := range t.nodes {
		for i, c := range n.entry {
			all = append(all, t.criterionWires(n, c, west, i)...)
		}
		for i, c := range n.exit {
			all = append(all, t.criterionWires(n, c, east, i)...)
		}
		all = append(all, t.associations(n)...)
	}
	return all
}

func (t *tree) criterionWires(n *node, c cmmn.Criterion, s side, index int) []*wire {
	sentry := n.sentry(c.Sentry)
	if sentry == nil {
		return nil
	}
	var all []*wire
	for i := range sentry.On {
		on := &sentry.On[i]
		from, drawn := t.byID[on.Source]
		if !drawn || from == t.root {
			continue
		}
		w := &wire{from: from, to: n, source: from.id, target: c.ID, on: on, label: label(on)}
		w.start = port{node: from, side: east, slot: sourceSlot, inside: n != from && n.within(from)}
		w.end = port{node: n, side: s, slot: index, inside: s == east && from != n && from.within(n)}
		for i, exit := range from.exit {
			if exit.ID == on.ExitCriterion {
				w.source, w.start.slot, w.start.leaves = exit.ID, i, true
			}
		}
		w.net = w.source
		all = append(all, w)
	}
	return all
}

// sentry finds the sentry of a criterion in the node's stage or in one that
// contains it.
func (n *node) sentry(id string) *cmmn.Sentry {
	at := n.parent
	if at == nil {
		at = n
	}
	for ; at != nil; at = at.parent {
		for _, s := range at.def.Sentries {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}

func (t *tree) associations(task *node) []*wire {
	if task.kind != cmmn.HumanTask {
		return nil
	}
	var all []*wire
	for _, item := range tableItems(task.def.Table) {
		to := t.byID[item.ID]
		all = append(all, &wire{
			from: task, to: to, source: task.id, target: to.id, net: task.id + " plans",
			start: port{node: task, side: east, slot: tableSlot}, end: port{node: to, side: west, slot: len(to.entry)},
		})
	}
	return all
}

// label is the event of an on-part, unless it goes without saying.
func label(on *cmmn.OnPart) string {
	switch {
	case on.FileEvent != 0:
		return on.FileEvent.String()
	case on.Event == cmmn.Complete || on.Event == cmmn.Occur || on.ExitCriterion != "":
		return ""
	}
	return on.Event.String()
}

// points is the line, from its source to its target.
func (w *wire) points() []Point {
	from, to := w.start.at(), w.end.at()
	line := []Point{from}
	y := from.Y
	for i := 0; i < len(w.route); i += 2 {
		x := w.via[i]
		next := to.Y
		if i+1 < len(w.route) {
			next = w.via[i+1]
		}
		line = append(line, Point{x, y}, Point{x, next})
		y = next
	}
	return straightened(append(line, to))
}

// straightened leaves the points out that are no bend.
func straightened(line []Point) []Point {
	kept := line[:1]
	for i := 1; i < len(line); i++ {
		p, last := line[i], kept[len(kept)-1]
		switch {
		case p == last:
		case len(kept) > 1 && aligned(kept[len(kept)-2], last, p):
			kept[len(kept)-1] = p
		default:
			kept = append(kept, p)
		}
	}
	return kept
}

func aligned(a, b, c Point) bool { return a.X == b.X && b.X == c.X || a.Y == b.Y && b.Y == c.Y }

// reserve widens the streets in front of criteria for the labels of their lines.
func reserve(wires []*wire) {
	lines := map[string]int{}
	for _, w := range wires {
		lines[w.target]++
	}
	for _, w := range wires {
		if w.label == "" || lines[w.target] > 1 || w.to.parent == nil || w.end.inside {
			continue
		}
		room := textWidth(w.label, smallSize) + 2*labelGap
		g := w.to.parent.grid
		if w.end.side == west {
			g.v[w.to.col].after = max(g.v[w.to.col].after, criterionWidth/2+room)
		} else {
			g.v[w.to.col+1].before = max(g.v[w.to.col+1].before, criterionWidth/2+room)
		}
	}
}
