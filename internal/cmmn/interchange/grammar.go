package interchange

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/problem"
)

// rule is what an element of CMMN may have. An id, documentation and extensions
// are allowed everywhere and not listed.
type rule struct {
	attributes, children []string
	text                 bool
}

// Groups of names in the grammar.
const (
	definitionNames = "stage task humanTask processTask caseTask decisionTask milestone eventListener userEventListener timerEventListener"
	controlRules    = "repetitionRule requiredRule manualActivationRule"
)

// grammar is the schema of CMMN 1.1 (CMMN11.xsd, CMMN11CaseModel.xsd), without
// the order of elements and without skipped elements. Files of cafienne add
// body and some attributes.
var grammar = map[string]rule{
	"definitions":   {words("name targetNamespace expressionLanguage exporter exporterVersion author creationDate"), words("case"), false},
	"case":          {words("name description expressionLanguage"), words("caseFileModel casePlanModel"), false},
	"caseFileModel": {nil, words("caseFileItem"), false},
	"caseFileItem":  {words("name multiplicity definitionRef sourceRef targetRefs"), words("children"), false},
	"children":      {nil, words("caseFileItem"), false},

	"casePlanModel": {words("name autoComplete"), words("defaultControl planItem sentry planningTable exitCriterion " + definitionNames), false},
	"stage":         {words("name autoComplete"), words("defaultControl planItem sentry planningTable exitCriterion " + definitionNames), false},
	"task":          {words("name isBlocking"), words("defaultControl"), false},
	"humanTask":     {words("name isBlocking performerRef"), words("defaultControl planningTable"), false},
	"processTask":   {words("name isBlocking processRef"), words("defaultControl"), false},
	"caseTask":      {words("name isBlocking caseRef"), words("defaultControl"), false},
	"decisionTask":  {words("name isBlocking decisionRef"), words("defaultControl"), false},
	"milestone":     {words("name"), words("defaultControl"), false},
	"eventListener": {words("name"), words("defaultControl"), false},

	"userEventListener":  {words("name authorizedRoleRefs"), words("defaultControl"), false},
	"timerEventListener": {words("name"), words("defaultControl timerExpression planItemStartTrigger caseFileItemStartTrigger"), false},

	"planItem":          {words("name definitionRef"), words("itemControl entryCriterion exitCriterion"), false},
	"discretionaryItem": {words("name definitionRef applicabilityRuleRefs authorizedRoleRefs"), words("itemControl entryCriterion exitCriterion"), false},
	"planningTable":     {words("applicabilityRuleRefs authorizedRoleRefs"), words("discretionaryItem planningTable applicabilityRule"), false},
	"applicabilityRule": {words("name contextRef"), words("condition"), false},

	"entryCriterion": {words("name sentryRef"), nil, false},
	"exitCriterion":  {words("name sentryRef"), nil, false},
	"sentry":         {words("name"), words("planItemOnPart caseFileItemOnPart ifPart"), false},
	"planItemOnPart": {words("name sourceRef exitCriterionRef"), words("standardEvent"), false},

	"caseFileItemOnPart":       {words("name sourceRef"), words("standardEvent"), false},
	"planItemStartTrigger":     {words("name sourceRef"), words("standardEvent"), false},
	"caseFileItemStartTrigger": {words("name sourceRef"), words("standardEvent"), false},
	"standardEvent":            {nil, nil, true},
	"timerExpression":          {words("language"), words("body"), true},

	"ifPart":               {words("name contextRef"), words("condition"), false},
	"condition":            {words("name language"), words("body"), true},
	"body":                 {nil, nil, true},
	"itemControl":          {words("name"), words(controlRules), false},
	"defaultControl":       {words("name"), words(controlRules), false},
	"repetitionRule":       {words("name contextRef"), words("condition"), false},
	"requiredRule":         {words("name contextRef"), words("condition"), false},
	"manualActivationRule": {words("name contextRef"), words("condition"), false},
}

// single are the elements that a parent may have only once.
var single = words("caseFileModel casePlanModel children itemControl defaultControl condition body standardEvent timerExpression ifPart " + controlRules)

// skipped are elements that do not affect a run, with all their content.
var skipped = words("documentation extensionElements import caseFileItemDefinition process decision relationship artifact association " +
	"textAnnotation CMMNDI caseRoles input output inputs outputs parameterMapping " +
	"processRefExpression caseRefExpression decisionRefExpression")

func words(list string) []string { return strings.Fields(list) }

// check compares the element and its content with the grammar.
func (r *reader) check(e *element) {
	allowed := grammar[e.name]
	for _, a := range e.attributes {
		if a.Name.Space == "" && a.Name.Local != "xmlns" && a.Name.Local != "id" && !slices.Contains(allowed.attributes, a.Name.Local) {
			r.fail(problem.ModelUnsupported, e, fmt.Sprintf("%s has the attribute %q, which is not part of CMMN 1.1", e, a.Name.Local))
		}
	}
	if !allowed.text && e.trimmed() != "" {
		r.fail(problem.ModelUnsupported, e, fmt.Sprintf("%s has text in it", e))
	}
	if e.attribute("id") != "" {
		r.identify(e)
	}
	seen := map[string]bool{}
	for _, child := range e.children {
		if child.space != modelSpace || slices.Contains(skipped, child.name) {
			continue
		}
		if seen[child.name] && slices.Contains(single, child.name) {
			r.fail(problem.ModelInvalid, child, fmt.Sprintf("%s has a second %s", e, child.name))
		}
		seen[child.name] = true
		r.checkChild(e, child)
	}
}

func (r *reader) checkChild(e, child *element) {
	_, known := grammar[child.name]
	switch {
	case child.name == "planFragment":
		r.fail(problem.ModelUnsupported, child, fmt.Sprintf("%s is a plan fragment; Cairn supports only stages", child))
	case !known:
		r.fail(problem.ModelUnsupported, child, fmt.Sprintf("Cairn does not know the element %s in a %s", child, e.name))
	case !slices.Contains(grammar[e.name].children, child.name):
		r.fail(problem.ModelInvalid, child, fmt.Sprintf("%s cannot stand in a %s", child, e.name))
	default:
		r.check(child)
	}
}

// identify checks an id and records it.
func (r *reader) identify(e *element) {
	id := e.attribute("id")
	if !ncName.MatchString(id) {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s has an id that is not an XML name; begin it with a letter or _ and continue with letters, digits, . - or _", e))
	}
	if first, twice := r.ids[id]; twice {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s has the id of the %s in line %d", e, first.name, first.line))
		return
	}
	r.ids[id] = e
	if _, defines := kinds[e.name]; defines {
		r.definitions[id] = e
	}
}
