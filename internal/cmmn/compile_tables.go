package cmmn

// tableOf makes the nodes of a planning table and of the tables nested in it.
// Planned items go into scope. The holder is the stage or human task that has
// the table.
func (c *compiler) tableOf(scope, holder *node, t *PlanningTable, above []*Definition) bool {
	if t == nil {
		return true
	}
	w := tableWalk{compiler: c, scope: scope, holder: holder, above: above, rules: map[string]Condition{}}
	return w.walk(t, nil, 0)
}

// tableWalk goes through nested tables.
type tableWalk struct {
	*compiler
	scope, holder *node
	above         []*Definition
	rules         map[string]Condition
}

func (w *tableWalk) walk(t *PlanningTable, inherited []Condition, nesting int) bool {
	if nesting > maxDepth {
		w.fault(describe(w.holder), "planning tables nest deeper than %d", maxDepth)
		return false
	}
	for _, rule := range t.Rules {
		if _, twice := w.rules[rule.ID]; twice || rule.ID == "" {
			w.fault("applicability rule "+quoted(rule.ID), "its id is empty or used twice")
		}
		w.rules[rule.ID] = w.expression("applicability rule "+quoted(rule.ID), rule.Condition)
	}
	inherited = w.applicability("planning table "+quoted(t.ID), t.Applicability, inherited)
	for _, item := range t.Items {
		n, ok := w.node(w.scope, item, w.above)
		if !ok {
			return false
		}
		n.holder = w.holder
		n.applicable = w.applicability(describe(n), item.Applicability, inherited)
		w.holder.table = append(w.holder.table, n)
		w.scope.plannable = append(w.scope.plannable, n)
	}
	for _, nested := range t.Tables {
		if !w.walk(nested, inherited, nesting+1) {
			return false
		}
	}
	return true
}

func (w *tableWalk) applicability(where string, ids []string, inherited []Condition) []Condition {
	all := inherited[:len(inherited):len(inherited)]
	for _, id := range ids {
		rule, known := w.rules[id]
		if !known {
			w.fault(where, "there is no applicability rule %q in its planning table", id)
			continue
		}
		all = append(all, rule)
	}
	return all
}
