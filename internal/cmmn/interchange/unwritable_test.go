package interchange

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
	"cairn/internal/problem"
)

func TestUnwritable(t *testing.T) {
	stage := func(d cmmn.Definition) *cmmn.Definition { d.ID, d.Kind = "s", cmmn.Stage; return &d }
	with := func(items ...*cmmn.Item) *cmmn.Definition { return stage(cmmn.Definition{Items: items}) }
	task := func(id string) *cmmn.Definition { return &cmmn.Definition{ID: id, Kind: cmmn.Task} }
	loop := stage(cmmn.Definition{})
	loop.Items = []*cmmn.Item{{ID: "i", Definition: loop}}
	deep := task("t")
	for range 100 {
		deep = with(&cmmn.Item{ID: "i", Definition: deep})
	}
	sentry := func(s cmmn.Sentry) *cmmn.Definition { return stage(cmmn.Definition{Sentries: []*cmmn.Sentry{&s}}) }
	on := func(p cmmn.OnPart) *cmmn.Definition { return sentry(cmmn.Sentry{ID: "x", On: []cmmn.OnPart{p}}) }
	for _, tt := range []struct {
		name string
		plan *cmmn.Definition
		want string
	}{
		{"no plan", nil, `case "c" has no stage as its case plan model`},
		{"plan is a task", task("t"), `case "c" has no stage as its case plan model`},
		{"no item", with(nil), `stage "s" has an item without a definition`},
		{"no definition", with(&cmmn.Item{ID: "i"}), `stage "s" has an item without a definition`},
		{"no kind", with(&cmmn.Item{ID: "i", Definition: &cmmn.Definition{ID: "d"}}), `unknown(0) "d" is of an unknown kind`},
		{"no sentry", stage(cmmn.Definition{Sentries: []*cmmn.Sentry{nil}}), `stage "s" has a nil sentry`},
		{"no table", stage(cmmn.Definition{Table: &cmmn.PlanningTable{ID: "p", Tables: []*cmmn.PlanningTable{nil}}}),
			"a planning table is missing, or planning tables nest too deeply"},
		{"cycle", loop, `stage "s" contains itself`},
		{"deep", deep, "the case nests deeper than 64 stages"},
		{"table of a task", with(&cmmn.Item{ID: "i", Definition: &cmmn.Definition{ID: "t", Kind: cmmn.Task, Table: &cmmn.PlanningTable{}}}),
			`task "t" has a planning table, which only stages and human tasks have`},
		{"timer of a task", with(&cmmn.Item{ID: "i", Definition: &cmmn.Definition{ID: "t", Kind: cmmn.Task, Timer: &cmmn.Timer{}}}),
			`task "t" has a timer, which only timer event listeners have`},
		{"stage not blocking", stage(cmmn.Definition{NonBlocking: true}), `stage "s" is not blocking, which only tasks can be`},
		{"task that completes automatically", with(&cmmn.Item{ID: "i", Definition: &cmmn.Definition{ID: "t", Kind: cmmn.Task, AutoComplete: true}}),
			`task "t" contains items or completes automatically, which only stages can`},
		{"id no name", with(&cmmn.Item{ID: "1", Definition: task("t")}),
			`a plan item has the id "1"; CMMN tools read ids of letters, digits, . - and _ that begin with a letter or _`},
		{"id twice", with(&cmmn.Item{ID: "s", Definition: task("t")}), `a plan item has the id "s", which is used twice`},
		{"two definitions of one id", with(&cmmn.Item{ID: "i", Definition: task("t")}, &cmmn.Item{ID: "j", Definition: task("t")}),
			`a task has the id "t", which is used twice`},
		{"character", stage(cmmn.Definition{Name: "bell \a"}), `the text "bell \a" has a character that XML cannot hold`},
		{"bytes", stage(cmmn.Definition{Name: "\xff"}), `the text "\xff" has a character that XML cannot hold`},
		{"criterion of no sentry", stage(cmmn.Definition{Exit: []cmmn.Criterion{{ID: "e", Sentry: "x"}}}),
			`the criterion e refers to the sentry "x", which does not exist`},
		{"no source", on(cmmn.OnPart{ID: "o", Source: "i", Event: cmmn.Start}), `the on-part o refers to the plan item "i", which does not exist`},
		{"engine's own event", on(cmmn.OnPart{ID: "o", Source: "i", Event: cmmn.ParentTerminate}), "the on-part o does not name an event that an on-part can wait for"},
		{"two events", on(cmmn.OnPart{ID: "o", Source: "i", Event: cmmn.Start, FileEvent: cmmn.FileCreate}),
			"the on-part o does not name an event that an on-part can wait for"},
		{"empty sentry", sentry(cmmn.Sentry{ID: "x"}), `the sentry "x" waits for nothing: it needs an on-part or a condition`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cannotBeWritten(t, &cmmn.Model{ID: "c", Plan: tt.plan}, nil, tt.want)
		})
	}
}

func TestUndrawable(t *testing.T) {
	m := everything()
	whole := diagram.Layout(m)
	cannotBeWritten(t, m, &diagram.Plan{Shapes: map[string]diagram.Bounds{"plan": {}, "harden": {}}}, "the diagram draws 1 elements that the case does not have")
	edge := whole.Edges[0]
	cannotBeWritten(t, m, &diagram.Plan{Shapes: whole.Shapes, Edges: []diagram.Edge{{OnPart: edge.OnPart, Source: edge.Source, Criterion: "nowhere", Points: edge.Points}}},
		`the diagram has a line at "nowhere" but does not draw "nowhere"`)
	edge.Points = edge.Points[:1]
	cannotBeWritten(t, m, &diagram.Plan{Shapes: whole.Shapes, Edges: []diagram.Edge{edge}}, "the diagram has a line from ")
	edge = whole.Edges[0]
	edge.OnPart = "nothing"
	cannotBeWritten(t, m, &diagram.Plan{Shapes: whole.Shapes, Edges: []diagram.Edge{edge}}, `an edge of the diagram refers to the on-part "nothing", which does not exist`)
	cannotBeWritten(t, m, &diagram.Plan{Shapes: map[string]diagram.Bounds{"plan": {X: math.NaN()}}}, "the diagram has a coordinate that is not a number")
}

func cannotBeWritten(t *testing.T, m *cmmn.Model, d *diagram.Plan, want string) {
	t.Helper()
	var out bytes.Buffer
	err := Export(m, &out, d)
	if err == nil || !strings.HasPrefix(err.Error(), want) || problem.CodeOf(err) != problem.ModelExport {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes are written all the same", out.Len())
	}
}

var errFull = errors.New("the disk is full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriterThatFails(t *testing.T) {
	if err := Export(everything(), fullDisk{}, nil); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
}
