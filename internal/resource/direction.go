package resource

import "slices"

// Direction is where a change leads.
type Direction string

// The directions.
const (
	Added   Direction = "added"
	Changed Direction = "changed"
	Removed Direction = "removed"
)

// notThere is how resources say that a thing, or a value, is not there.
var notThere = []string{"", "absent", "not set", "not kept", "no"}

// Direction is that of one value.
func (c Change) Direction() Direction { return Diff{Changes: []Change{c}}.Direction() }

// Direction is that of the whole: what was not there in any part is added, and what
// will not be in any is removed.
func (d Diff) Direction() Direction {
	switch {
	case d.Empty():
		return Changed
	case !slices.ContainsFunc(d.Changes, func(c Change) bool { return !slices.Contains(notThere, c.From) }):
		return Added
	case !slices.ContainsFunc(d.Changes, func(c Change) bool { return !slices.Contains(notThere, c.To) }):
		return Removed
	}
	return Changed
}
