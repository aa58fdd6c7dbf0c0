package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
	"cairn/internal/cmmn/interchange"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// cases are files whose cases are exported. One of them has no diagram.
const (
	cases     = "../internal/cmmn/interchange/testdata/import/*.cmmn"
	noDiagram = "../internal/cmmn/interchange/testdata/export/everything.cmmn"
)

// TestExportsOpenInOtherTools exports cases of every kind and the roadmap. It
// checks them against the OMG's schema, and opens them in bpmn.io's parser and
// viewer. Neither is shipped.
func TestExportsOpenInOtherTools(t *testing.T) {
	if testing.Short() {
		t.Skip("installs npm packages")
	}
	files, err := filepath.Glob(cases)
	if err != nil || len(files) == 0 {
		t.Fatal("no cases to export", err)
	}
	exports := roadmapExports(t)
	for _, file := range append(files, noDiagram) {
		exports = append(exports, newExport(t, filepath.Base(file), read(t, file)))
	}
	open := []string{noDiagram}
	for _, e := range exports {
		open = append(open, e.file, e.spoiled)
	}
	tools := installTools(t)
	results := openAll(t, tools, open)
	for _, e := range exports {
		t.Run(filepath.Base(e.file), func(t *testing.T) {
			isValid(t, tools, e.file)
			opensAsLaidOut(t, e, results)
		})
	}
	if got := results[noDiagram]; len(got.Parser)+len(got.Viewer)+len(got.Drawn) > 0 {
		t.Errorf("a file without a diagram opens with %+v", got)
	}
}

func opensAsLaidOut(t *testing.T, e export, results map[string]openResult) {
	t.Helper()
	got := results[e.file]
	if len(got.Parser)+len(got.Viewer) > 0 {
		t.Errorf("warnings: %q", append(got.Parser, got.Viewer...))
	}
	slices.Sort(got.Drawn)
	if diff := cmp.Diff(e.drawn, got.Drawn); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}
	if len(results[e.spoiled].Viewer) == 0 {
		t.Error("the viewer does not warn of a shape that shows nothing, so a view without warnings proves nothing")
	}
}

// export is the file of a case with its diagram.
type export struct {
	file    string
	spoiled string   // the same with a shape that refers to nothing
	drawn   []string // the ids that a viewer must draw, sorted
}

// openResult is what the other tools made of a file.
type openResult struct {
	Parser, Viewer []string // warnings
	Drawn          []string // ids
}

// roadmapExports are those of the roadmap that Cairn has, in every workflow.
func roadmapExports(t *testing.T) []export {
	t.Helper()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	var exports []export
	for _, workflow := range roadmap.Workflows() {
		exports = append(exports, newExport(t, "homelab-"+string(workflow)+".cmmn", r.Model(workflow)))
	}
	return exports
}

func read(t *testing.T, file string) *cmmn.Model {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := interchange.Import(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newExport(t *testing.T, name string, m *cmmn.Model) export {
	t.Helper()
	plan := diagram.Layout(m)
	var out bytes.Buffer
	if err := interchange.Export(m, &out, plan); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	e := export{file: filepath.Join(dir, name), spoiled: filepath.Join(dir, "spoiled.cmmn"), drawn: drawn(plan)}
	write(t, e.file, out.Bytes())
	item := m.Plan.Items[0].ID
	write(t, e.spoiled, bytes.Replace(out.Bytes(), []byte(`cmmnElementRef="`+item+`"`), []byte(`cmmnElementRef="nothing"`), 1))
	return e
}

func drawn(plan *diagram.Plan) []string {
	var ids []string
	for id := range plan.Shapes {
		ids = append(ids, id)
	}
	for _, e := range plan.Edges {
		ids = append(ids, e.OnPart+"_"+e.Criterion)
	}
	for _, a := range plan.Associations {
		ids = append(ids, a.Task+"_"+a.Item)
	}
	slices.Sort(ids)
	return ids
}

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// installTools installs the other tools in a folder of the test.
func installTools(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm", "xmllint"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: run `make need` as root, or `go test -short`", program)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/cmmn-oracle")); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm cannot install the other tools: %v\n%s", err, out)
	}
	return dir
}

// openAll opens files as bpmn.io's tools do.
func openAll(t *testing.T, tools string, files []string) map[string]openResult {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(tools, "open.js")}, files...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	var results map[string]openResult
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("node printed %q: %v", out, err)
	}
	for _, file := range files {
		if _, there := results[file]; !there {
			t.Fatalf("node says nothing of %s", file)
		}
	}
	return results
}

// isValid checks a file against the OMG's schema.
func isValid(t *testing.T, tools, file string) {
	t.Helper()
	schema := filepath.Join(tools, "node_modules/cmmn-moddle/resources/cmmn/xsd/CMMN11.xsd")
	if out, err := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", schema, file).CombinedOutput(); err != nil {
		t.Errorf("not valid: %v\n%s", err, out)
	}
}
