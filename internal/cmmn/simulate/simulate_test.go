package simulate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/cmmn/simulate"
)

// program is a case with one of everything that steps can act on.
func program(t *testing.T) *cmmn.Program {
	t.Helper()
	work := func(id, name string) *cmmn.Item {
		return &cmmn.Item{ID: id, Definition: &cmmn.Definition{ID: "def." + id, Name: name, Kind: cmmn.HumanTask}}
	}
	again := work("pi2", "T2")
	again.Control = &cmmn.Control{Repetition: &cmmn.Expression{Text: "repetition < 2"}}
	stage := &cmmn.Definition{
		ID: "def.s", Name: "S1", Kind: cmmn.Stage, Items: []*cmmn.Item{again},
		Table: &cmmn.PlanningTable{ID: "table", Items: []*cmmn.Item{work("pi4", "T4")}},
	}
	waits := work("pi3", "T3")
	waits.Entry = []cmmn.Criterion{{ID: "e", Sentry: "s"}}
	timer := &cmmn.Item{ID: "pi5", Definition: &cmmn.Definition{ID: "def.pi5", Name: "L", Kind: cmmn.TimerEvent, Timer: &cmmn.Timer{Expression: "PT3H"}}}
	m := &cmmn.Model{ID: "c", Plan: &cmmn.Definition{
		ID: "plan", Name: "Plan", Kind: cmmn.Stage,
		Items:    []*cmmn.Item{work("pi1", "T1"), {ID: "s1", Definition: stage}, waits, timer},
		Sentries: []*cmmn.Sentry{{ID: "s", If: &cmmn.Expression{Text: "value > 50"}}},
	}}
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cmmn.Compile(m, conditions)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run returns the results of steps, the start's first.
func run(t *testing.T, steps ...string) []simulate.Result {
	t.Helper()
	var results []simulate.Result
	err := simulate.Run(program(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), strings.NewReader(strings.Join(steps, "\n")), func(r simulate.Result) error {
		results = append(results, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestResultIsOneJSONObject(t *testing.T) {
	text, err := json.Marshal(run(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"step":0,"ok":true,"error":"","case":"active","items":[` +
		`{"id":"pi1","name":"T1","path":"T1","index":0,"state":"active"},` +
		`{"id":"s1","name":"S1","path":"S1","index":0,"state":"active"},` +
		`{"id":"pi3","name":"T3","path":"T3","index":0,"state":"available"},` +
		`{"id":"pi5","name":"L","path":"L","index":0,"state":"available"},` +
		`{"id":"pi2","name":"T2","path":"S1/T2","index":0,"state":"active"}]}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSteps(t *testing.T) {
	results := run(t,
		`{"do":"complete","item":"T1"}`,
		``,
		`{"do":"complete","item":"S1/T2"}`,
		`{"do":"complete","item":"pi2","index":1}`,
		`{"set":{"value":100}}`,
		`{"plan":"T4","in":"S1"}`,
		`{"unplan":"T4","in":"S1"}`,
		`{"advance":"PT3H"}`,
		`{"do":"terminate","item":"case"}`)
	states := map[string]string{}
	for i, r := range results {
		if r.Step != i {
			t.Errorf("result %d is numbered %d", i, r.Step)
		}
		// T4 is active as soon as it is planned.
		if wantOK := i != 6; r.OK != wantOK {
			t.Errorf("step %d: ok is %t: %s", i, r.OK, r.Error)
		}
	}
	last := results[len(results)-1]
	for _, item := range last.Items {
		states[item.Path] += item.State.String() + " "
	}
	want := map[string]string{"T1": "completed ", "S1": "terminated ", "T3": "terminated ", "L": "completed ", "S1/T2": "completed completed ", "S1/T4": "terminated "}
	if diff := cmp.Diff(want, states); diff != "" || last.Case != cmmn.Terminated {
		t.Errorf("the case is %s (-want +got):\n%s", last.Case, diff)
	}
}

func TestRefusedSteps(t *testing.T) {
	for _, c := range []struct{ step, reason string }{
		{`nonsense`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`{"do":"complete"}`, `needs an "item"`},
		{`{"do":"finish","item":"T1"}`, `no transition "finish"`},
		{`{"do":"parentTerminate","item":"L"}`, "cannot be asked for"},
		{`{"do":"complete","item":"T9"}`, "no such item"},
		{`{"do":"complete","item":"T1","index":1}`, "no instance 1"},
		{`{"do":"complete","item":"T1","index":-1}`, "not an index"},
		{`{"do":"start","item":"T1"}`, "start needs it available"},
		{`{"do":"complete","item":"T3"}`, "complete needs it active"},
		{`{"do":"complete","item":"T1","advance":"PT1H"}`, "exactly one"},
		{`{}`, "exactly one"},
		{`{"dou":"complete"}`, "unknown field"},
		{`{"set":{"value":1}}{"set":{"value":2}}`, "more than one step"},
		{`{"set":{"repetition":1}}`, "cannot be called"},
		{`{"advance":"3 hours"}`, "no ISO 8601 duration"},
		{`{"plan":"T1","in":"S1"}`, "no discretionary item"},
		{`{"plan":"T4","in":"T1"}`, "cannot be planned into"},
		{`{"unplan":"T4","in":"S1"}`, "not planned"},
	} {
		results := run(t, c.step)
		r := results[1]
		if r.OK || !strings.Contains(r.Error, c.reason) {
			t.Errorf("%s: ok %t, %q, want %q", c.step, r.OK, r.Error, c.reason)
		}
		if diff := cmp.Diff(results[0].Items, r.Items); diff != "" {
			t.Errorf("%s changed something:\n%s", c.step, diff)
		}
	}
}

func TestStory(t *testing.T) {
	var told strings.Builder
	for _, r := range run(t, `{"do":"complete","item":"T2"}`, `{"set":{"value":100}}`, `{"do":"complete","item":"T9"}`) {
		told.WriteString(r.Story())
	}
	want := `The case starts.
   the case: null -> active
   T1, S1: available -> active
   T3, L: available
   S1 / T2: available -> active
1. complete T2
   S1 / T2: active -> completed
   S1 / T2 #2: available -> active
2. value is 100
   T3: available -> active
3. {"do":"complete","item":"T9"}
   refused: "T9": there is no such item
`
	if diff := cmp.Diff(want, told.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
