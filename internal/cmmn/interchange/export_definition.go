package interchange

import (
	"strconv"
	"strings"

	"cairn/internal/cmmn"
)

// definition writes a definition, and for a stage also its content, in the
// schema's order.
func (w *writer) definition(element string, d *cmmn.Definition) {
	w.open(element, "id", w.declare(otherKind, "a "+d.Kind.String(), d.ID), "name", d.Name,
		"autoComplete", ifSet(d.AutoComplete, "true"), "isBlocking", ifSet(d.NonBlocking, "false"))
	if d.Documentation != "" {
		w.text("cmmn:documentation", d.Documentation)
	}
	w.extended(hasAnnotation(d.Annotation), func() { w.annotation(d.Annotation) })
	w.defaultControl(element, d)
	for _, item := range d.Items {
		w.item("cmmn:planItem", item)
	}
	for _, s := range d.Sentries {
		w.sentry(s)
	}
	if d.Table != nil {
		w.table(d.Table)
	}
	for _, inside := range w.placement[d] {
		w.definition("cmmn:"+elementOf(inside.Kind), inside)
	}
	w.timer(d)
	w.criteria("cmmn:exitCriterion", d.Exit)
	w.close()
}

func ifSet(set bool, value string) string {
	if set {
		return value
	}
	return ""
}

// extended writes extension elements, if there are any.
func (w *writer) extended(some bool, inside func()) {
	if some {
		w.open("cmmn:extensionElements")
		inside()
		w.close()
	}
}

func hasAnnotation(a cmmn.Annotation) bool {
	return a.Estimate != (cmmn.Estimate{}) || len(a.Steps)+len(a.Checkpoints)+len(a.Challenges) > 0
}

// item writes a plan item or a discretionary item.
func (w *writer) item(element string, item *cmmn.Item) {
	w.open(element, "id", w.declare(itemKind, "a plan item", item.ID), "name", item.Name, "definitionRef", item.Definition.ID,
		"applicabilityRuleRefs", w.applicability("the item "+item.ID, item.Applicability))
	w.itemControl(item)
	w.criteria("cmmn:entryCriterion", item.Entry)
	w.criteria("cmmn:exitCriterion", item.Exit)
	w.close()
}

func (w *writer) criteria(element string, all []cmmn.Criterion) {
	kind := otherKind
	if element == "cmmn:exitCriterion" {
		kind = exitKind
	}
	for _, c := range all {
		w.empty(element, "id", w.declare(kind, "a criterion", c.ID), "name", c.Name, "sentryRef", w.refer("the criterion "+c.ID, sentryKind, c.Sentry))
	}
}

func (w *writer) table(t *cmmn.PlanningTable) {
	w.open("cmmn:planningTable", "id", w.declare(otherKind, "a planning table", t.ID),
		"applicabilityRuleRefs", w.applicability("the planning table "+t.ID, t.Applicability))
	for _, item := range t.Items {
		w.item("cmmn:discretionaryItem", item)
	}
	for _, nested := range t.Tables {
		w.table(nested)
	}
	for _, rule := range t.Rules {
		w.open("cmmn:applicabilityRule", "id", w.declare(ruleKind, "an applicability rule", rule.ID), "name", rule.Name)
		w.expression("cmmn:condition", &rule.Condition)
		w.close()
	}
	w.close()
}

func (w *writer) applicability(by string, rules []string) string {
	for _, id := range rules {
		w.refer(by, ruleKind, id)
	}
	return strings.Join(rules, " ")
}

func (w *writer) timer(d *cmmn.Definition) {
	if d.Timer == nil {
		return
	}
	if d.Timer.Expression != "" {
		w.text("cmmn:timerExpression", d.Timer.Expression, "language", isoTime)
	}
	if start := d.Timer.Start; start != nil {
		if start.Name != "" || start.ExitCriterion != "" {
			w.fail("the start of the timer %q has a name or an exit criterion, which CMMN cannot hold", d.ID)
		}
		w.onPart("StartTrigger", *start)
	}
}

// isoTime is the language of timers: ISO 8601, as RFC 5141 names it.
const isoTime = "urn:iso:std:iso:8601"

func (w *writer) sentry(s *cmmn.Sentry) {
	if len(s.On) == 0 && s.If == nil {
		w.fail("the sentry %q waits for nothing: it needs an on-part or a condition", s.ID)
	}
	w.open("cmmn:sentry", "id", w.declare(sentryKind, "a sentry", s.ID), "name", s.Name)
	w.extended(s.Memoryless || s.Retroactive, func() {
		if s.Memoryless {
			w.empty("cairn:memoryless")
		}
		if s.Retroactive {
			w.empty("cairn:retroactive")
		}
	})
	for _, on := range s.On {
		w.onPart("OnPart", on)
	}
	if s.If != nil {
		w.open("cmmn:ifPart")
		w.expression("cmmn:condition", s.If)
		w.close()
	}
	w.close()
}

// onPart writes an on-part. With another suffix it writes the start trigger of
// a timer.
func (w *writer) onPart(suffix string, on cmmn.OnPart) {
	by := "the on-part " + on.ID
	element, event := "cmmn:planItem"+suffix, on.Event.String()
	switch {
	case on.FileEvent != 0:
		element, event = "cmmn:caseFileItem"+suffix, on.FileEvent.String()
		w.refer(by, fileItemKind, on.Source)
	case on.Source != "" || on.ExitCriterion == "":
		w.refer(by, itemKind, on.Source)
	}
	if on.ExitCriterion != "" {
		w.refer(by, exitKind, on.ExitCriterion)
	}
	if on.FileEvent == 0 && !on.Event.IsEvent() || on.FileEvent != 0 && (on.Event != 0 || on.ExitCriterion != "") {
		w.fail("%s does not name an event that an on-part can wait for", by)
	}
	w.open(element, "id", w.declare(partKind, "an on-part", on.ID), "name", on.Name, "sourceRef", on.Source, "exitCriterionRef", on.ExitCriterion)
	w.text("cmmn:standardEvent", event)
	w.close()
}

// defaultControl writes the rules of a definition. Stages and tasks always say
// how they are activated. The case plan model is not activated.
func (w *writer) defaultControl(element string, d *cmmn.Definition) {
	control := cmmn.Control{}
	if d.Control != nil {
		control = *d.Control
	}
	activated := activates(d.Kind) && element != "cmmn:casePlanModel"
	if control != (cmmn.Control{}) || activated {
		w.control("cmmn:defaultControl", control, cmmn.Control{}, activated)
	}
}

// itemControl writes an item's own rules. Tools disagree on what they replace:
// Cairn replaces the whole default control, Camunda replaces it rule by rule.
// So default rules that would show through in Camunda are overridden
// explicitly.
func (w *writer) itemControl(item *cmmn.Item) {
	if item.Control == nil {
		return
	}
	replaced := cmmn.Control{}
	if item.Definition.Control != nil {
		replaced = *item.Definition.Control
	}
	w.control("cmmn:itemControl", *item.Control, replaced, activates(item.Definition.Kind))
}

func activates(kind cmmn.Kind) bool { return kind == cmmn.Stage || kind.IsTask() }

func (w *writer) control(element string, c, replaced cmmn.Control, activated bool) {
	w.open(element)
	w.extended(c.MaxInstances != 0, func() { w.text("cairn:maxInstances", strconv.Itoa(c.MaxInstances)) })
	w.rule("cmmn:repetitionRule", c.Repetition, replaced.Repetition != nil)
	w.rule("cmmn:requiredRule", c.Required, replaced.Required != nil)
	w.rule("cmmn:manualActivationRule", c.ManualActivation, activated || replaced.ManualActivation != nil)
	w.close()
}

// rule writes a rule. If a rule is absent but needed, it is written as never
// true.
func (w *writer) rule(element string, e *cmmn.Expression, needed bool) {
	if e == nil && !needed {
		return
	}
	if e == nil {
		e = &cmmn.Expression{Text: never}
	}
	w.open(element)
	w.expression("cmmn:condition", e)
	w.close()
}
