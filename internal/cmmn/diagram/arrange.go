package diagram

import (
	"math"
	"slices"
)

const (
	// pageWidth is the intended width of the content of the case plan model. A
	// stage in it gets pageInset less.
	pageWidth = 1720
	pageInset = 90
	// leastColumns is the least number of columns in a row. It applies even if
	// stages nest so deeply that the row becomes too wide.
	leastColumns = 3
)

// arrange gives every item a cell in the grid of its stage, innermost stages
// first.
func arrange(stage *node, wires []*wire) {
	width := float64(pageWidth)
	for at := stage.parent; at != nil; at = at.parent {
		width -= pageInset
	}
	for _, n := range stage.children {
		if n.open() {
			arrange(n, wires)
		} else {
			n.leafSize()
		}
	}
	a := arrangement{graph: graphOf(stage, wires), width: width, taken: map[cell]bool{}}
	a.pack()
	stage.grid = newGrid(stage)
	stage.grid.measure()
}

type cell struct{ col, row int }

// arrangement fills one grid.
type arrangement struct {
	*graph
	width float64
	taken map[cell]bool
}

// pack puts each component into the first place that has room for it, from the
// top and then from the left.
func (a *arrangement) pack() {
	columns := a.fitting(a.widest())
	for _, component := range a.components() {
		block := a.cells(component)
		at := a.room(block, columns)
		for i, c := range block {
			c = cell{c.col + at.col, c.row + at.row}
			a.nodes[i].col, a.nodes[i].row = c.col, c.row
			a.taken[c] = true
		}
	}
}

func (a *arrangement) widest() float64 {
	widest := 0.0
	for _, n := range a.nodes {
		widest = max(widest, n.w)
	}
	return widest
}

// fitting returns how many columns of a width fit on the page.
func (a *arrangement) fitting(width float64) int {
	columns := int((a.width + laneWidth) / (width + laneWidth))
	if width > boxWidth {
		return max(columns, 1)
	}
	return max(columns, leastColumns)
}

func (a *arrangement) room(block map[int]cell, columns int) cell {
	width, height := extent(block)
	for row := 0; ; row++ {
		for col := 0; col <= max(0, columns-width); col++ {
			if a.free(col, row, width, height) {
				return cell{col, row}
			}
		}
	}
}

func extent(block map[int]cell) (width, height int) {
	for _, c := range block {
		width, height = max(width, c.col+1), max(height, c.row+1)
	}
	return width, height
}

func (a *arrangement) free(col, row, width, height int) bool {
	for c := col; c < col+width; c++ {
		for r := row; r < row+height; r++ {
			if a.taken[cell{c, r}] {
				return false
			}
		}
	}
	return true
}

// cells arranges one component. Its layers become columns. If that is too wide,
// the columns are split into bands below each other.
func (a *arrangement) cells(component []int) map[int]cell {
	block := map[int]cell{}
	top := 0
	for _, layers := range a.bands(a.layers(component)) {
		b := band{graph: a.graph, rows: map[int]int{}, at: map[cell]int{}}
		height := 0
		for col, layer := range layers {
			for _, i := range layer {
				row := b.row(i, col)
				b.rows[i], b.at[cell{col, row}] = row, i
				block[i] = cell{col, row + top}
				height = max(height, row+1)
			}
		}
		top += height
	}
	return block
}

// bands cuts layers into pieces of about equal length that fit on the page.
func (a *arrangement) bands(layers [][]int) [][][]int {
	most := a.fitting(a.widest())
	pieces := (len(layers) + most - 1) / most
	even := (len(layers) + pieces - 1) / pieces
	var bands [][][]int
	for len(layers) > 0 {
		n := min(even, len(layers))
		bands = append(bands, layers[:n])
		layers = layers[n:]
	}
	return bands
}

// band is one row of columns while it is filled.
type band struct {
	*graph
	rows map[int]int
	at   map[cell]int
}

// row returns the free row of a column that is nearest to the node's sources. A
// row right after an unrelated node counts as a little farther, because the
// node would seem to follow from it.
func (b *band) row(i, col int) int {
	const stranger = 0.75
	wanted := b.wantedRow(i)
	best, least := 0, math.Inf(1)
	for row := 0; float64(row-wanted) < least; row++ {
		if _, used := b.at[cell{col, row}]; used {
			continue
		}
		far := math.Abs(float64(row - wanted))
		if left, used := b.at[cell{col - 1, row}]; used && !slices.Contains(b.before[i], left) {
			far += stranger
		}
		if far < least {
			best, least = row, far
		}
	}
	return best
}

// wantedRow returns the topmost row of the node's sources in the band.
func (b *band) wantedRow(i int) int {
	wanted := -1
	for _, source := range b.before[i] {
		if row, here := b.rows[source]; here && (wanted < 0 || row < wanted) {
			wanted = row
		}
	}
	return max(wanted, 0)
}
