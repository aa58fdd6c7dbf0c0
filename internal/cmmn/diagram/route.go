package diagram

import (
	"container/heap"
	"math"
	"slices"
)

// Costs of a route in addition to its length in pixels.
const (
	bendCost     = 60
	strangerCost = 7   // per net that runs along the same piece of street
	ownShare     = 0.6 // of the length, where the net runs already
)

// router finds routes one after the other, in the order of the model.
type router struct {
	lanes lanes
	// The fields below belong to the current search. Stamps tell its entries from
	// older ones.
	stamp   int
	visited []visit
	queue   queue
}

// visit is the cheapest known way to a crossing in one heading.
type visit struct {
	stamp int
	cost  float64
	done  bool
	from  *state // nil where the route starts
	start int    // the landing that it started from
}

// state is a position at a crossing, and whether it was reached along a
// vertical street.
type state struct {
	at       *crossing
	vertical bool
	cost     float64 // including the least cost of the rest
}

func newRouter(root *node, streets []*street) *router {
	all := crossings(root)
	for i, c := range all {
		c.number = i
	}
	link(streets)
	return &router{lanes: lanes{}, visited: make([]visit, 2*len(all))}
}

func (r *router) routeAll(wires []*wire) {
	for _, w := range wires {
		r.route(w)
	}
}

// search is one search for a route.
type search struct {
	*wire
	starts, ends []landing
	from, to     Point
	open         map[*grid]bool // the stages that contain either end
	best         float64
	last         *state // where the best route leaves the streets, nil if it uses only one street
	first, final int    // the landings of the best route
}

func (r *router) route(w *wire) {
	s := &search{
		wire: w, from: w.start.at(), to: w.end.at(), best: math.Inf(1), open: map[*grid]bool{},
		starts: r.lanes.landings(w.start, w.net, w.target), ends: r.lanes.landings(w.end, w.net, w.target),
	}
	for _, end := range []*node{w.from, w.to} {
		for at := end; at != nil; at = at.parent {
			if at.grid != nil {
				s.open[at.grid] = true
			}
		}
	}
	r.oneStreet(s)
	r.search(s)
	r.accept(s)
}

// oneStreet looks for routes that use a single street, or none.
func (r *router) oneStreet(s *search) {
	for i, start := range s.starts {
		for k, end := range s.ends {
			if start.street != end.street {
				continue
			}
			cost := math.Abs(s.from.X-start.street.middle()) + math.Abs(s.to.X-start.street.middle()) + math.Abs(s.from.Y-s.to.Y)
			if s.from.Y != s.to.Y {
				cost += 2 * bendCost
			}
			if cost < s.best {
				s.best, s.first, s.final = cost, i, k
			}
		}
	}
}

// search is A* over the crossings.
func (r *router) search(s *search) {
	r.stamp++
	r.queue = r.queue[:0]
	for i, start := range s.starts {
		above, below := start.street.around(s.from.Y)
		for _, c := range []*crossing{above, below} {
			if c != nil {
				cost := math.Abs(s.from.X-c.x) + math.Abs(s.from.Y-c.y) + bendCost
				r.push(s, c, true, cost, nil, i)
			}
		}
	}
	for len(r.queue) > 0 {
		at := heap.Pop(&r.queue).(*state)
		v := r.visit(at.at, at.vertical)
		if at.cost >= s.best {
			return
		}
		if v.done {
			continue
		}
		v.done = true
		r.finish(s, at, v)
		r.expand(s, at, v)
	}
}

func (r *router) visit(c *crossing, vertical bool) *visit {
	i := 2 * c.number
	if vertical {
		i++
	}
	v := &r.visited[i]
	if v.stamp != r.stamp {
		*v = visit{stamp: r.stamp, cost: math.Inf(1)}
	}
	return v
}

func (r *router) push(s *search, c *crossing, vertical bool, cost float64, from *state, start int) {
	v := r.visit(c, vertical)
	if v.done || cost >= v.cost {
		return
	}
	v.cost, v.from, v.start = cost, from, start
	left := ownShare * (math.Abs(c.x-s.to.X) + math.Abs(c.y-s.to.Y))
	heap.Push(&r.queue, &state{c, vertical, cost + left})
}

// finish checks whether the target comes next.
func (r *router) finish(s *search, at *state, v *visit) {
	for k, end := range s.ends {
		if end.street != at.at.v {
			continue
		}
		above, below := end.street.around(s.to.Y)
		if at.at != above && at.at != below {
			continue
		}
		cost := v.cost + math.Abs(at.at.y-s.to.Y) + math.Abs(at.at.x-s.to.X) + bendCost
		if !at.vertical {
			cost += bendCost
		}
		if cost < s.best {
			s.best, s.last, s.first, s.final = cost, at, v.start, k
		}
	}
}

func (r *router) expand(s *search, at *state, v *visit) {
	for direction, next := range at.at.next {
		vertical := direction == up || direction == down
		along := at.at.h
		if vertical {
			along = at.at.v
		}
		if next == nil || !s.open[along.grid] {
			continue
		}
		cost := math.Abs(next.x-at.at.x) + math.Abs(next.y-at.at.y)
		nets := *at.at.nets(direction)
		if slices.Contains(nets, s.net) {
			cost *= ownShare
		} else {
			cost += strangerCost * float64(len(nets))
		}
		if vertical != at.vertical {
			cost += bendCost
		}
		r.push(s, next, vertical, v.cost+cost, at, v.start)
	}
}

// accept keeps the best route and takes its lanes.
func (r *router) accept(s *search) {
	r.lanes.take(s.starts[s.first].takes, s.net)
	r.lanes.take(s.ends[s.final].takes, s.target)
	var way []*crossing
	for at := s.last; at != nil; at = r.visit(at.at, at.vertical).from {
		way = append(way, at.at)
	}
	slices.Reverse(way)
	s.wire.route = []*street{s.starts[s.first].street}
	for i := 1; i < len(way); i++ {
		direction := slices.Index(way[i-1].next[:], way[i])
		if nets := way[i-1].nets(direction); !slices.Contains(*nets, s.net) {
			*nets = append(*nets, s.net)
		}
		along := way[i].h
		if direction == up || direction == down {
			along = way[i].v
		}
		if s.wire.route[len(s.wire.route)-1] != along {
			s.wire.route = append(s.wire.route, along)
		}
	}
	if end := s.ends[s.final].street; s.wire.route[len(s.wire.route)-1] != end {
		s.wire.route = append(s.wire.route, end)
	}
}

// queue is a heap of states, the cheapest first. Equal states are in the order
// of the crossings, so that the result is always the same.
type queue []*state

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, k int) bool {
	if q[i].cost != q[k].cost {
		return q[i].cost < q[k].cost
	}
	if q[i].at != q[k].at {
		return q[i].at.number < q[k].at.number
	}
	return q[i].vertical && !q[k].vertical
}
func (q queue) Swap(i, k int) { q[i], q[k] = q[k], q[i] }

// Push implements [heap.Interface].
func (q *queue) Push(s any) { *q = append(*q, s.(*state)) }

// Pop implements [heap.Interface].
func (q *queue) Pop() any {
	last := len(*q) - 1
	s := (*q)[last]
	*q = (*q)[:last]
	return s
}
