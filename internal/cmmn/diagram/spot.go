package diagram

import "cairn/internal/cmmn"

// Sizes, in pixels.
const (
	boxWidth        = 164
	taskHeight      = 80
	milestoneHeight = 64
	symbolSize      = 36 // of event listeners, as DI of other tools has it
	fileHeight      = 46
	symbolLabel     = 30 // room for a name below a symbol
	badgeRoom       = 12 // what badges need beyond the edge
	criterionWidth  = 20
	criterionHeight = 28
	slotPitch       = 32 // between criteria on one edge
	headLine        = 26 // from the top of a stage to its title's middle
	headMargin      = 18
	tabHeight       = 28 // of the case plan model
	margin          = 16 // round the drawing
)

// spot is a node's place. The axis is the line that the boxes of a row share:
// the middle of a leaf, the title of a stage.
type spot struct {
	col, row int // in its stage's grid
	w        float64
	up, down float64 // what it needs above and below the axis
	x, axis  float64 // left edge and axis, absolute
	grid     *grid   // of a stage that shows content
	dodges   bool    // its lines start off the axis, which other lines need
}

type side uint8

const (
	west side = iota
	east
)

// Slots that are not criteria.
const (
	sourceSlot = -1 // where lines start
	tableSlot  = -2 // where lines to discretionary items start
)

// port is where a line meets a node.
type port struct {
	node   *node
	side   side
	slot   int  // index of the criterion, or one of the slots above
	inside bool // the line comes from inside the stage
	leaves bool // lines start at the criterion, beside those that end there
}

// leafSize gives a size to a node that shows no content.
func (n *node) leafSize() {
	n.w = boxWidth
	half := float64(taskHeight) / 2
	switch {
	case n.kind.IsListener():
		half = symbolSize / 2
	case n.kind == 0:
		half = fileHeight / 2
	case n.kind == cmmn.Milestone:
		half = milestoneHeight / 2
	}
	if slots := n.westSlots(); slots > 1 {
		half = max(half, float64(slots-1)*slotPitch/2+criterionHeight/2+4)
	}
	n.up, n.down = half, half
	if last := len(n.exit) - 1; last >= 0 {
		n.down = max(n.down, n.slotY(east, last)+criterionHeight/2+4)
	}
	above, below := n.surround()
	n.up, n.down = n.up+above, n.down+below
}

// surround returns the room that a leaf needs outside its shape, for badges and
// names.
func (n *node) surround() (above, below float64) {
	switch {
	case n.kind.IsListener():
		return badgeRoom, symbolLabel
	case n.kind == 0:
		return 0, symbolLabel
	case n.kind == cmmn.Milestone:
		return 0, badgeRoom
	}
	return 0, 0
}

func (n *node) westSlots() int {
	if n.associated {
		return len(n.entry) + 1
	}
	return len(n.entry)
}

// headHeight returns the room above a stage's content.
func (n *node) headHeight() float64 {
	if n.parent == nil && len(n.exit) == 0 {
		return 0
	}
	rows := max(n.westSlots()-1, len(n.exit))
	if n.parent == nil {
		rows = len(n.exit) - 1
	}
	return headLine + float64(rows)*slotPitch + headMargin
}

// slotY returns how far below the axis a slot is. Slots on opposite edges
// differ, except on the axis itself, so that lines from neighbours do not meet.
func (n *node) slotY(s side, slot int) float64 {
	const apart = 4
	switch {
	case slot == sourceSlot && n.dodges:
		return -2 * apart
	case slot == sourceSlot && len(n.exit) > 0 && !n.open():
		return apart - slotPitch/2
	case slot == sourceSlot:
		return 0
	case slot == tableSlot && len(n.exit) > 0:
		return 0
	case slot == tableSlot:
		return 3 * apart
	case n.parent == nil:
		return float64(slot) * slotPitch
	case n.open() && s == east:
		return float64(slot+1)*slotPitch + apart
	case n.open():
		return float64(slot) * slotPitch
	case s == east:
		return slotPitch/2 + apart + float64(slot)*slotPitch
	}
	return (float64(slot) - float64(n.westSlots()-1)/2) * slotPitch
}

// shape returns the bounds of what is drawn for a node.
func (n *node) shape() Bounds {
	above, below := n.surround()
	b := Bounds{n.x, n.axis - n.up + above, n.w, n.up + n.down - above - below}
	if n.kind == 0 || n.kind.IsListener() {
		b.X, b.W = n.x+(n.w-symbolSize)/2, symbolSize
	}
	return b
}

// criterion returns the bounds of a criterion.
func (n *node) criterion(s side, index int) Bounds {
	b := n.shape()
	x := b.X
	if s == east {
		x += b.W
	}
	return Bounds{x - criterionWidth/2, n.axis + n.slotY(s, index) - criterionHeight/2, criterionWidth, criterionHeight}
}

// at returns the point where lines touch the port.
func (p port) at() Point {
	b := p.node.shape()
	at := Point{b.X, p.node.axis + p.node.slotY(p.side, p.slot)}
	if p.side == east {
		at.X += b.W
	}
	switch {
	case !p.onCriterion():
	case p.leaves:
		at.X += criterionWidth / 4 // on the lower right side
		at.Y += criterionHeight / 4
	case (p.side == east) != p.inside:
		at.X += criterionWidth / 2
	default:
		at.X -= criterionWidth / 2
	}
	return at
}

func (p port) onCriterion() bool {
	if p.side == west {
		return p.slot < len(p.node.entry)
	}
	return p.slot >= 0
}

// canvas returns the bounds of everything.
func (n *node) canvas() Bounds {
	b := n.shape()
	return Bounds{0, 0, b.X + b.W + criterionWidth/2 + margin, b.Y + b.H + margin}
}
