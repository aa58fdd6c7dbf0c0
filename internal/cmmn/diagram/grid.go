package diagram

// Widths of streets, in pixels.
const (
	laneWidth  = 56 // the usual vertical street
	alleyWidth = 28 // the usual horizontal street
	trackPitch = 9
	wallGap    = 14 // between a wall and the nearest line
	// Room on both sides of a vertical street that stays free of lines, for what
	// stands on the edges there.
	leftReserve  = 14
	rightReserve = 22
	markerRoom   = 20 // at the bottom of a stage, for its markers
)

// street is the room between two columns or two rows of a grid.
type street struct {
	grid     *grid
	vertical bool
	lo, hi   float64 // across it, absolute
	before   float64 // kept free of lines at its left, or top
	after    float64 // kept free of lines at its right, or bottom
	least    float64 // the least width
	tracks   int     // number of parallel lines
	dodges   bool    // its lines are moved a little to the side
	number   int
	runs     []*run
	points   []*crossing // along it
}

func (s *street) width() float64 {
	return max(s.least, s.before+s.after+float64(s.tracks+1)*trackPitch)
}

func (s *street) middle() float64 { return (s.lo + s.before + s.hi - s.after) / 2 }

// grid is the inside of a stage.
type grid struct {
	of         *node
	cells      map[cell]*node
	cols, rows int
	v          []*street // v[i] is left of column i, the last right of all
	h          []*street // h[i] is above row i, the last below all
	colWidth   []float64
	up, down   []float64 // of rows
}

func newGrid(stage *node) *grid {
	g := &grid{of: stage, cells: map[cell]*node{}}
	for _, n := range stage.children {
		g.cells[cell{n.col, n.row}] = n
		g.cols, g.rows = max(g.cols, n.col+1), max(g.rows, n.row+1)
	}
	for i := 0; i <= g.cols; i++ {
		s := &street{grid: g, vertical: true, before: leftReserve, after: rightReserve, least: laneWidth}
		if i == 0 {
			s.before, s.least = wallGap, wallGap+rightReserve+trackPitch
		}
		if i == g.cols && len(stage.exit) == 0 {
			s.after, s.least = wallGap, leftReserve+wallGap+trackPitch
		}
		g.v = append(g.v, s)
	}
	for i := 0; i <= g.rows; i++ {
		s := &street{grid: g, before: trackPitch, after: trackPitch, least: alleyWidth}
		if i == 0 && stage.headHeight() > 0 {
			s.before, s.least = 0, 2*trackPitch
		}
		if i == g.rows {
			s.after = markerRoom
		}
		if stage.parent == nil {
			s.least += trackPitch // stages want more air than tasks
		}
		g.h = append(g.h, s)
	}
	return g
}

// gridStreets returns all streets, those of outer stages first.
func gridStreets(stage *node) []*street {
	all := append(append([]*street(nil), stage.grid.v...), stage.grid.h...)
	for _, n := range stage.children {
		if n.open() {
			all = append(all, gridStreets(n)...)
		}
	}
	if stage.parent == nil {
		for i, s := range all {
			s.number = i
		}
	}
	return all
}

// measure computes the stage's size from its streets and its children.
func (g *grid) measure() {
	g.colWidth, g.up, g.down = make([]float64, g.cols), make([]float64, g.rows), make([]float64, g.rows)
	for _, n := range g.of.children {
		g.colWidth[n.col] = max(g.colWidth[n.col], n.w)
		g.up[n.row], g.down[n.row] = max(g.up[n.row], n.up), max(g.down[n.row], n.down)
	}
	width, height := 0.0, g.of.headHeight()
	for _, s := range g.v {
		width += s.width()
	}
	for _, s := range g.h {
		height += s.width()
	}
	for _, w := range g.colWidth {
		width += w
	}
	for i := range g.rows {
		height += g.up[i] + g.down[i]
	}
	g.of.w = max(width, g.leastWidth())
	g.of.up = headLine
	if g.of.parent == nil {
		g.of.up = min(headLine, g.of.headHeight())
	}
	g.of.down = height - g.of.up
}

// leastWidth returns a width that holds the title.
func (g *grid) leastWidth() float64 { return min(textWidth(g.of.title, titleSize)*boldness+110, 420) }

// place gives everything its coordinates.
func place(root *node) {
	measureAll(root)
	root.x, root.axis = margin, margin+tabHeight+root.up
	root.grid.place()
}

func measureAll(stage *node) {
	for _, n := range stage.children {
		if n.open() {
			measureAll(n)
		}
	}
	stage.grid.measure()
}

// place gives the stage's content its coordinates, once the stage has its own.
func (g *grid) place() {
	colX, rowY := make([]float64, g.cols), make([]float64, g.rows)
	x := g.of.x
	for i, s := range g.v {
		s.lo, s.hi = x, x+s.width()
		if x = s.hi; i < g.cols {
			colX[i] = x
			x += g.colWidth[i]
		}
	}
	g.v[g.cols].hi = g.of.x + g.of.w
	y := g.of.axis - g.of.up + g.of.headHeight()
	for i, s := range g.h {
		s.lo, s.hi = y, y+s.width()
		if y = s.hi; i < g.rows {
			rowY[i] = y + g.up[i]
			y += g.up[i] + g.down[i]
		}
	}
	for _, n := range g.of.children {
		n.x, n.axis = colX[n.col], rowY[n.row]
		if n.open() {
			n.w = g.colWidth[n.col] // stages in one column end together
			n.grid.place()
		}
	}
}
