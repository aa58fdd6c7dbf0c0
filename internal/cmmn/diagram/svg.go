package diagram

import (
	"fmt"
	"strings"

	"cairn/internal/cmmn"
)

// SVG draws a model that was laid out. Every box is a group with a title, a
// description, and its id in data-id. Groups are in the order of the model,
// which is the reading order. States are coloured and written out.
func SVG(m *cmmn.Model, p *Plan, marks Marks, scheme Scheme) []byte {
	d := &drawing{plan: p, marks: marks}
	root := newTree(m).root
	d.line(`<svg xmlns="http://www.w3.org/2000/svg" class="cmmn" role="group" width="%s" height="%s" viewBox="0 0 %[1]s %[2]s">`, num(p.Width), num(p.Height))
	d.line("<title>%s</title>", escaped(oneLine(root.title)))
	d.line("<style>\n%s</style>", styleSheet(scheme))
	d.line(`<rect class="paper" width="%s" height="%s"/>`, num(p.Width), num(p.Height))
	d.node(root)
	d.wires()
	d.criteria(root)
	d.labels()
	d.line("</svg>")
	return d.Bytes()
}

// drawing is an SVG that is being drawn.
type drawing struct {
	canvas
	plan  *Plan
	marks Marks
	// filled are the areas that labels must not cover.
	filled []Bounds
}

// node draws a node and what it contains.
func (d *drawing) node(n *node) {
	b := d.plan.Shapes[n.id]
	mark := d.marks[n.id]
	d.line(`<g role="group" class="%s" data-id="%s">`, classes(n, mark), escaped(n.id))
	d.line("<title>%s</title>", escaped(oneLine(n.title)))
	d.line("<desc>%s</desc>", escaped(describe(n, mark)))
	d.box(n, b)
	if !n.open() {
		d.filled = append(d.filled, b)
	}
	d.decorate(n, b)
	d.badges(n, b, mark.badges(n))
	for _, child := range n.children {
		d.node(child)
	}
	d.line("</g>")
}

// classes returns the CSS classes of a node.
func classes(n *node, mark Mark) string {
	class := "leaf task"
	switch {
	case n.parent == nil:
		class = "case"
	case n.open():
		class = "stage"
	case n.kind == cmmn.Stage:
		class = "leaf stage"
	case n.kind == 0:
		class = "leaf file"
	case n.kind == cmmn.Milestone:
		class = "leaf milestone"
	case n.kind.IsListener():
		class = "leaf listener"
	}
	if badges := mark.badges(n); len(badges) > 0 {
		class += " " + badges[len(badges)-1].class
	}
	return class
}

// describe returns a node in words.
func describe(n *node, mark Mark) string {
	kind := "case file item"
	switch {
	case n.parent == nil:
		kind = "case plan model"
	case n.kind != 0:
		kind = n.kind.String()
	}
	if n.discretionary {
		kind = "discretionary " + kind
	}
	said := []string{kind}
	for _, badge := range mark.badges(n) {
		said = append(said, badge.text)
	}
	for _, rule := range []struct {
		set  bool
		text string
	}{
		{n.control.Required != nil, "required"},
		{n.control.ManualActivation != nil, "activated by hand"},
		{n.control.Repetition != nil, "may be repeated"},
		{n.def != nil && n.def.AutoComplete, "completes by itself"},
		{n.collapsed, "shown where it is used first"},
	} {
		if rule.set {
			said = append(said, rule.text)
		}
	}
	if n.def != nil && n.def.Estimate != (cmmn.Estimate{}) {
		said = append(said, fmt.Sprintf("takes %s to %s", n.def.Estimate.Min, n.def.Estimate.Max))
	}
	return strings.Join(said, ", ")
}

// wires draws the lines, and a dot where one leaves another.
func (d *drawing) wires() {
	edges, associations := newStrokes(), newStrokes()
	for _, e := range d.plan.Edges {
		edges.add(e.Points)
	}
	for _, a := range d.plan.Associations {
		associations.add(a.Points)
	}
	for _, line := range edges.lines {
		d.path("line", polyline(line))
	}
	for _, line := range associations.lines {
		d.path("line association", polyline(line))
	}
	for _, p := range append(edges.joints, associations.joints...) {
		d.line(`<circle class="joint" cx="%s" cy="%s" r="2.2"/>`, num(p.X), num(p.Y))
	}
}

func (d *drawing) criteria(n *node) {
	for _, c := range n.entry {
		d.criterion("box entry", c.ID)
	}
	for _, c := range n.exit {
		d.criterion("box exit", c.ID)
	}
	for _, child := range n.children {
		d.criteria(child)
	}
}
