package cmmn

// recall lets the retroactive gates of a new instance count what has already
// occurred.
func (t *turn) recall(i *instance) {
	for _, g := range i.node.entry {
		if !g.sentry.Retroactive {
			continue
		}
		for part, on := range g.parts {
			if on.source != nil && t.c.occurredIn(i.parent, on) {
				t.remember(i.parent, g, part)
			}
		}
	}
}

// occurredIn reports whether the event of the part ever occurred in a place
// that concerns the stage.
func (c *Case) occurredIn(stage *instance, on part) bool {
	for _, source := range c.ofNode[on.source.number] {
		occurred := source.seen&(1<<on.event) != 0 && (on.exitBy == nil || source.exitBy == on.exitBy.id)
		if occurred && source.above(on.common) == stage.above(on.common) {
			return true
		}
	}
	return false
}
