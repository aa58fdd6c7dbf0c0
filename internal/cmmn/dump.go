package cmmn

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Dump writes the whole state as text. Equal states give equal texts, so a
// replayed journal must give the same text again.
func (c *Case) Dump(w io.Writer) error {
	d := dumper{w: w}
	d.line("now %s", c.now.Format(time.RFC3339Nano))
	for _, name := range slices.Sorted(maps.Keys(c.file.raw)) {
		d.line("value %s %s", name, c.file.raw[name])
	}
	for _, i := range c.instances {
		d.instance(i)
	}
	return d.err
}

// dumper keeps the first error.
type dumper struct {
	w   io.Writer
	err error
}

func (d *dumper) line(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format+"\n", args...)
	}
}

func (d *dumper) instance(i *instance) {
	parent := -1
	if i.parent != nil {
		parent = i.parent.number
	}
	d.line("%d %s in %d #%d %s before %s required %t seen %x started %s ended %s due %s tally %v by %q",
		i.number, i.node.id, parent, i.index, i.state, i.before, i.required, i.seen,
		i.started.Format(time.RFC3339Nano), i.ended.Format(time.RFC3339Nano), i.due.Format(time.RFC3339Nano), i.tally, i.exitBy)
	d.memories(i.memory)
	for place := range i.places {
		if i.places[place].planned {
			d.line("  planned %d", place)
		}
		d.memories(i.places[place].memory)
	}
}

func (d *dumper) memories(memories map[*gate]*memory) {
	for _, g := range slices.SortedFunc(maps.Keys(memories), func(a, b *gate) int { return strings.Compare(a.id, b.id) }) {
		occurred, err := json.Marshal(memories[g].occurred)
		if err != nil {
			d.err = err
		}
		d.line("  %s remembers %s, %d missing", g.id, occurred, memories[g].missing)
	}
}
