package interchange

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
)

func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		name, condition, defaultLanguage string
		want                             cmmn.Expression
	}{
		{"CEL", `<condition language="https://cel.dev">a &lt; 1</condition>`, "", cmmn.Expression{Text: "a < 1"}},
		{"CEL that looks like JUEL", `<condition language="https://cel.dev">${a}</condition>`, "", cmmn.Expression{Text: "${a}"}},
		{"JUEL", `<condition><![CDATA[ ${ a > 1 } ]]></condition>`, "", cmmn.Expression{Text: "a > 1"}},
		{"JUEL by name", `<condition language="JUEL">#{a}</condition>`, "", cmmn.Expression{Text: "a"}},
		{"two in JUEL", `<condition>${a} and ${b}</condition>`, "", cmmn.Expression{Text: "${a} and ${b}"}},
		{"no language", `<condition id="x">a</condition>`, "", cmmn.Expression{ID: "x", Text: "a"}},
		{"another language", `<condition language="javascript">${a}</condition>`, "", cmmn.Expression{Language: "javascript", Text: "${a}"}},
		{"another by default", `<condition>true</condition>`, "spel", cmmn.Expression{Language: "spel", Text: "true"}},
		{"CEL by default", `<condition>${a}</condition>`, "https://cel.dev", cmmn.Expression{Text: "${a}"}},
		{"body", `<condition><body> a </body></condition>`, "", cmmn.Expression{Text: "a"}},
		{"always", `<condition>${true}</condition>`, "", cmmn.Expression{}},
		{"empty", `<condition/>`, "", cmmn.Expression{}},
		{"absent", ``, "", cmmn.Expression{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := mustImport(t, `<definitions expressionLanguage="`+tt.defaultLanguage+`"><case id="c"><casePlanModel id="p"><sentry id="s"><ifPart>`+
				tt.condition+`</ifPart></sentry></casePlanModel></case></definitions>`)
			if diff := cmp.Diff(&tt.want, m.Plan.Sentries[0].If); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRules(t *testing.T) {
	always := &cmmn.Expression{}
	for _, tt := range []struct {
		control string
		want    *cmmn.Control
	}{
		{``, nil},
		{`<itemControl/>`, &cmmn.Control{}},
		{`<itemControl><requiredRule/><manualActivationRule/><repetitionRule/></itemControl>`,
			&cmmn.Control{Required: always, ManualActivation: always, Repetition: always}},
		{`<itemControl><requiredRule><condition>false</condition></requiredRule></itemControl>`, &cmmn.Control{}},
		{`<itemControl><repetitionRule f:maxInstanceCount="2"/></itemControl>`, &cmmn.Control{Repetition: always, MaxInstances: 2}},
	} {
		m := mustImport(t, planStart+item(tt.control)+`<task id="t"/></casePlanModel></case></definitions>`)
		if diff := cmp.Diff(tt.want, m.Plan.Items[0].Control); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.control, diff)
		}
	}
}

func TestMissingIDsAreGivenFreeOnes(t *testing.T) {
	m := mustImport(t, planStart+`<planItem id="planItem_1" definitionRef="t"/><planItem definitionRef="t"/><task id="t"/></casePlanModel></case></definitions>`)
	if got := m.Plan.Items[1].ID; got != "planItem_2" {
		t.Errorf("the id is %q", got)
	}
}

func TestUnusedDefinitionsAreLeftOut(t *testing.T) {
	m := mustImport(t, planStart+item("")+`<task id="t"/><stage id="unused"><planItem id="j" definitionRef="unused"/></stage></casePlanModel></case></definitions>`)
	if got := len(newSurvey(m).done); got != 2 {
		t.Errorf("%d definitions, want the plan and the task", got)
	}
}

// TestFreeIDs writes a model that has the ids which the file itself needs.
func TestFreeIDs(t *testing.T) {
	m := &cmmn.Model{ID: "definitions", Plan: &cmmn.Definition{ID: "definitions_", Kind: cmmn.Stage}}
	if diff := cmp.Diff(m, mustImport(t, string(exported(t, m)))); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func mustImport(t *testing.T, text string) *cmmn.Model {
	t.Helper()
	m, err := Import("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
