package diagram

import "cairn/internal/cmmn"

// Plan says where everything is. Lengths are in pixels of 1/96 inch. y grows
// downwards, and nothing is left of or above the origin.
type Plan struct {
	Width, Height float64
	// Shapes maps ids to bounds: of the case plan model, of plan items and
	// discretionary items, of criteria (20 by 28, centred on the edge of their
	// item), and of case file items that an on-part refers to.
	//
	// The tab of the case plan model and the names of event listeners and case
	// file items lie outside their bounds.
	Shapes map[string]Bounds
	// Collapsed holds the ids of stages that are drawn without their content,
	// because an earlier item of the same definition shows it.
	Collapsed map[string]bool
	// Edges are the lines of on-parts, in the order of the criteria in the model.
	Edges []Edge
	// Associations are the lines from human tasks to their discretionary items.
	Associations []Association
}

// Bounds is a rectangle.
type Bounds struct{ X, Y, W, H float64 }

// Point is a place.
type Point struct{ X, Y float64 }

// Edge is the line of an on-part to one criterion. If several criteria share a
// sentry, each has its own line.
type Edge struct {
	OnPart    string // the on-part's id
	Source    string // the id of the item, exit criterion or case file item where it starts
	Criterion string // the id of the criterion where it ends
	Label     string // the event; empty for the source's usual one
	Points    []Point
}

// Association is the line from a human task to an item of its planning table.
type Association struct {
	Task, Item string // ids
	Points     []Point
}

// Layout places the elements of a model.
func Layout(m *cmmn.Model) *Plan {
	t := newTree(m)
	wires := t.wires()
	arrange(t.root, wires)
	reserve(wires)
	streets := gridStreets(t.root)

	place(t.root)
	newRouter(t.root, streets).routeAll(wires)
	assignTracks(streets, wires) // says how many lines each street holds
	for again := true; again; again = dodge(streets) {
		place(t.root)
		assignTracks(streets, wires)
	}
	return t.plan(wires)
}

// plan writes the result into a Plan.
func (t *tree) plan(wires []*wire) *Plan {
	canvas := t.root.canvas()
	p := &Plan{Width: canvas.W, Height: canvas.H, Shapes: map[string]Bounds{}, Collapsed: map[string]bool{}}
	for _, n := range t.nodes {
		p.Shapes[n.id] = n.shape()
		if n.collapsed {
			p.Collapsed[n.id] = true
		}
		for i, c := range n.entry {
			p.Shapes[c.ID] = n.criterion(west, i)
		}
		for i, c := range n.exit {
			p.Shapes[c.ID] = n.criterion(east, i)
		}
	}
	for _, w := range wires {
		if w.on == nil {
			p.Associations = append(p.Associations, Association{Task: w.from.id, Item: w.to.id, Points: w.points()})
			continue
		}
		p.Edges = append(p.Edges, Edge{OnPart: w.on.ID, Source: w.source, Criterion: w.target, Label: w.label, Points: w.points()})
	}
	return p
}
