package diagram

import "slices"

// crossing is where a vertical and a horizontal street meet.
type crossing struct {
	number int
	v, h   *street
	x, y   float64
	// next are the neighbours along the streets.
	next [4]*crossing
	// used are the nets that run from here to the neighbour below, and to the
	// right.
	used [2][]string
}

// The directions of crossing.next. Opposite ones differ by one bit.
const (
	up = iota
	down
	left
	right
)

// crossings finds where the streets of a stage and of its inner stages meet.
// The horizontal streets of a stage also run through its walls, to the vertical
// streets beside it.
func crossings(stage *node) []*crossing {
	g := stage.grid
	var all []*crossing
	for _, h := range g.h {
		across := g.v
		if outside := stage.parent; outside != nil {
			beside := outside.grid.v[stage.col : stage.col+2]
			across = slices.Concat(beside[:1], g.v, beside[1:])
		}
		for _, v := range across {
			c := &crossing{v: v, h: h, x: v.middle(), y: h.middle()}
			all = append(all, c)
			v.points, h.points = append(v.points, c), append(h.points, c)
		}
	}
	for _, n := range stage.children {
		if n.open() {
			all = append(all, crossings(n)...)
		}
	}
	return all
}

// link sorts the crossings along each street and connects neighbours.
func link(streets []*street) {
	for _, s := range streets {
		forth, back := right, left
		if s.vertical {
			forth, back = down, up
		}
		slices.SortStableFunc(s.points, func(a, b *crossing) int {
			switch {
			case s.along(a) < s.along(b):
				return -1
			case s.along(a) > s.along(b):
				return 1
			}
			return 0
		})
		for i := 1; i < len(s.points); i++ {
			s.points[i-1].next[forth], s.points[i].next[back] = s.points[i], s.points[i-1]
		}
	}
}

func (s *street) along(c *crossing) float64 {
	if s.vertical {
		return c.y
	}
	return c.x
}

// around returns the crossings of a vertical street just above and below a
// height.
func (s *street) around(y float64) (above, below *crossing) {
	i, _ := slices.BinarySearchFunc(s.points, y, func(c *crossing, y float64) int {
		if c.y < y {
			return -1
		}
		return 1
	})
	if i > 0 {
		above = s.points[i-1]
	}
	if i < len(s.points) {
		below = s.points[i]
	}
	return above, below
}

// nets returns the nets that run from the crossing to its neighbour in a
// direction.
func (c *crossing) nets(direction int) *[]string {
	switch direction {
	case up, left:
		return c.next[direction].nets(direction + 1)
	case down:
		return &c.used[0]
	}
	return &c.used[1]
}
