package diagram

import (
	"math"

	"cairn/internal/cmmn"
)

// reporter is what checks need of *testing.T and *rapid.T.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check checks everything that a layout promises.
func check(t reporter, m *cmmn.Model, p *Plan) {
	t.Helper()
	tree := newTree(m)
	for _, n := range tree.nodes {
		checkNode(t, n, p)
	}
	for _, e := range p.Edges {
		checkEnds(t, p, e.Points, p.Shapes[e.Source], p.Shapes[e.Criterion], e.OnPart)
		from, to := nodeOf(tree, e.Source), nodeOf(tree, e.Criterion)
		checkClear(t, tree, p, e.Points, from, to)
	}
	for _, a := range p.Associations {
		checkEnds(t, p, a.Points, p.Shapes[a.Task], p.Shapes[a.Item], a.Item)
		checkClear(t, tree, p, a.Points, tree.byID[a.Task], tree.byID[a.Item])
	}
	checkApart(t, p)
	if want := len(tree.wires()); len(p.Edges)+len(p.Associations) != want {
		t.Fatalf("%d lines instead of %d", len(p.Edges)+len(p.Associations), want)
	}
}

// checkApart checks that lines run on top of each other only if they share a
// source or a target.
func checkApart(t reporter, p *Plan) {
	t.Helper()
	for i, e := range p.Edges {
		for _, other := range p.Edges[:i] {
			if e.Source != other.Source && e.Criterion != other.Criterion && overlay(e.Points, other.Points) {
				t.Fatalf("the lines of %s and %s are on top of each other: %v, %v", e.OnPart, other.OnPart, e.Points, other.Points)
			}
		}
	}
}

// overlay reports whether two lines share a piece that is longer than a crossing.
func overlay(a, b []Point) bool {
	for i := 1; i < len(a); i++ {
		for k := 1; k < len(b); k++ {
			p, q, r, s := a[i-1], a[i], b[k-1], b[k]
			across := p.Y == q.Y && r.Y == s.Y && p.Y == r.Y && min(max(p.X, q.X), max(r.X, s.X))-max(min(p.X, q.X), min(r.X, s.X)) > 1
			upright := p.X == q.X && r.X == s.X && p.X == r.X && min(max(p.Y, q.Y), max(r.Y, s.Y))-max(min(p.Y, q.Y), min(r.Y, s.Y)) > 1
			if across || upright {
				return true
			}
		}
	}
	return false
}

// nodeOf is the node with an id, or with a criterion of that id.
func nodeOf(tree *tree, id string) *node {
	for _, n := range tree.nodes {
		for _, c := range append(append([]cmmn.Criterion(nil), n.entry...), n.exit...) {
			if c.ID == id {
				return n
			}
		}
	}
	return tree.byID[id]
}

func checkNode(t reporter, n *node, p *Plan) {
	t.Helper()
	b, drawn := p.Shapes[n.id]
	if !drawn || b.W <= 0 || b.H <= 0 {
		t.Fatalf("%s is not drawn", n.id)
	}
	if b.X < 0 || b.Y < 0 || b.X+b.W > p.Width || b.Y+b.H > p.Height {
		t.Fatalf("%s is outside of the drawing", n.id)
	}
	for i, child := range n.children {
		c := p.Shapes[child.id]
		if c.X <= b.X || c.Y <= b.Y || c.X+c.W >= b.X+b.W || c.Y+c.H >= b.Y+b.H {
			t.Fatalf("%s sticks out of %s", child.id, n.id)
		}
		for _, other := range n.children[:i] {
			if meets(c, []Bounds{p.Shapes[other.id]}) > 0 {
				t.Fatalf("%s and %s overlap", child.id, other.id)
			}
		}
	}
	for _, c := range n.entry {
		checkCriterion(t, c.ID, b.X, b, p)
	}
	for _, c := range n.exit {
		checkCriterion(t, c.ID, b.X+b.W, b, p)
	}
}

// checkCriterion checks that a criterion is whole and sits on a vertical edge.
func checkCriterion(t reporter, id string, edge float64, b Bounds, p *Plan) {
	t.Helper()
	c := p.Shapes[id]
	if c.W != criterionWidth || c.H != criterionHeight || c.X+c.W/2 != edge || c.Y+1 < b.Y || c.Y+c.H > b.Y+b.H+1 {
		t.Fatalf("criterion %s is not on its edge: %v on %v", id, c, b)
	}
}

func checkEnds(t reporter, p *Plan, line []Point, source, target Bounds, id string) {
	t.Helper()
	if len(line) < 2 {
		t.Fatalf("the line of %s has %d points", id, len(line))
	}
	for i := 1; i < len(line); i++ {
		if line[i].X != line[i-1].X && line[i].Y != line[i-1].Y {
			t.Fatalf("the line of %s is not orthogonal: %v", id, line)
		}
	}
	if !onBorder(line[0], source) || !onBorder(line[len(line)-1], target) {
		t.Fatalf("the line of %s does not end at its source and target: %v from %v to %v", id, line, source, target)
	}
}

// onBorder reports whether a point is on the left or right edge of a box. For a
// criterion, which is a diamond, it reports whether the point is on the outline.
func onBorder(p Point, b Bounds) bool {
	const near = 1e-6
	if b.W == criterionWidth {
		x, y := math.Abs(p.X-b.X-b.W/2)/(b.W/2), math.Abs(p.Y-b.Y-b.H/2)/(b.H/2)
		return math.Abs(x+y-1) < near
	}
	return (math.Abs(p.X-b.X) < near || math.Abs(p.X-b.X-b.W) < near) && p.Y >= b.Y && p.Y <= b.Y+b.H
}

// checkClear checks that a line crosses no box, except for stages around its
// ends.
func checkClear(t reporter, tree *tree, p *Plan, line []Point, from, to *node) {
	t.Helper()
	for _, n := range tree.nodes {
		b := p.Shapes[n.id]
		for i := 1; i < len(line); i++ {
			if !crosses(line[i-1], line[i], b) {
				continue
			}
			if n.open() && (from.within(n) || to.within(n)) {
				break
			}
			t.Fatalf("the line from %s to %s crosses %s: %v, %v", from.id, to.id, n.id, line, b)
		}
	}
}

// crosses reports whether a piece of a line is inside of a rectangle.
func crosses(a, c Point, b Bounds) bool {
	const near = 1e-6
	return min(a.X, c.X) < b.X+b.W-near && max(a.X, c.X) > b.X+near && min(a.Y, c.Y) < b.Y+b.H-near && max(a.Y, c.Y) > b.Y+near
}
