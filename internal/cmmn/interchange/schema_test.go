package interchange

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// order has, for each element, the schema's sequence of its content
// (CMMN11CaseModel.xsd). Names that a bar joins may be mixed.
var order = map[string]string{
	"definitions":              "case CMMNDI",
	"case":                     "caseFileModel casePlanModel",
	"caseFileModel":            "caseFileItem",
	"casePlanModel":            stageOrder,
	"stage":                    stageOrder,
	"task":                     "documentation extensionElements defaultControl",
	"humanTask":                "documentation extensionElements defaultControl planningTable",
	"processTask":              "documentation extensionElements defaultControl",
	"caseTask":                 "documentation extensionElements defaultControl",
	"decisionTask":             "documentation extensionElements defaultControl",
	"milestone":                "documentation extensionElements defaultControl",
	"eventListener":            "documentation extensionElements defaultControl",
	"userEventListener":        "documentation extensionElements defaultControl",
	"timerEventListener":       "documentation extensionElements defaultControl timerExpression planItemStartTrigger|caseFileItemStartTrigger",
	"planItem":                 "itemControl entryCriterion exitCriterion",
	"discretionaryItem":        "itemControl entryCriterion exitCriterion",
	"planningTable":            "discretionaryItem|planningTable applicabilityRule",
	"sentry":                   "extensionElements planItemOnPart|caseFileItemOnPart ifPart",
	"itemControl":              "extensionElements repetitionRule requiredRule manualActivationRule",
	"defaultControl":           "extensionElements repetitionRule requiredRule manualActivationRule",
	"repetitionRule":           "condition",
	"requiredRule":             "condition",
	"manualActivationRule":     "condition",
	"applicabilityRule":        "condition",
	"ifPart":                   "condition",
	"planItemOnPart":           "standardEvent",
	"caseFileItemOnPart":       "standardEvent",
	"planItemStartTrigger":     "standardEvent",
	"caseFileItemStartTrigger": "standardEvent",
}

const stageOrder = "documentation extensionElements defaultControl planItem sentry planningTable " +
	"stage|task|humanTask|processTask|caseTask|decisionTask|milestone|eventListener|userEventListener|timerEventListener exitCriterion"

func TestExportKeepsTheSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, bad := parse("export.cmmn", exported(t, randomModel().Draw(t, "model")))
		if bad != nil {
			t.Fatal(bad)
		}
		inOrder(t, root)
		ids := map[string]string{}
		everyElement(root, func(e *element) {
			id := e.attribute("id")
			if id != "" && (ids[id] != "" || !plainName.MatchString(id)) {
				t.Errorf("%s: its id is used twice or is no name", e)
			}
			ids[id] = e.name
		})
		everyElement(root, func(e *element) { refersRightly(t, e, ids) })
	})
}

// TestExportLeavesNothingToTools checks attributes for which engines have
// different defaults.
func TestExportLeavesNothingToTools(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, bad := parse("export.cmmn", exported(t, randomModel().Draw(t, "model")))
		if bad != nil {
			t.Fatal(bad)
		}
		everyElement(root, func(e *element) {
			if kind, defines := kinds[e.name]; defines && activates(kind) {
				if control := e.child("defaultControl"); control == nil || control.child("manualActivationRule") == nil {
					t.Errorf("%s does not say how it is activated", e)
				}
			}
			if (e.name == "condition" || e.name == "timerExpression") && e.attribute("language") == "" {
				t.Errorf("%s names no language", e)
			}
			if strings.HasSuffix(e.name, "Rule") && e.child("condition") == nil {
				t.Errorf("%s has no condition", e)
			}
		})
	})
}

func everyElement(e *element, visit func(*element)) {
	if e.space != modelSpace {
		return
	}
	visit(e)
	for _, child := range e.children {
		everyElement(child, visit)
	}
}

func inOrder(t *rapid.T, e *element) {
	groups := strings.Fields(order[e.name])
	at := 0
	for _, child := range e.children {
		if child.space != modelSpace {
			continue
		}
		inGroup := func(group string) bool { return slices.Contains(strings.Split(group, "|"), child.name) }
		next := slices.IndexFunc(groups[at:], inGroup)
		if next < 0 {
			t.Fatalf("%s stands too late in %s, or has no place there", child, e)
		}
		at += next
		inOrder(t, child)
	}
}

// refersRightly checks references of the schema's type IDREF.
func refersRightly(t *rapid.T, e *element, ids map[string]string) {
	for _, name := range []string{"definitionRef", "sentryRef", "sourceRef", "exitCriterionRef", "applicabilityRuleRefs"} {
		for _, id := range strings.Fields(e.attribute(name)) {
			if ids[id] == "" {
				t.Errorf("%s refers to %q, which is not in the file", e, id)
			}
		}
	}
}
