package adoption

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"cairn/internal/golden"
	"cairn/internal/problem"
)

// planted is in every secret of the examples that is a good one.
const planted = "planted"

// TestGood compares the proposals for files of real projects, and their warnings, with
// the golden files. A proposal without a warning that stops is a right service.
func TestGood(t *testing.T) {
	examples, err := filepath.Glob("testdata/good/*.txtar")
	if err != nil || len(examples) < 15 {
		t.Fatalf("%d examples, %v", len(examples), err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		name := strings.TrimSuffix(filepath.Base(example), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(filepath.Join(here, example))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(unpacked(t, name, archive.Files))
			p, err := Of("compose.yaml", Options{})
			if err != nil {
				t.Fatal(err, errors.Unwrap(err))
			}
			got := told(t, p)
			if strings.Contains(strings.ToLower(string(got)), planted) {
				t.Error("a secret is in what is told")
			}
			golden.Check(t, filepath.Join(here, "testdata/good", name+".golden"), got)
		})
	}
}

// unpacked writes files into a folder of a name.
func unpacked(t *testing.T, name string, files []txtar.File) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(&txtar.Archive{Files: files}, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// told is everything that a proposal tells, and whether it can be added.
func told(t *testing.T, p *Proposal) []byte {
	t.Helper()
	archive := &txtar.Archive{}
	var warnings strings.Builder
	for _, w := range p.Warnings {
		word := "warning"
		if w.Stops() {
			word = "stops"
		}
		fmt.Fprintf(&warnings, "%s: %s %s: %s\n", w.Where, word, w.Code, w.Summary)
	}
	for _, s := range p.Secrets {
		fmt.Fprintf(&warnings, "secret %s\n", s.Name)
	}
	switch _, err := p.Catalog(); problem.CodeOf(err) {
	case "":
		warnings.WriteString("it can be added\n")
	case problem.ComposeWrong:
		warnings.WriteString("it cannot be added as it is\n")
	default:
		t.Error(err, errors.Unwrap(err))
	}
	archive.Comment = []byte(warnings.String())
	facets, err := json.MarshalIndent(p.Service, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	archive.Files = append(archive.Files, txtar.File{Name: p.Service.Service + " as JSON", Data: facets})
	for _, name := range sorted(p.Files) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: p.Files[name]})
	}
	return txtar.Format(archive)
}
