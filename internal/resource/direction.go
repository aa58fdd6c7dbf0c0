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

// notThere are the words with which resources say that a thing, or a value, is
// absent.
var notThere = []string{"", "absent", "not set", "not kept", "no"}

// Direction returns the direction of one value.
func (c Change) Direction() Direction { return Diff{Changes: []Change{c}}.Direction() }

// Direction returns the direction of all changes together: Added if nothing was
// there before, Removed if nothing will be there, and else Changed.
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
