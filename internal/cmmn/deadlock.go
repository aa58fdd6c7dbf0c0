package cmmn

import "strings"

// deadlocks refuses models in which items wait for each other in a circle that
// nothing from outside can break. It ignores conditions, because each may
// become true one day.
func (c *compiler) deadlocks() {
	opens := map[*node]bool{c.program.nodes[0]: true}
	for changed := true; changed; {
		changed = false
		for _, n := range c.program.nodes[1:] {
			if !opens[n] && canOpen(n, opens) {
				opens[n], changed = true, true
			}
		}
	}
	for _, n := range c.program.nodes {
		if opens[n] || !opens[n.scope] {
			continue
		}
		c.fault(describe(n), "it can never begin: it waits for %s", circle(n, opens))
		return
	}
}

// canOpen reports whether an item can leave the state available, given the
// items that can.
func canOpen(n *node, opens map[*node]bool) bool {
	if len(n.entry) == 0 {
		return opens[n.scope]
	}
	for _, g := range n.entry {
		if gateCanOpen(g, opens) && (opens[n.scope] || g.crossing()) {
			return true
		}
	}
	return false
}

func gateCanOpen(g *gate, opens map[*node]bool) bool {
	for _, p := range g.parts {
		if p.source != nil && !canHappen(p, opens) {
			return false
		}
	}
	return true
}

// canHappen reports whether an event can happen. Even a source that never
// begins is created, suspended and ended with its stage.
func canHappen(p part, opens map[*node]bool) bool {
	switch p.event {
	case Create, Exit, Terminate, Suspend, Resume, ParentSuspend, ParentResume:
		return true
	default:
		return opens[p.source]
	}
}

// circle follows what an item waits for until it meets an item again.
func circle(n *node, opens map[*node]bool) string {
	seen := map[*node]bool{}
	var names []string
	for at := n; at != nil && !seen[at]; {
		seen[at] = true
		at = firstBlocked(at, opens)
		if at != nil {
			names = append(names, quoted(at.id))
		}
	}
	return strings.Join(names, ", which waits for ")
}

// firstBlocked returns a source that the item waits for and that can never
// begin. Without one, it returns the item's stage if that can never begin.
func firstBlocked(n *node, opens map[*node]bool) *node {
	for _, g := range n.entry {
		for _, p := range g.parts {
			if p.source != nil && !canHappen(p, opens) {
				return p.source
			}
		}
	}
	if !opens[n.scope] {
		return n.scope
	}
	return nil
}
