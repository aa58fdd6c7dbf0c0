package diagram

import (
	"slices"

	"cairn/internal/cmmn"
)

// graph says what the children of one stage wait for, by their indexes.
type graph struct {
	nodes         []*node
	before, after [][]int
}

// graphOf applies wires to the children of a stage. A wire between items deep
// inside two of them makes one child wait for the other.
func graphOf(stage *node, wires []*wire) *graph {
	g := &graph{nodes: stage.children, before: make([][]int, len(stage.children)), after: make([][]int, len(stage.children))}
	index := map[*node]int{}
	for i, n := range g.nodes {
		index[n] = i
	}
	for _, w := range wires {
		from, in := index[childOf(stage, w.from)]
		to, also := index[childOf(stage, w.to)]
		if in && also && from != to && !slices.Contains(g.after[from], to) {
			g.after[from] = append(g.after[from], to)
			g.before[to] = append(g.before[to], from)
		}
	}
	g.dropCycles()
	return g
}

// childOf returns the child of a stage that contains a node, or nil.
func childOf(stage, n *node) *node {
	for at := n; at != nil; at = at.parent {
		if at.parent == stage {
			return at
		}
	}
	return nil
}

// dropCycles drops the dependencies that close a cycle, in model order.
func (g *graph) dropCycles() {
	const unseen, open, done = 0, 1, 2
	state := make([]int, len(g.nodes))
	var visit func(i int)
	visit = func(i int) {
		state[i] = open
		g.after[i] = slices.DeleteFunc(g.after[i], func(next int) bool {
			if state[next] == open {
				g.before[next] = slices.DeleteFunc(g.before[next], func(b int) bool { return b == i })
				return true
			}
			if state[next] == unseen {
				visit(next)
			}
			return false
		})
		state[i] = done
	}
	for i := range g.nodes {
		if state[i] == unseen {
			visit(i)
		}
	}
}

// components returns the groups of connected nodes. Groups and nodes are in
// model order.
func (g *graph) components() [][]int {
	seen := make([]bool, len(g.nodes))
	var all [][]int
	for i := range g.nodes {
		if seen[i] {
			continue
		}
		seen[i] = true
		found := []int{i}
		for k := 0; k < len(found); k++ {
			for _, neighbours := range [][]int{g.before[found[k]], g.after[found[k]]} {
				for _, next := range neighbours {
					if !seen[next] {
						seen[next] = true
						found = append(found, next)
					}
				}
			}
		}
		slices.Sort(found)
		all = append(all, found)
	}
	return all
}

// layers puts each node of a component right of all that it waits for, and no
// stage left of the one before it in the model.
func (g *graph) layers(component []int) [][]int {
	previous := g.previousStages(component)
	depth := map[int]int{}
	var depthOf func(i int) int
	depthOf = func(i int) int {
		if d, known := depth[i]; known {
			return d
		}
		d := 0
		for _, b := range g.before[i] {
			d = max(d, depthOf(b)+1)
		}
		if p, known := previous[i]; known {
			d = max(d, depthOf(p))
		}
		depth[i] = d
		return d
	}
	var layers [][]int
	for _, i := range component {
		for d := depthOf(i); len(layers) <= d; {
			layers = append(layers, nil)
		}
		layers[depth[i]] = append(layers[depth[i]], i)
	}
	g.sweep(layers)
	return layers
}

// previousStages maps each stage to the stage before it in the model. It leaves
// out those pairs whose order contradicts what the two wait for.
func (g *graph) previousStages(component []int) map[int]int {
	previous := map[int]int{}
	last := -1
	for _, i := range component {
		if g.nodes[i].kind != cmmn.Stage {
			continue
		}
		if last >= 0 && !g.follows(last, i, previous) {
			previous[i] = last
		}
		last = i
	}
	return previous
}

// follows reports whether a node comes after another by what it waits for and by
// the order of stages.
func (g *graph) follows(node, other int, previous map[int]int) bool {
	seen := map[int]bool{}
	var reaches func(i int) bool
	reaches = func(i int) bool {
		if i == other || seen[i] {
			return i == other
		}
		seen[i] = true
		p, known := previous[i]
		return known && reaches(p) || slices.ContainsFunc(g.before[i], reaches)
	}
	return reaches(node)
}

// sweep orders the layers by barycentre, once forwards and once backwards.
// Nodes without neighbours, or with the same barycentre, keep their order. So
// do layers that contain stages, because phases are read in the model's order.
func (g *graph) sweep(layers [][]int) {
	place := make([]float64, len(g.nodes))
	number := func(layer []int) {
		for k, i := range layer {
			place[i] = float64(k)
		}
	}
	for _, layer := range layers {
		number(layer)
	}
	for l := 1; l < len(layers); l++ {
		g.sortByBarycentre(layers[l], g.before, place)
		number(layers[l])
	}
	for l := len(layers) - 2; l >= 0; l-- {
		g.sortByBarycentre(layers[l], g.after, place)
		number(layers[l])
	}
}

func (g *graph) sortByBarycentre(layer []int, neighbours [][]int, place []float64) {
	if slices.ContainsFunc(layer, func(i int) bool { return g.nodes[i].kind == cmmn.Stage }) {
		return
	}
	centre := map[int]float64{}
	for _, i := range layer {
		centre[i] = mean(neighbours[i], place, place[i])
	}
	slices.SortStableFunc(layer, func(a, b int) int {
		switch {
		case centre[a] < centre[b]:
			return -1
		case centre[a] > centre[b]:
			return 1
		}
		return 0
	})
}

// mean returns the mean place of some nodes, or a given one if there are none.
func mean(nodes []int, place []float64, otherwise float64) float64 {
	if len(nodes) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, i := range nodes {
		sum += place[i]
	}
	return sum / float64(len(nodes))
}
