package interchange

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// plan reads the case plan model.
func (r *reader) plan(e *element) *cmmn.Definition {
	r.building = append(r.building, e)
	d := r.base(e, cmmn.Stage)
	r.stage(e, d)
	d.Exit = r.criteria(e, "exitCriterion", "")
	return d
}

// definition reads a definition once, even if several items use it.
func (r *reader) definition(by, e *element) *cmmn.Definition {
	if d := r.built[e]; d != nil {
		return d
	}
	if slices.Contains(r.building, e) {
		r.fail(problem.ModelInvalid, by, fmt.Sprintf("%s makes %s contain itself", by, e))
		return nil
	}
	if len(r.building) > maxDepth {
		r.fail(problem.ModelUnsupported, by, fmt.Sprintf("stages nest deeper than %d", maxDepth))
		return nil
	}
	r.building = append(r.building, e)
	d := r.base(e, kinds[e.name])
	switch {
	case d.Kind == cmmn.Stage:
		r.stage(e, d)
		d.Exit = r.criteria(e, "exitCriterion", "")
	case d.Kind.IsTask():
		d.NonBlocking = !r.flag(e, "isBlocking", true)
		d.Table = r.table(e.child("planningTable"))
	case d.Kind == cmmn.TimerEvent:
		d.Timer = r.timer(e)
	}
	r.building = r.building[:len(r.building)-1]
	r.built[e] = d
	return d
}

// base reads what definitions of all kinds share.
func (r *reader) base(e *element, kind cmmn.Kind) *cmmn.Definition {
	d := &cmmn.Definition{ID: r.id(e), Name: e.attribute("name"), Kind: kind, Documentation: documentation(e), Annotation: r.annotation(e)}
	r.register.declare(otherKind, d.ID)
	if control := r.control(e.child("defaultControl")); control != nil && *control != (cmmn.Control{}) {
		d.Control = control
	}
	return d
}

func documentation(e *element) string {
	var texts []string
	for _, d := range e.all("documentation") {
		texts = append(texts, string(d.text))
	}
	return strings.Join(texts, "\n\n")
}

func (r *reader) stage(e *element, d *cmmn.Definition) {
	d.AutoComplete = r.flag(e, "autoComplete", false)
	for _, item := range e.all("planItem") {
		d.Items = append(d.Items, r.item(item))
	}
	for _, sentry := range e.all("sentry") {
		d.Sentries = append(d.Sentries, r.sentry(sentry))
	}
	d.Table = r.table(e.child("planningTable"))
}

// item reads a plan item or a discretionary item.
func (r *reader) item(e *element) *cmmn.Item {
	item := &cmmn.Item{
		ID: r.id(e), Name: e.attribute("name"), Control: r.control(e.child("itemControl")), Applicability: r.applicability(e),
	}
	r.register.declare(itemKind, item.ID)
	item.Entry = r.criteria(e, "entryCriterion", item.ID)
	item.Exit = r.criteria(e, "exitCriterion", item.ID)
	id := e.attribute("definitionRef")
	if definition := r.definitions[id]; definition != nil {
		item.Definition = r.definition(e, definition)
	} else {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s refers to the definition %q, which does not exist", e, id))
	}
	return item
}

// criteria reads the criteria of an item. For those of a stage, owner is empty.
func (r *reader) criteria(e *element, name, owner string) []cmmn.Criterion {
	var all []cmmn.Criterion
	for _, child := range e.all(name) {
		criterion := cmmn.Criterion{ID: r.id(child), Name: child.attribute("name"), Sentry: child.attribute("sentryRef")}
		if criterion.Sentry == "" {
			criterion.Sentry = child.attributeIn(flowableSpace, "sentryRef")
		}
		kind := otherKind
		if name == "exitCriterion" {
			kind = exitKind
			r.exits[criterion.ID] = owner
		}
		r.register.declare(kind, criterion.ID)
		r.refer(child, sentryKind, criterion.Sentry)
		all = append(all, criterion)
	}
	return all
}

func (r *reader) table(e *element) *cmmn.PlanningTable {
	if e == nil {
		return nil
	}
	t := &cmmn.PlanningTable{ID: r.id(e), Applicability: r.applicability(e)}
	r.register.declare(otherKind, t.ID)
	for _, item := range e.all("discretionaryItem") {
		t.Items = append(t.Items, r.item(item))
	}
	for _, nested := range e.all("planningTable") {
		t.Tables = append(t.Tables, r.table(nested))
	}
	for _, child := range e.all("applicabilityRule") {
		rule := cmmn.Rule{ID: r.id(child), Name: child.attribute("name"), Condition: *r.condition(child)}
		r.register.declare(ruleKind, rule.ID)
		t.Rules = append(t.Rules, rule)
	}
	return t
}

func (r *reader) applicability(e *element) []string {
	var ids []string
	for _, id := range strings.Fields(e.attribute("applicabilityRuleRefs")) {
		r.refer(e, ruleKind, id)
		ids = append(ids, id)
	}
	return ids
}

func (r *reader) timer(e *element) *cmmn.Timer {
	var t cmmn.Timer
	if expression := e.child("timerExpression"); expression != nil {
		t.Expression = expressionText(expression)
	}
	starts := e.all("planItemStartTrigger", "caseFileItemStartTrigger")
	if len(starts) > 1 {
		r.fail(problem.ModelInvalid, starts[1], fmt.Sprintf("%s has a second start trigger", e))
	}
	if len(starts) > 0 && !saysNothing(starts[0]) {
		start := r.onPart(starts[0])
		start.Name = "" // cafienne names triggers, CMMN does not
		t.Start = &start
	}
	if t == (cmmn.Timer{}) {
		return nil
	}
	return &t
}

// saysNothing reports whether a start trigger names neither an event nor a
// source. The timer then runs from its creation, as without a trigger.
func saysNothing(trigger *element) bool {
	return trigger.attribute("sourceRef") == "" && standardEvent(trigger) == ""
}
