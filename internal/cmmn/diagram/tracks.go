package diagram

import "math"

// near is how close lines may come, in pixels.
const near = 4

// run is the part of a street that one net uses.
type run struct {
	net    string
	lo, hi float64 // along the street
	ends   []turn
	track  int
}

// turn is where a line leaves the street.
type turn struct {
	at    float64 // along the street
	after bool    // to the right, or downwards
	into  *street // nil where it goes straight to a port
	port  *port
}

// assignTracks gives each net a track in each street it follows. So lines of
// different nets do not run on top of each other, and seldom cross. It tells
// the streets how many tracks they have, and the wires where they run.
//
// Horizontal streets come first, with the present width of the vertical ones.
// Then the vertical ones know exactly where lines turn.
func assignTracks(streets []*street, wires []*wire) {
	for _, s := range streets {
		s.runs = nil
	}
	for _, w := range wires {
		w.via = make([]float64, len(w.route))
	}
	for _, vertical := range []bool{false, true} {
		for _, w := range wires {
			for i, s := range w.route {
				if s.vertical == vertical {
					w.register(i)
				}
			}
		}
		for _, s := range streets {
			if s.vertical == vertical {
				untangle(s.runs)
				s.tracks = stack(s.runs)
			}
		}
		for _, w := range wires {
			for i, s := range w.route {
				if s.vertical == vertical {
					w.via[i] = s.middleOf(s.runOf(w.net).track)
				}
			}
		}
	}
}

// middleOf returns where a track runs. Tracks move closer together if the
// street is too narrow for them.
func (s *street) middleOf(track int) float64 {
	lo, hi := s.lo+s.before, s.hi-s.after
	pitch := min(trackPitch, (hi-lo)/float64(s.tracks+1))
	if s.dodges {
		lo, hi = lo+pitch/2, hi+pitch/2
	}
	return (lo+hi)/2 + (float64(track)-float64(s.tracks-1)/2)*pitch
}

func (s *street) runOf(net string) *run {
	for _, r := range s.runs {
		if r.net == net {
			return r
		}
	}
	r := &run{net: net, lo: math.Inf(1), hi: math.Inf(-1)}
	s.runs = append(s.runs, r)
	return r
}

// register tells a street of the route about the wire.
func (w *wire) register(i int) {
	s := w.route[i]
	r := s.runOf(w.net)
	for _, k := range []int{i - 1, i + 1} {
		var t turn
		var lo, hi float64
		if k >= 0 && k < len(w.route) {
			t, lo, hi = w.turnInto(i, k)
		} else {
			t, lo, hi = w.turnToPort(s, k)
		}
		r.ends = append(r.ends, t)
		r.lo, r.hi = min(r.lo, lo), max(r.hi, hi)
	}
}

// turnInto is the turn from street i of the route into its neighbour k, and what
// it takes of street i.
func (w *wire) turnInto(i, k int) (t turn, lo, hi float64) {
	into := w.route[k]
	beyond := k + (k - i)
	var target float64
	switch {
	case beyond >= 0 && beyond < len(w.route):
		target = w.route[beyond].middle()
	case beyond < 0:
		target = w.start.at().Y
	default:
		target = w.end.at().Y
	}
	t = turn{at: into.middle(), after: target > w.route[i].middle(), into: into}
	if into.vertical {
		return t, into.lo, into.hi // where in it is not known yet
	}
	t.at = w.via[k]
	return t, t.at - near, t.at + near
}

// turnToPort is the turn from the first or last street to the port there.
func (w *wire) turnToPort(s *street, k int) (t turn, lo, hi float64) {
	p := &w.end
	if k < 0 {
		p = &w.start
	}
	at := p.at()
	return turn{at: at.Y, after: at.X > s.middle(), port: p}, at.Y - near, at.Y + near
}

// untangle orders runs so that lines cross seldom: each goes where it does the
// least harm to those before it.
func untangle(runs []*run) {
	for i, r := range runs {
		harm := 0
		for _, other := range runs[:i] {
			harm += tangle(r, other)
		}
		best, least := 0, harm
		for k, other := range runs[:i] {
			harm += tangle(other, r) - tangle(r, other)
			if harm <= least {
				best, least = k+1, harm
			}
		}
		copy(runs[best+1:i+1], runs[best:i])
		runs[best] = r
	}
}

// tangle is how bad it is that a run is left of, or above, another.
func tangle(a, b *run) int {
	const onTop = 1000 // lines on top of each other are worse than any crossings
	bad := 0
	for _, t := range a.ends {
		if t.after && b.lo <= t.at && t.at <= b.hi {
			bad++
		}
	}
	for _, u := range b.ends {
		if !u.after && a.lo <= u.at && u.at <= a.hi {
			bad++
		}
	}
	if _, clashes := clash(a, b); clashes {
		bad += onTop
	}
	return bad
}

// clash is where two runs of a vertical street, the first being left of the
// second, put lines on top of each other: where both turn at the same height. It
// returns the turn of the second.
func clash(a, b *run) (turn, bool) {
	for _, t := range a.ends {
		for _, u := range b.ends {
			if t.after && !u.after && (t.into == nil || t.into != u.into) && math.Abs(t.at-u.at) < 1 {
				return u, true
			}
		}
	}
	return turn{}, false
}

// dodge moves lines a little that are on top of others whatever the order of the
// runs. It reports whether there were some.
func dodge(streets []*street) bool {
	found := false
	for _, s := range streets {
		for i, b := range s.runs {
			for _, a := range s.runs[:i] {
				if u, clash := clash(a, b); s.vertical && clash && u.dodge() {
					found = true
				}
			}
		}
	}
	return found
}

// dodge moves a turn, unless it was moved before or cannot be.
func (t turn) dodge() bool {
	var dodges *bool
	switch {
	case t.into != nil:
		dodges = &t.into.dodges
	case t.port.slot == sourceSlot:
		dodges = &t.port.node.dodges
	default:
		return false
	}
	moves := !*dodges
	*dodges = true
	return moves
}

// stack gives runs the lowest tracks that keep their order and keep those apart
// that overlap. It returns how many tracks that takes.
func stack(runs []*run) int {
	tracks := 0
	for i, r := range runs {
		r.track = 0
		for _, earlier := range runs[:i] {
			if earlier.lo <= r.hi && r.lo <= earlier.hi {
				r.track = max(r.track, earlier.track+1)
			}
		}
		tracks = max(tracks, r.track+1)
	}
	return tracks
}
