package diagram

import "cairn/internal/cmmn"

// tree is what a model draws: its boxes, each in the stage that contains it.
type tree struct {
	root  *node
	byID  map[string]*node
	nodes []*node // in the order of the model, which is that of the drawing
}

// node is one box.
type node struct {
	id, title     string
	kind          cmmn.Kind        // zero for a case file item
	def           *cmmn.Definition // nil for a case file item
	control       cmmn.Control
	entry, exit   []cmmn.Criterion
	discretionary bool
	associated    bool // a human task's planning table holds it
	collapsed     bool
	parent        *node
	children      []*node

	spot
}

func newTree(m *cmmn.Model) *tree {
	t := &tree{byID: map[string]*node{}}
	t.root = &node{id: m.Plan.ID, title: titleOf(m), kind: cmmn.Stage, def: m.Plan, exit: m.Plan.Exit}
	t.add(t.root)
	t.files(m)
	t.fill(t.root, map[*cmmn.Definition]bool{})
	return t
}

func titleOf(m *cmmn.Model) string {
	for _, name := range []string{m.Plan.Name, m.Name, m.Plan.ID} {
		if name != "" {
			return name
		}
	}
	return m.ID
}

func (t *tree) add(n *node) {
	t.nodes = append(t.nodes, n)
	t.byID[n.id] = n
}

// files adds the case file items that on-parts wait for.
func (t *tree) files(m *cmmn.Model) {
	wanted := map[string]bool{}
	eachSentry(m.Plan, map[*cmmn.Definition]bool{}, func(s *cmmn.Sentry) {
		for _, on := range s.On {
			if on.FileEvent != 0 {
				wanted[on.Source] = true
			}
		}
	})
	for _, f := range m.File {
		if !wanted[f.ID] {
			continue
		}
		n := &node{id: f.ID, title: f.Name, parent: t.root}
		if n.title == "" {
			n.title = f.ID
		}
		t.root.children = append(t.root.children, n)
		t.add(n)
	}
}

func eachSentry(stage *cmmn.Definition, seen map[*cmmn.Definition]bool, do func(*cmmn.Sentry)) {
	if seen[stage] {
		return
	}
	seen[stage] = true
	for _, s := range stage.Sentries {
		do(s)
	}
	for _, items := range [][]*cmmn.Item{stage.Items, tableItems(stage.Table)} {
		for _, item := range items {
			eachSentry(item.Definition, seen, do)
		}
	}
}

// fill gives a stage its children. A definition is drawn once: further items of
// it are collapsed.
func (t *tree) fill(stage *node, drawn map[*cmmn.Definition]bool) {
	drawn[stage.def] = true
	for _, item := range stage.def.Items {
		t.item(stage, item, false, drawn)
	}
	for _, item := range tableItems(stage.def.Table) {
		t.item(stage, item, true, drawn)
	}
}

func (t *tree) item(stage *node, item *cmmn.Item, discretionary bool, drawn map[*cmmn.Definition]bool) *node {
	n := &node{
		id: item.ID, title: item.Title(), kind: item.Definition.Kind, def: item.Definition,
		entry: item.Entry, exit: item.Exit, discretionary: discretionary, parent: stage,
	}
	if n.title == "" {
		n.title = n.id
	}
	if item.Control != nil {
		n.control = *item.Control
	} else if n.def.Control != nil {
		n.control = *n.def.Control
	}
	stage.children = append(stage.children, n)
	t.add(n)
	first := !drawn[n.def]
	switch {
	case n.kind == cmmn.Stage && first:
		t.fill(n, drawn)
	case n.kind == cmmn.Stage:
		n.collapsed = true
	case first:
		drawn[n.def] = true
		for _, planned := range tableItems(n.def.Table) {
			t.item(stage, planned, true, drawn).associated = true
		}
	}
	return n
}

// tableItems are the items of a planning table and of those nested in it.
func tableItems(table *cmmn.PlanningTable) []*cmmn.Item {
	if table == nil {
		return nil
	}
	items := append([]*cmmn.Item(nil), table.Items...)
	for _, nested := range table.Tables {
		items = append(items, tableItems(nested)...)
	}
	return items
}

// open reports whether the node shows content.
func (n *node) open() bool { return n.kind == cmmn.Stage && !n.collapsed }

// within reports whether the node is a stage, or in it.
func (n *node) within(stage *node) bool {
	for at := n; at != nil; at = at.parent {
		if at == stage {
			return true
		}
	}
	return false
}
