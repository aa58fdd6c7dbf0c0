package interchange

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/cmmn/diagram"
	"cairn/internal/golden"
)

// TestForeignFilesBecomeCases reads files in the form in which other tools write
// them. Each gives a model that runs, and that is written as its golden file.
func TestForeignFilesBecomeCases(t *testing.T) {
	files, err := filepath.Glob("testdata/import/*.cmmn")
	if err != nil || len(files) == 0 {
		t.Fatal("no files to import", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Import(filepath.Base(file), data)
			if err != nil {
				t.Fatal(err)
			}
			compiles(t, m)
			golden.Check(t, filepath.Join("testdata/export", filepath.Base(file)), exported(t, m))
		})
	}
}

func TestEverythingIsWritten(t *testing.T) {
	m := everything()
	compiles(t, m)
	data := exported(t, m)
	golden.Check(t, "testdata/export/everything.cmmn", data)
	again, err := Import("everything.cmmn", data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

func TestDiagramIsWritten(t *testing.T) {
	m := &cmmn.Model{ID: "c", Plan: &cmmn.Definition{ID: "p", Kind: cmmn.Stage,
		Items: []*cmmn.Item{
			{ID: "a", Definition: &cmmn.Definition{ID: "ad", Kind: cmmn.HumanTask,
				Table: &cmmn.PlanningTable{ID: "t", Items: []*cmmn.Item{{ID: "x", Definition: &cmmn.Definition{ID: "xd", Kind: cmmn.Task}}}}}},
			{ID: "b", Definition: &cmmn.Definition{ID: "bd", Kind: cmmn.Stage}, Entry: []cmmn.Criterion{{ID: "in", Sentry: "s"}}},
		},
		Sentries: []*cmmn.Sentry{{ID: "s", On: []cmmn.OnPart{{ID: "on", Source: "a", Event: cmmn.Start}}}},
	}}
	d := &diagram.Plan{
		Shapes: map[string]diagram.Bounds{
			"p": {X: 0, Y: 0, W: 400, H: 300}, "a": {X: 20, Y: 20, W: 100, H: 80}, "b": {X: 200, Y: 20.5, W: 100, H: 80},
			"x": {X: 20, Y: 150, W: 100, H: 80}, "in": {X: 190, Y: 46, W: 20, H: 28},
		},
		Collapsed:    map[string]bool{"b": true},
		Edges:        []diagram.Edge{{OnPart: "on", Source: "a", Criterion: "in", Label: "start", Points: []diagram.Point{{X: 120, Y: 60}, {X: 190, Y: 60}}}},
		Associations: []diagram.Association{{Task: "a", Item: "x", Points: []diagram.Point{{X: 70, Y: 100}, {X: 70, Y: 150}}}},
	}
	var out bytes.Buffer
	if err := Export(m, &out, d); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/export/diagram.cmmn", out.Bytes())
}

func compiles(t *testing.T, m *cmmn.Model) {
	t.Helper()
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmmn.Compile(m, conditions); err != nil {
		t.Errorf("no case can be made of it: %v", err)
	}
}
