package diagram

import "math"

// labelGap is the distance of a label's text from its line.
const labelGap = 4

// labels writes the events of the lines, each at a place that is free.
func (d *drawing) labels() {
	var placed []Bounds
	for _, e := range d.plan.Edges {
		if e.Label == "" {
			continue
		}
		best, fewest := Bounds{}, -1
		for _, place := range labelPlaces(e) {
			met := meets(place, placed) + meets(place, d.filled)
			if fewest < 0 || met < fewest {
				best, fewest = place, met
			}
		}
		placed = append(placed, best)
		d.text("small halo", "middle", best.X+best.W/2, best.Y+smallSize-2, e.Label)
	}
}

// labelPlaces returns the places for an edge's label, the best first: at the
// target, at the source, and in the middle of each piece.
func labelPlaces(e Edge) []Bounds {
	w := textWidth(e.Label, smallSize)
	above := func(middle, y float64) Bounds {
		return Bounds{middle - w/2, y - labelGap - smallSize + 2, w, smallSize}
	}
	last, before := e.Points[len(e.Points)-1], e.Points[len(e.Points)-2]
	places := []Bounds{above(toward(last, before, w), last.Y), above(toward(e.Points[0], e.Points[1], w), e.Points[0].Y)}
	for i := 1; i < len(e.Points); i++ {
		a, b := e.Points[i-1], e.Points[i]
		if a.Y == b.Y && math.Abs(a.X-b.X) > w {
			places = append(places, above((a.X+b.X)/2, a.Y))
		} else if a.X == b.X && math.Abs(a.Y-b.Y) > smallSize {
			places = append(places, Bounds{a.X - w/2, (a.Y+b.Y)/2 - smallSize/2, w, smallSize})
		}
	}
	return places
}

// toward returns the middle of a label that starts at one end of a line.
func toward(end, next Point, width float64) float64 {
	if next.X < end.X {
		return end.X - width/2 - labelGap/2
	}
	return end.X + width/2 + labelGap/2
}

func meets(b Bounds, others []Bounds) int {
	n := 0
	for _, o := range others {
		if b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
			n++
		}
	}
	return n
}
