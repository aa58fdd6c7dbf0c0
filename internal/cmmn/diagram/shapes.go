package diagram

import "cairn/internal/cmmn"

const (
	corner    = 14 // cut from a stage
	roundness = 8  // of a task
	badgeLine = 14
	// textMargin is between a leaf's edge and its name. Half of a criterion stands
	// in it, and the name keeps clear of that even in a font a little wider than
	// the one that is measured here.
	textMargin = criterionWidth/2 + 10
)

// box draws the outline of a node, and its name.
func (d *drawing) box(n *node, b Bounds) {
	switch {
	case n.parent == nil:
		d.casePlan(n, b)
	case n.kind == 0:
		d.file(n, b)
	case n.kind == cmmn.Stage:
		d.stage(n, b)
	case n.kind == cmmn.Milestone:
		d.milestone(n, b)
	case n.kind.IsListener():
		d.listener(n, b)
	default:
		d.task(n, b)
	}
}

// outlineClass returns the class of a node's outline.
func outlineClass(n *node) string {
	if n.discretionary {
		return "box discretionary"
	}
	return "box"
}

func (d *drawing) rounded(n *node, b Bounds, radius float64) {
	d.line(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`, outlineClass(n), num(b.X), num(b.Y), num(b.W), num(b.H), num(radius))
}

// casePlan is a folder with a tab, which holds the name.
func (d *drawing) casePlan(n *node, b Bounds) {
	const slope, padding = 12, 14
	name := clip(n.title, (b.W-2*padding-slope)/boldness, titleSize)
	right := b.X + 2*padding + textWidth(name, titleSize)*boldness
	top := b.Y - tabHeight
	d.path("box", polygon(Point{b.X, b.Y + b.H}, Point{b.X, top}, Point{right, top}, Point{right + slope, b.Y}, Point{b.X + b.W, b.Y}, Point{b.X + b.W, b.Y + b.H}))
	d.text("title", "", b.X+padding, top+19, name)
}

// stage is a box with cut corners.
func (d *drawing) stage(n *node, b Bounds) {
	l, r, t, e := b.X, b.X+b.W, b.Y, b.Y+b.H
	d.path(outlineClass(n), polygon(
		Point{l + corner, t}, Point{r - corner, t}, Point{r, t + corner}, Point{r, e - corner},
		Point{r - corner, e}, Point{l + corner, e}, Point{l, e - corner}, Point{l, t + corner}))
	if n.collapsed {
		d.lines(b.X+b.W/2, b.Y+b.H/2-6, wrap(n.title, b.W-2*textMargin, nameSize, 2))
		return
	}
	const left, besides = 22, 110 // besides the title: its margin and the badge
	room := b.W - besides
	if n.def.Table != nil {
		room = b.W/2 - left - 16 // the planning table's mark is in the middle
	}
	d.text("title", "", b.X+left, n.headline(b)+5, clip(n.title, room/boldness, titleSize))
}

// headline returns the height of the middle of a stage's title.
func (n *node) headline(b Bounds) float64 { return b.Y + headLine }

// milestone is a pill. Its name is a little above the middle, because markers
// and badges are below it.
func (d *drawing) milestone(n *node, b Bounds) {
	const higher = 4
	d.rounded(n, b, b.H/2)
	d.lines(b.X+b.W/2, b.Y+b.H/2-higher, wrap(n.title, b.W-2*textMargin, nameSize, 3))
}

// task is a box with round corners and a picture of its kind.
func (d *drawing) task(n *node, b Bounds) {
	d.rounded(n, b, roundness)
	if path := icon(n.kind); path != "" {
		d.moved("icon", b.X+15, b.Y+13, path)
	}
	const lower = 3 // than the middle, because the badge is above and larger than what is below
	d.lines(b.X+b.W/2, b.Y+b.H/2+lower, wrap(n.title, b.W-2*textMargin, nameSize, 3))
}

// listener is a double circle with its name below.
func (d *drawing) listener(n *node, b Bounds) {
	x, y, r := b.X+b.W/2, b.Y+b.H/2, b.W/2
	d.line(`<circle class="box" cx="%s" cy="%s" r="%s"/>`, num(x), num(y), num(r))
	d.line(`<circle class="icon" cx="%s" cy="%s" r="%s"/>`, num(x), num(y), num(r-3.5))
	if path := icon(n.kind); path != "" {
		d.moved("icon", x, y, path)
	}
	d.nameBelow(n, b)
}

// file is a sheet with a folded corner and its name below.
func (d *drawing) file(n *node, b Bounds) {
	const fold = 10
	r, e := b.X+b.W, b.Y+b.H
	d.path("box", polygon(Point{b.X, b.Y}, Point{r - fold, b.Y}, Point{r, b.Y + fold}, Point{r, e}, Point{b.X, e}))
	d.path("icon", polyline([]Point{{r - fold, b.Y}, {r - fold, b.Y + fold}, {r, b.Y + fold}}))
	d.nameBelow(n, b)
}

func (d *drawing) nameBelow(n *node, b Bounds) {
	d.lines(b.X+b.W/2, b.Y+b.H+symbolLabel/2+1, wrap(n.title, boxWidth, nameSize, 2))
}

// criterion is a diamond.
func (d *drawing) criterion(class, id string) {
	b := d.plan.Shapes[id]
	d.filled = append(d.filled, b)
	x, y := b.X+b.W/2, b.Y+b.H/2
	d.path(class, polygon(Point{x, b.Y}, Point{b.X + b.W, y}, Point{x, b.Y + b.H}, Point{b.X, y}))
}

// decorate draws the markers of a node.
func (d *drawing) decorate(n *node, b Bounds) {
	const apart = 17
	marks := n.decorators()
	x := b.X + b.W/2 - float64(len(marks)-1)*apart/2
	y := b.Y + b.H - 9
	for i, m := range marks {
		at := x + float64(i)*apart
		switch {
		case m.text != "":
			d.text("rule", "middle", at, y+4.5, m.text)
		case m.path != "":
			d.moved("icon solid", at, y, m.path)
		default:
			d.moved("icon", at, y, m.stays)
		}
	}
	if n.def != nil && n.def.Table != nil {
		d.moved("icon", b.X+b.W/2, b.Y+9, planningIcon)
	}
}

// badges draws the words of a mark: at the top right, or below a milestone.
func (d *drawing) badges(n *node, b Bounds, badges []badge) {
	const padding, gap = 6, 4
	widths := make([]float64, len(badges))
	total := -float64(gap)
	for i, badge := range badges {
		widths[i] = textWidth(badge.text, smallSize) + 2*padding
		total += widths[i] + gap
	}
	x, y := b.X+b.W-total-6, b.Y+6
	switch {
	case n.parent == nil || n.open():
		x, y = x-22, n.headline(b)-badgeLine/2
	case n.kind == cmmn.Milestone:
		x, y = b.X+(b.W-total)/2, b.Y+b.H-3
	case n.kind.IsListener():
		x, y = b.X+b.W+2, b.Y-5
	}
	for i, badge := range badges {
		d.line(`<g class="badge %s"><rect x="%s" y="%s" width="%s" height="%d" rx="%d"/>`, badge.class, num(x), num(y), num(widths[i]), badgeLine, badgeLine/2)
		d.text("", "middle", x+widths[i]/2, y+10.3, badge.text)
		d.line("</g>")
		x += widths[i] + gap
	}
}
