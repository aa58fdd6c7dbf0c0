package diagram

// landing is a vertical street that a port reaches straight ahead, with the
// lanes it takes on the way.
type landing struct {
	street *street
	takes  []lane
}

// lane is a piece of a row's axis outside the streets: an empty cell, or the
// wall of a stage. Lines of different nets cannot share a lane.
type lane struct {
	grid     *grid
	row, col int
	y        float64
}

// lanes remembers which net, or which criterion, uses a lane.
type lanes map[lane]string

// landings returns the vertical streets that a port reaches, the nearest first.
func (l lanes) landings(p port, owners ...string) []landing {
	if p.inside {
		g := p.node.grid
		return []landing{{street: g.v[g.cols]}}
	}
	step := -1
	if p.side == east {
		step = 1
	}
	var found []landing
	var taken []lane
	y := p.at().Y
	for n := p.node; n.parent != nil; n = n.parent {
		g := n.parent.grid
		col := n.col
		for {
			found = append(found, landing{g.v[streetBeside(col, step)], taken[:len(taken):len(taken)]})
			col += step
			next := lane{g, n.row, col, y}
			if g.cells[cell{col, n.row}] != nil || !l.allows(next, owners) {
				return found
			}
			taken = append(taken, next)
			if col < 0 || col == g.cols {
				break
			}
		}
	}
	return found
}

// streetBeside returns the index of the street to the east or west of a column.
func streetBeside(col, step int) int {
	if step > 0 {
		return col + 1
	}
	return col
}

func (l lanes) allows(wanted lane, owners []string) bool {
	owner, taken := l[wanted]
	if !taken {
		return true
	}
	for _, o := range owners {
		if o == owner {
			return true
		}
	}
	return false
}

func (l lanes) take(wanted []lane, owner string) {
	for _, piece := range wanted {
		if _, taken := l[piece]; !taken {
			l[piece] = owner
		}
	}
}
