package interchange

import (
	"fmt"
	"strings"
	"testing"

	"cairn/internal/problem"
)

// refused are files that are not cases. The body goes into a case plan model in
// line 2, unless it is a whole file.
var refused = []struct{ name, body, code, want string }{
	{"nothing", whole(""), "model.xml", "f:1:1: the file has no element"},
	{"no XML", whole("{}"), "model.xml", "f:1:1: there is text outside of the root element"},
	{"cut off", whole("<definitions>"), "model.xml", "f:1:14: the file is not well-formed XML: unexpected EOF"},
	{"wrong end", whole("<a><b></a>"), "model.xml", "f:1:11: the file is not well-formed XML: element <b> closed by </a>"},
	{"second root", whole("<a/><b/>"), "model.xml", "f:1:5: the file has a second root element"},
	{"attribute twice", whole(`<a b="1" b="2"/>`), "model.xml", "f:1:1: a has the attribute b twice"},
	{"document type", whole(`<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>`), "model.xml",
		"f:1:1: the file declares a document type; remove it, CMMN has none"},
	{"entity", whole("<a>&b;</a>"), "model.xml", "f:1:7: the file is not well-formed XML: invalid character entity &b;"},
	{"control character", whole("<a>\x01</a>"), "model.xml", "f:1:5: the file is not well-formed XML: illegal character code U+0001"},
	{"encoding", whole(`<?xml version="1.0" encoding="UTF-16"?><a/>`), "model.xml",
		`f:1:40: xml: opening charset "UTF-16": the file is in the encoding UTF-16; save it as UTF-8`},
	{"BPMN", whole(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>`), "model.xml",
		`f:1:1: the file is not CMMN 1.1: its root is definitions in the namespace "http://www.omg.org/spec/BPMN/20100524/MODEL"`},
	{"CMMN 1.0", whole(`<definitions xmlns="http://www.omg.org/spec/CMMN/20131201/MODEL"/>`), "model.unsupported",
		"f:1:1: the file is CMMN 1.0, whose criteria and rules differ; Cairn reads 1.1"},
	{"no case", whole("<definitions/>"), "model.invalid", "f:1:1: the file has no case"},
	{"no plan", whole(`<definitions><case id="c"/></definitions>`), "model.invalid", `f:1:14: case "c" has no casePlanModel`},
	{"two cases", whole("<definitions><case/><case/></definitions>"), "model.unsupported",
		"f:1:21: the file has several cases; Cairn reads files with one"},

	{"unknown element", `<milestone id="m"><reward/></milestone>`, "model.unsupported", "f:2:19: Cairn does not know the element reward in a milestone"},
	{"unknown attribute", `<stage id="s" autocomplete="true"/>`, "model.unsupported",
		`f:2:1: stage "s" has the attribute "autocomplete", which is not part of CMMN 1.1`},
	{"plan fragment", `<planFragment id="p"/>`, "model.unsupported", `f:2:1: planFragment "p" is a plan fragment; Cairn supports only stages`},
	{"misplaced", `<condition/>`, "model.invalid", "f:2:1: condition cannot stand in a casePlanModel"},
	{"text", `<sentry id="s">when ready</sentry>`, "model.unsupported", `f:2:1: sentry "s" has text in it`},
	{"two rules", `<planItem id="i"><itemControl><requiredRule/><requiredRule/></itemControl></planItem>`, "model.invalid",
		"f:2:46: itemControl has a second requiredRule"},
	{"id twice", `<stage id="a"/>` + "\n" + `<task id="a"/>`, "model.invalid", `f:3:1: task "a" has the id of the stage in line 2`},
	{"id no name", `<stage id="1a"/>`, "model.invalid",
		`f:2:1: stage "1a" has an id that is not an XML name; begin it with a letter or _ and continue with letters, digits, . - or _`},
	{"no boolean", `<planItem id="i" definitionRef="t"/><task id="t" isBlocking="perhaps"/>`, "model.invalid",
		`f:2:37: task "t" has isBlocking="perhaps", which is neither true nor false`},

	{"no definition", `<planItem id="i" definitionRef="d"/>`, "model.invalid", `f:2:1: planItem "i" refers to the definition "d", which does not exist`},
	{"no sentry", item(`<entryCriterion id="e" sentryRef="s"/>`), "model.invalid",
		`f:2:36: entryCriterion "e" refers to the sentry "s", which does not exist`},
	{"sentry of what is not used", item(`<entryCriterion id="e" sentryRef="s"/>`) +
		`<stage id="u"><sentry id="s"><ifPart/></sentry></stage>`, "model.invalid",
		`f:2:36: entryCriterion "e" refers to the sentry "s", which does not exist`},
	{"no source", sentry(`<planItemOnPart id="o" sourceRef="t"><standardEvent>start</standardEvent></planItemOnPart>`), "model.invalid",
		`f:2:16: planItemOnPart "o" refers to the plan item "t", which does not exist`},
	{"source no item", sentry(`<planItemOnPart id="o" sourceRef="s"><standardEvent>start</standardEvent></planItemOnPart>`), "model.invalid",
		`f:2:16: planItemOnPart "o" refers to the plan item "s", which does not exist`},
	{"no file item", sentry(`<caseFileItemOnPart id="o" sourceRef="f"><standardEvent>create</standardEvent></caseFileItemOnPart>`), "model.invalid",
		`f:2:16: caseFileItemOnPart "o" refers to the case file item "f", which does not exist`},
	{"no exit criterion", sentry(`<planItemOnPart id="o" exitCriterionRef="e"/>`), "model.invalid",
		`f:2:16: planItemOnPart "o" refers to the exit criterion "e", which does not exist`},
	{"no rule", `<planningTable id="pt" applicabilityRuleRefs="r"/>`, "model.invalid",
		`f:2:1: planningTable "pt" refers to the applicability rule "r", which does not exist`},

	{"waits for nothing", sentry(""), "model.invalid", `f:2:1: sentry "s" waits for nothing: give it an on-part or a condition that Cairn knows`},
	{"no event", sentry(`<planItemOnPart id="o" sourceRef="s"/>`), "model.invalid",
		`f:2:16: planItemOnPart "o" waits for "", which is not an event of a plan item in CMMN 1.1`},
	{"engine's own event", sentry(`<planItemOnPart id="o" sourceRef="s"><standardEvent>parentTerminate</standardEvent></planItemOnPart>`), "model.invalid",
		`f:2:16: planItemOnPart "o" waits for "parentTerminate", which is not an event of a plan item in CMMN 1.1`},
	{"event of children", sentry(`<caseFileItemOnPart id="o"><standardEvent>addChild</standardEvent></caseFileItemOnPart>`), "model.unsupported",
		`f:2:16: caseFileItemOnPart "o" waits for "addChild"; for a case file item Cairn knows create, update, replace and delete`},

	{"stage in itself", `<planItem id="i" definitionRef="s"/><stage id="s"><planItem id="j" definitionRef="s"/></stage>`, "model.invalid",
		`f:2:51: planItem "j" makes stage "s" contain itself`},
	{"stages in each other", `<planItem id="i" definitionRef="a"/><stage id="a"><planItem id="j" definitionRef="b"/></stage>` +
		`<stage id="b"><planItem id="k" definitionRef="a"/></stage>`, "model.invalid", `f:2:109: planItem "k" makes stage "a" contain itself`},
	{"task plans itself", `<planItem id="i" definitionRef="h"/><humanTask id="h"><planningTable id="pt"><discretionaryItem id="j" definitionRef="h"/>` +
		`</planningTable></humanTask>`, "model.invalid", `f:2:78: discretionaryItem "j" makes humanTask "h" contain itself`},

	{"ceiling", item(`<itemControl><repetitionRule f:maxInstanceCount="-1"/></itemControl>`), "model.invalid",
		`f:2:36: itemControl limits its instances to "-1", which is not a number`},
	{"newer extension", sentry(`<extensionElements><c:patience/></extensionElements><ifPart/>`), "model.unsupported",
		"f:2:35: this version of Cairn does not know the extension patience; a newer one may"},
	{"estimate", item("") + `<task id="t"><extensionElements><c:estimate min="soon"/></extensionElements></task>`, "model.invalid",
		`f:2:79: estimate has min="soon", which is not a duration such as 1h30m`},
	{"two triggers", item("") + `<timerEventListener id="t"><planItemStartTrigger/><caseFileItemStartTrigger/></timerEventListener>`, "model.invalid",
		`f:2:97: timerEventListener "t" has a second start trigger`},
}

// whole marks the text of a whole file.
func whole(text string) string { return "\x00" + text }

func item(inside string) string {
	return `<planItem id="i" definitionRef="t">` + inside + `</planItem>`
}

func sentry(inside string) string { return `<sentry id="s">` + inside + `</sentry>` }

const planStart = `<definitions xmlns:c="https://cairn.dev/cmmn/1" xmlns:f="http://flowable.org/cmmn"><case id="c"><casePlanModel id="p">` + "\n"

func TestRefused(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			text, isWhole := strings.CutPrefix(tt.body, "\x00")
			if !isWhole {
				if strings.Contains(text, `definitionRef="t"`) && !strings.Contains(text, `id="t"`) {
					text += `<task id="t"/>`
				}
				text = planStart + text + "</casePlanModel></case></definitions>"
			}
			refuses(t, text, tt.code, tt.want)
		})
	}
}

func refuses(t *testing.T, text, code, want string) {
	t.Helper()
	m, err := Import("f", []byte(text))
	if err == nil || m != nil {
		t.Fatalf("it was read, as %+v", m)
	}
	if err.Error() != want || string(problem.CodeOf(err)) != code {
		t.Errorf("got  %s %s\nwant %s %s", problem.CodeOf(err), err, code, want)
	}
}

func TestLimits(t *testing.T) {
	deep := strings.Repeat("<a>", maxDepth+1)
	refuses(t, deep, "model.xml", "f:1:193: elements nest deeper than 64")
	many := planStart + strings.Repeat(`<task/>`, maxElements) + "</casePlanModel></case></definitions>"
	refuses(t, many, "model.xml", fmt.Sprintf("f:2:%d: the file has more than 100000 elements", (maxElements-3)*len("<task/>")+1))
	refuses(t, strings.Repeat(" ", maxBytes)+"<a/>", "model.xml", "f: the file is larger than 10 MB")
}

// TestLongChainsOfStages refuses stages that nest through references instead of
// elements.
func TestLongChainsOfStages(t *testing.T) {
	var b strings.Builder
	b.WriteString(planStart + `<planItem id="i0" definitionRef="s0"/>` + "\n")
	for i := range 1000 {
		fmt.Fprintf(&b, `<stage id="s%d"><planItem id="i%d" definitionRef="s%d"/></stage>`+"\n", i, i+1, i+1)
	}
	b.WriteString(`<task id="s1000"/></casePlanModel></case></definitions>`)
	refuses(t, b.String(), "model.unsupported", "f:66:17: stages nest deeper than 64")
}

// TestWideSharingIsRead reads a model whose stages each use the next one twice,
// so 2^20 ways lead to the last one.
func TestWideSharingIsRead(t *testing.T) {
	var b strings.Builder
	b.WriteString(planStart + `<planItem id="i" definitionRef="s0"/>`)
	for i := range 20 {
		fmt.Fprintf(&b, `<stage id="s%d"><planItem id="l%d" definitionRef="s%d"/><planItem id="r%d" definitionRef="s%d"/></stage>`, i, i, i+1, i, i+1)
	}
	b.WriteString(`<task id="s20"/></casePlanModel></case></definitions>`)
	m, err := Import("f", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(newSurvey(m).done); got != 22 {
		t.Errorf("%d definitions, want 22", got)
	}
}

func TestLatin1(t *testing.T) {
	text := `<?xml version="1.0" encoding="ISO-8859-1"?><definitions><case id="c" name="gr` + "\xfc\xdf" + `e"><casePlanModel id="p"/></case></definitions>`
	m, err := Import("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "grüße" {
		t.Errorf("the name is %q", m.Name)
	}
}
