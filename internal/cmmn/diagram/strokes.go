package diagram

import "slices"

// strokes are the lines to draw, without drawing any piece twice. Lines from
// one source share their beginning, and dashes on top of dashes would look
// solid.
type strokes struct {
	// across and upright are the pieces already drawn, by y and by x.
	across, upright map[float64][]span
	lines           [][]Point
	joints          []Point // where a line leaves an earlier one
}

type span struct{ lo, hi float64 }

func newStrokes() *strokes {
	return &strokes{across: map[float64][]span{}, upright: map[float64][]span{}}
}

// add draws the new parts of a line.
func (s *strokes) add(line []Point) {
	var piece []Point
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		for _, part := range s.fresh(a, b) {
			if len(piece) > 0 && piece[len(piece)-1] == part[0] {
				piece = append(piece, part[1])
				continue
			}
			s.keep(piece, line)
			piece = []Point{part[0], part[1]}
		}
	}
	s.keep(piece, line)
}

func (s *strokes) keep(piece, line []Point) {
	if len(piece) == 0 {
		return
	}
	s.lines = append(s.lines, piece)
	for _, end := range []Point{piece[0], piece[len(piece)-1]} {
		if end != line[0] && end != line[len(line)-1] && !slices.Contains(s.joints, end) {
			s.joints = append(s.joints, end)
		}
	}
}

// fresh returns the parts from a to b that are not drawn yet, in that
// direction, and marks them as drawn.
func (s *strokes) fresh(a, b Point) [][2]Point {
	drawn, key, from, to := s.upright, a.X, a.Y, b.Y
	point := func(v float64) Point { return Point{a.X, v} }
	if a.Y == b.Y {
		drawn, key, from, to = s.across, a.Y, a.X, b.X
		point = func(v float64) Point { return Point{v, a.Y} }
	}
	rest := []span{{min(from, to), max(from, to)}}
	for _, d := range drawn[key] {
		var left []span
		for _, r := range rest {
			left = append(left, r.without(d)...)
		}
		rest = left
	}
	drawn[key] = append(drawn[key], rest...)
	var parts [][2]Point
	for _, r := range rest {
		parts = append(parts, [2]Point{point(r.lo), point(r.hi)})
	}
	if from > to {
		slices.Reverse(parts)
		for i := range parts {
			parts[i][0], parts[i][1] = parts[i][1], parts[i][0]
		}
	}
	return parts
}

// without returns what remains of a span without another.
func (r span) without(d span) []span {
	var left []span
	if d.hi <= r.lo || r.hi <= d.lo {
		return []span{r}
	}
	if r.lo < d.lo {
		left = append(left, span{r.lo, d.lo})
	}
	if d.hi < r.hi {
		left = append(left, span{d.hi, r.hi})
	}
	return left
}
