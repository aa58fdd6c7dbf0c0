package cmmn

import "slices"

// sentriesOf indexes the sentries of a stage, for the criteria of its items.
func (c *compiler) sentriesOf(at *node, stage *Definition) {
	known := map[string]*Sentry{}
	for _, s := range stage.Sentries {
		if _, twice := known[s.ID]; twice || s.ID == "" {
			c.fault("sentry "+quoted(s.ID), "its id is empty or used twice")
		}
		if len(s.On) == 0 && s.If == nil {
			c.fault("sentry "+quoted(s.ID), "it waits for nothing: it needs an on-part or a condition")
		}
		known[s.ID] = s
	}
	c.sentries[at] = known
}

// sentry finds a sentry in the stage or in one that contains it.
func (c *compiler) sentry(scope *node, id string) *Sentry {
	for at := scope; at != nil; at = at.scope {
		if s, known := c.sentries[c.places[at.def]][id]; known {
			return s
		}
	}
	return nil
}

// criteria makes the gates of an item, or of the case plan model.
func (c *compiler) criteria(n *node, entry, exit []Criterion) {
	scope := n.scope
	if scope == nil {
		scope = n
	}
	for _, criterion := range entry {
		if g := c.gate(n, scope, criterion); g != nil {
			n.entry = append(n.entry, g)
			n.byTrigger = n.byTrigger || g.hasParts()
			if g.crossing() {
				scope.crossing = append(scope.crossing, g)
				g.anchor.anchored = append(g.anchor.anchored, g)
			}
		}
	}
	for _, criterion := range exit {
		if g := c.gate(n, scope, criterion); g != nil {
			g.kind = exitGate
			n.exit = append(n.exit, g)
		}
	}
}

func (c *compiler) gate(n, scope *node, criterion Criterion) *gate {
	where := "criterion " + quoted(criterion.ID) + " of " + describe(n)
	if _, twice := c.program.gates[criterion.ID]; twice || criterion.ID == "" {
		c.fault(where, "its id is empty or used twice")
		return nil
	}
	s := c.sentry(scope, criterion.Sentry)
	if s == nil {
		c.fault(where, "there is no sentry %q in its stage", criterion.Sentry)
		return nil
	}
	g := &gate{owner: n, id: criterion.ID, sentry: s}
	for i := range s.On {
		if slices.ContainsFunc(s.On[:i], func(on OnPart) bool { return on.ID == s.On[i].ID }) {
			c.fault("on-part "+quoted(s.On[i].ID)+" of sentry "+quoted(s.ID), "its id is used twice")
		}
		if p, ok := c.part(n, s, &s.On[i]); ok {
			g.parts = append(g.parts, p)
			if p.common != nil && (g.anchor == nil || p.common.depth < g.anchor.depth) {
				g.anchor = p.common
			}
		}
	}
	if s.If != nil {
		g.condition = c.expression("sentry "+quoted(s.ID), *s.If)
	}
	c.program.gates[criterion.ID] = g
	return g
}

func (c *compiler) part(owner *node, s *Sentry, on *OnPart) (part, bool) {
	where := "on-part " + quoted(on.ID) + " of sentry " + quoted(s.ID)
	if on.FileEvent != 0 {
		name, known := c.files[on.Source]
		if !known {
			c.fault(where, "there is no case file item %q", on.Source)
		}
		return part{id: on.ID, file: name, fileAt: on.FileEvent}, known
	}
	source, known := c.program.byID[on.Source]
	switch {
	case !known:
		c.fault(where, "there is no item %q", on.Source)
	case !on.Event.IsEvent():
		c.fault(where, "%s is no event that a sentry can wait for", on.Event)
	case !has(tableOf(source.def.Kind), on.Event):
		c.fault(where, "%s never makes the transition %s", describe(source), on.Event)
	case on.ExitCriterion != "" && on.Event != Exit:
		c.fault(where, "only an exit is by an exit criterion")
	default:
		return part{id: on.ID, source: source, event: on.Event, common: c.common(source, owner)}, true
	}
	return part{}, false
}

// common returns the lowest stage that contains both nodes in all their places.
// A stage definition may have several places.
func (c *compiler) common(a, b *node) *node {
	stage := c.program.model.Plan // for the case plan model's own criteria
	if b.scope != nil {
		stage = b.scope.def
	}
	shared := sharedStart(c.around(a.scope.def), c.around(stage))
	return c.places[shared[len(shared)-1]]
}

// around returns the stages that contain a stage in each of its places, from
// the case inwards. The stage itself comes last.
func (c *compiler) around(stage *Definition) []*Definition {
	if known, done := c.enclosing[stage]; done {
		return known
	}
	var all []*Definition
	for i, place := range c.uses[stage] {
		switch {
		case place.scope == nil:
		case i == 0:
			all = c.around(place.scope.def)
		default:
			all = sharedStart(all, c.around(place.scope.def))
		}
	}
	all = append(all[:len(all):len(all)], stage)
	c.enclosing[stage] = all
	return all
}

func sharedStart(a, b []*Definition) []*Definition {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// shareGates copies the gates found at the first place of a stage definition to
// its other places.
func (c *compiler) shareGates() {
	for stage, uses := range c.uses {
		for _, n := range uses {
			n.crossing, n.anchored = c.places[stage].crossing, c.places[stage].anchored
		}
	}
}

// exitReferences resolves on-parts that wait for an exit by one criterion. The
// criterion may belong to a later item, so this runs after all gates exist.
func (c *compiler) exitReferences() {
	for _, n := range c.program.nodes {
		for _, g := range slices.Concat(n.entry, n.exit) {
			for i := range g.parts {
				c.exitReference(g, &g.parts[i])
			}
		}
	}
}

func (c *compiler) exitReference(g *gate, p *part) {
	i := slices.IndexFunc(g.sentry.On, func(on OnPart) bool { return on.ID == p.id })
	on := g.sentry.On[i]
	if on.ExitCriterion == "" {
		return
	}
	by, known := c.program.gates[on.ExitCriterion]
	if !known || by.kind != exitGate || by.owner != p.source {
		c.fault("on-part "+quoted(on.ID)+" of sentry "+quoted(g.sentry.ID), "%q is no exit criterion of %q", on.ExitCriterion, on.Source)
		return
	}
	p.exitBy = by
}

// watch indexes the gates by what they wait for, in the order of the model,
// entry before exit.
func (c *compiler) watch() {
	p := c.program
	for _, n := range p.nodes {
		for _, g := range n.entry {
			c.watchGate(g)
		}
		for _, g := range n.exit {
			c.watchGate(g)
		}
		if n.timer != nil && n.timer.start != nil {
			c.watchGate(n.timer.start)
		}
		c.watchTable(n)
	}
}

func (c *compiler) watchGate(g *gate) {
	p := c.program
	for i, on := range g.parts {
		if on.source == nil {
			p.fileWatchers[on.file] = append(p.fileWatchers[on.file], watch{g, i})
			continue
		}
		on.source.watchers[on.event] = append(on.source.watchers[on.event], watch{g, i})
	}
	if g.condition != nil {
		for _, name := range g.condition.Reads() {
			p.readers[name] = append(p.readers[name], g)
		}
	}
}

func (c *compiler) watchTable(stage *node) {
	p := c.program
	for _, n := range stage.table {
		for _, rule := range n.applicable {
			for _, name := range rule.Reads() {
				if !slices.Contains(p.tablesReading[name], stage) {
					p.tablesReading[name] = append(p.tablesReading[name], stage)
				}
			}
		}
	}
}
