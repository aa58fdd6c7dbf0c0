package cmmn_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
)

const ordinary = "case C\n  stage S\n    task A x> B.complete\n    task B <- A.create if x\n    human H\n      task D discretionary\n" +
	"  milestone M <- A.exit@A.x1\n  user U\n  timer T timer=PT1H from=A.complete"

// brokenModel is one way to break the ordinary model, with all messages that must
// follow.
type brokenModel struct {
	name  string
	spoil func(m *cmmn.Model, at map[string]*cmmn.Item)
	want  string
}

func brokenModels() []brokenModel {
	type items = map[string]*cmmn.Item
	def := func(at items, id string) *cmmn.Definition { return at[id].Definition }
	first := func(at items, id string) *cmmn.Sentry {
		return at["S"].Definition.Sentries[map[string]int{"A": 0, "B": 1}[id]]
	}
	rule := &cmmn.Expression{Text: "x"}
	return []brokenModel{
		{"no plan", func(m *cmmn.Model, _ items) { m.Plan = nil }, `case "case": it has no case plan model`},
		{"a plan that is a task", func(m *cmmn.Model, _ items) { m.Plan.Kind = cmmn.Task }, `case "case": it has no case plan model`},
		{"file items with one id", func(m *cmmn.Model, _ items) { m.File = []cmmn.FileItem{{ID: "f"}, {ID: "f"}} },
			`case file item "f": its id is empty or used twice`},
		{"a file item without id", func(m *cmmn.Model, _ items) { m.File = []cmmn.FileItem{{Name: "f"}} },
			`case file item "": its id is empty or used twice`},
		{"an item without id", func(_ *cmmn.Model, at items) { at["U"].ID = "" }, `an item of case plan model "C": it has no id`},
		{"an item without definition", func(_ *cmmn.Model, at items) { at["U"].Definition = nil }, `plan item "U": it has no definition`},
		{"two items with one id", func(_ *cmmn.Model, at items) { at["U"].ID = "H" }, `user event listener "H": its id is used twice`},
		{"no kind", func(_ *cmmn.Model, at items) { def(at, "U").Kind = 0 }, `unknown(0) "U": it is of an unknown kind`},
		{"a kind that is not known", func(_ *cmmn.Model, at items) { def(at, "U").Kind = 99 }, `unknown(99) "U": it is of an unknown kind`},
		{"a milestone with exit criteria", func(_ *cmmn.Model, at items) { at["M"].Exit, at["M"].Entry = at["M"].Entry, nil },
			`milestone "M": a milestone has no exit criteria`},
		{"a listener with criteria", func(_ *cmmn.Model, at items) { at["U"].Entry, at["M"].Entry = at["M"].Entry, nil },
			`user event listener "U": an event listener has no criteria`},
		{"a timer without time", func(_ *cmmn.Model, at items) { def(at, "T").Timer = nil },
			`timer event listener "T": a timer event listener says when it occurs`},
		{"a task with a timer", func(_ *cmmn.Model, at items) { def(at, "B").Timer = def(at, "T").Timer },
			`task "B": only a timer event listener has a timer`},
		{"a milestone with a planning table", func(_ *cmmn.Model, at items) { def(at, "M").Table = &cmmn.PlanningTable{} },
			`milestone "M": only stages and human tasks have planning tables`},
		{"a stage that does not block", func(_ *cmmn.Model, at items) { def(at, "S").NonBlocking = true },
			`stage "S": only tasks are blocking or not`},
		{"a task with sentries", func(_ *cmmn.Model, at items) { def(at, "B").Sentries = []*cmmn.Sentry{{ID: "s"}} },
			`task "B": only stages contain something`},
		{"a task with items", func(_ *cmmn.Model, at items) { def(at, "B").Items = []*cmmn.Item{{ID: "i"}} },
			`task "B": only stages contain something`},
		{"a task that completes automatically", func(_ *cmmn.Model, at items) { def(at, "B").AutoComplete = true },
			`task "B": only stages complete automatically`},
		{"a stage definition with exit criteria", func(_ *cmmn.Model, at items) { def(at, "S").Exit = at["A"].Exit },
			`stage "S": only the case plan model has exit criteria of its own; other stages have them on their items`},
		{"a listener with rules", func(_ *cmmn.Model, at items) { at["U"].Control = &cmmn.Control{Required: rule} },
			`user event listener "U": an event listener has no rules`},
		{"a milestone with manual activation", func(_ *cmmn.Model, at items) { at["M"].Control = &cmmn.Control{ManualActivation: rule} },
			`milestone "M": a milestone is not activated, so no rule says how`},
		{"a negative ceiling", func(_ *cmmn.Model, at items) { at["B"].Control = &cmmn.Control{MaxInstances: -1} },
			`task "B": its ceiling of instances is negative`},
		{"a rule that is no condition", func(_ *cmmn.Model, at items) {
			at["B"].Control = &cmmn.Control{Repetition: &cmmn.Expression{Text: strings.Repeat("a", 100) + " &&"}}
		}, `repetition rule of task "B": its condition "` + strings.Repeat("a", 80) + `..." cannot be used: at column 104: `},
		{"a condition in another language", func(_ *cmmn.Model, at items) { first(at, "B").If.Language = "XPath" },
			`sentry "sentry_B.e1": its condition "x" cannot be used: the language "XPath" is unknown; write the condition in CEL`},
		{"a criterion without sentry", func(_ *cmmn.Model, at items) { at["B"].Entry[0].Sentry = "none" },
			`criterion "B.e1" of task "B": there is no sentry "none" in its stage`},
		{"two criteria with one id", func(_ *cmmn.Model, at items) { at["B"].Entry[0].ID = "A.x1" },
			`criterion "A.x1" of task "B": its id is empty or used twice`},
		{"two sentries with one id", func(_ *cmmn.Model, at items) { def(at, "S").Sentries = append(def(at, "S").Sentries, first(at, "A")) },
			`sentry "sentry_A.x1": its id is empty or used twice`},
		{"a sentry that waits for nothing", func(_ *cmmn.Model, at items) { *first(at, "B") = cmmn.Sentry{ID: "sentry_B.e1"} },
			`sentry "sentry_B.e1": it waits for nothing: it needs an on-part or a condition`},
		{"two on-parts with one id", func(_ *cmmn.Model, at items) { first(at, "B").On = append(first(at, "B").On, first(at, "B").On[0]) },
			`on-part "sentry_B.e1_on0" of sentry "sentry_B.e1": its id is used twice`},
		{"a source that is not there", func(_ *cmmn.Model, at items) { first(at, "B").On[0].Source = "none" },
			`on-part "sentry_B.e1_on0" of sentry "sentry_B.e1": there is no item "none"`},
		{"a case file item that is not there", func(_ *cmmn.Model, at items) {
			first(at, "B").On[0] = cmmn.OnPart{ID: "on", Source: "none", FileEvent: cmmn.FileCreate}
		}, `on-part "on" of sentry "sentry_B.e1": there is no case file item "none"`},
		{"no event", func(_ *cmmn.Model, at items) { first(at, "B").On[0].Event = 0 },
			`on-part "sentry_B.e1_on0" of sentry "sentry_B.e1": unknown(0) is no event that a sentry can wait for`},
		{"an event of another life cycle", func(_ *cmmn.Model, at items) { first(at, "B").On[0].Event = cmmn.Occur },
			`on-part "sentry_B.e1_on0" of sentry "sentry_B.e1": task "A" never makes the transition occur`},
		{"a start by an exit criterion", func(_ *cmmn.Model, at items) { first(at, "B").On[0].ExitCriterion = "A.x1" },
			`on-part "sentry_B.e1_on0" of sentry "sentry_B.e1": only an exit is by an exit criterion`},
		{"an exit by a criterion of another item", func(m *cmmn.Model, _ items) { m.Plan.Sentries[0].On[0].ExitCriterion = "B.e1" },
			`on-part "sentry_M.e1_on0" of sentry "sentry_M.e1": "B.e1" is no exit criterion of "A"`},
		{"a rule that is not there", func(_ *cmmn.Model, at items) { at["D"].Applicability = []string{"none"} },
			`task "D": there is no applicability rule "none" in its planning table`},
		{"a nested table with a rule that is not there", func(_ *cmmn.Model, at items) {
			def(at, "H").Table.Tables = []*cmmn.PlanningTable{{ID: "inner", Applicability: []string{"none"}}}
		}, `planning table "inner": there is no applicability rule "none" in its planning table`},
		{"two rules with one id", func(_ *cmmn.Model, at items) { def(at, "H").Table.Rules = []cmmn.Rule{{ID: "r"}, {ID: "r"}} },
			`applicability rule "r": its id is empty or used twice`},
		{"tables without end", func(_ *cmmn.Model, at items) {
			endless := &cmmn.PlanningTable{}
			endless.Tables = []*cmmn.PlanningTable{endless}
			def(at, "H").Table.Tables = endless.Tables
		}, `human task "H": planning tables nest deeper than 64`},
		{"a human task with a table in two stages", func(m *cmmn.Model, at items) {
			m.Plan.Items = append(m.Plan.Items, &cmmn.Item{ID: "H2", Definition: def(at, "H")})
		}, `human task "H2": a human task with a planning table cannot stand in two stages`},
		{"a stage in itself", func(_ *cmmn.Model, at items) {
			def(at, "S").Items = append(def(at, "S").Items, &cmmn.Item{ID: "S2", Definition: def(at, "S")})
		},
			`stage "S2": the stage contains itself`},
		{"stages without end", func(_ *cmmn.Model, at items) {
			for i, stage := 0, def(at, "S"); i < 70; i++ {
				inner := &cmmn.Definition{Kind: cmmn.Stage}
				stage.Items = append(stage.Items, &cmmn.Item{ID: fmt.Sprint("n", i), Definition: inner})
				stage = inner
			}
		}, `stage "n63": stages nest deeper than 64`},
		{"items without end", func(m *cmmn.Model, at items) {
			for i := range 100_000 {
				m.Plan.Items = append(m.Plan.Items, &cmmn.Item{ID: fmt.Sprint("n", i), Definition: def(at, "B")})
			}
		}, `case "case": it has more than 100000 items`},
		{"no timer expression", func(_ *cmmn.Model, at items) { def(at, "T").Timer.Expression = "soon" },
			`timer event listener "T": "soon" is no ISO 8601 time or duration, such as 2027-01-31T06:00:00Z or PT3H`},
		{"a timer that starts by nothing", func(_ *cmmn.Model, at items) { def(at, "T").Timer.Start.Source = "none" },
			`on-part "start_T" of sentry "T start": there is no item "none"`},
		{"a circle of two", func(_ *cmmn.Model, at items) {
			at["A"].Entry = []cmmn.Criterion{{ID: "A.e1", Sentry: "sentry_A.x1"}}
			first(at, "B").On[0].Event = cmmn.Complete
		}, `task "A": it can never begin: it waits for "B", which waits for "A"`},
		{"a circle of one", func(_ *cmmn.Model, at items) {
			first(at, "B").On[0] = cmmn.OnPart{ID: "on", Source: "B", Event: cmmn.Complete}
		},
			`task "B": it can never begin: it waits for "B"`},
		{"several faults", func(_ *cmmn.Model, at items) { at["U"].ID, at["B"].Entry[0].Sentry = "H", "none" },
			`user event listener "H": its id is used twice` + "\n" + `criterion "B.e1" of task "B": there is no sentry "none" in its stage`},
	}
}

func TestCompileRefuses(t *testing.T) {
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	compile(t, parsed(t, ordinary))
	for _, b := range brokenModels() {
		m := parsed(t, ordinary)
		at := map[string]*cmmn.Item{}
		for _, item := range append(m.Plan.Items, m.Plan.Items[0].Definition.Items...) {
			at[item.ID] = item
		}
		at["D"] = at["H"].Definition.Table.Items[0]
		b.spoil(m, at)
		p, err := cmmn.Compile(m, conditions)
		if p != nil || err == nil || !strings.HasPrefix(err.Error(), b.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", b.name, err, b.want)
		}
	}
}

func TestSpans(t *testing.T) {
	from := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"PT3H": "2026-01-31T15:00:00Z", "P1D": "2026-02-01T12:00:00Z", "P2W": "2026-02-14T12:00:00Z", "P1Y": "2027-01-31T12:00:00Z",
		"P1M": "2026-03-03T12:00:00Z", "P1Y2M3DT4H5M6S": "2027-04-03T16:05:06Z", "PT0.5S": "2026-01-31T12:00:00.5Z", "PT1,25S": "2026-01-31T12:00:01.25Z",
		"": "", "P": "", "PT": "", "P1DT": "", "P1": "", "PT1": "", "P-1D": "", "1D": "", "P1H": "", "PT1D": "", "P1W2D": "", "PT0S": "", "P1D ": "",
		"P1.5D": "", "PT99999999999H": "",
	} {
		span, err := cmmn.ParseSpan(text)
		got := ""
		if err == nil {
			got = span.After(from).Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q after %s is %q, %v; want %q", text, from, got, err, want)
		}
	}
}

// TestTimerExpressions compares when a timer with each expression occurs in a year.
func TestTimerExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"2026-03-01T00:00:00Z":          "03-01 00:00",
		"2026-03-01T02:00:00+02:00":     "03-01 00:00",
		"2026-03-01T00:00":              "03-01 00:00",
		"2026-03-01":                    "03-01 00:00",
		"2020-01-01":                    "01-01 00:00",
		"P1M":                           "02-01 00:00",
		"R2/P1M":                        "02-01 00:00, 03-01 00:00",
		"R1/PT1H":                       "01-01 01:00",
		"R3/2026-02-01T06:00:00Z/P1D":   "02-01 06:00, 02-02 06:00, 02-03 06:00",
		"R/P5M":                         "06-01 00:00, 11-01 00:00",
		"R-1/P5M":                       "06-01 00:00, 11-01 00:00",
		"R0/PT1H":                       `"0" is no number of repetitions`,
		"Rx/PT1H":                       `"x" is no number of repetitions`,
		"R3":                            "a repeated interval is written R3/PT1H",
		"R3/now/PT1H":                   `"now" is no ISO 8601 time`,
		"R3/2026-02-01T06:00:00Z/never": `"never" is no ISO 8601 duration`,
		"R3/2026-02-01T06:00:00Z":       `"2026-02-01T06:00:00Z" is no ISO 8601 duration`,
		"PT0S":                          `the duration "PT0S" is zero`,
		"2026-02-30":                    `"2026-02-30" is no ISO 8601 time`,
	} {
		if got := rung(t, expression); !strings.Contains(got, want) || want == "" {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

// rung returns when the timer occurred by the end of the year, or why it cannot
// occur.
func rung(t *testing.T, expression string) string {
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cmmn.Compile(parsed(t, "case C\n  timer T timer="+expression+"\n  task Keep"), conditions)
	if err != nil {
		return err.Error()
	}
	c, _, err := p.Start(cmmn.Author{At: epoch})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Execute(cmmn.Advance{To: epoch.AddDate(0, 11, 30)}, cmmn.Author{}); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range c.Items() {
		if item.ID == "T" && item.State == cmmn.Completed {
			all = append(all, item.Started.Format("01-02 15:04"))
		}
	}
	return strings.Join(all, ", ")
}
