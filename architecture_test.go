// Package cairn_test tests the house itself. It checks which package may import
// which, and that the map in docs/ARCHITECTURE.md is true.
package cairn_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairn/internal/distro"
)

// layers are the packages under internal/, from the ground up. A package may
// import those of lower layers. Of the rest of Cairn, it may import only what
// allowed names.
var layers = [][]string{
	{"distro"}, // whatever speaks of a host's system, errors too, asks it
	{"authority", "firewall", "names", "problem", "proxy", "secret", "spelling", "sshdconf", "standin"},
	{"document", "system", "vault"}, // a fault may have the code of a problem
	{"lab", "roadmap", "cmmn", "compose", "catalog", "resource", "wire", "vantage"},
	{"wiring", "adoption"}, // what tasks do for a service, and where one comes from
	{"task", "probe", "host", "evidence", "journal", "agent", "throwaway"},
	{"resolve"}, // a look is evidence's, the work is task's
	{"engine", "rehearse"},
	{"cli"},
}

// allowed are imports within one layer, each with a reason.
var allowed = map[string][]string{
	"catalog":  {"compose"},  // a service has a Compose file
	"wire":     {"resource"}, // messages carry resources
	"probe":    {"host", "evidence"},
	"vault":    {"system"}, // it replaces files at once
	"vantage":  {"wire"},   // it answers in messages, here as on a host
	"roadmap":  {"cmmn"},   // a roadmap is a case model in the owner's words
	"task":     {"evidence"},
	"rehearse": {"engine"}, // a rehearsal is the engine's walk on throw-away hosts
}

// testSupport are the packages that only tests import. They import nothing else of
// Cairn, so that tests of every layer can.
var testSupport = []string{"golden", "testkey"}

// agentMayImport is all of Cairn's code that runs on a host.
var agentMayImport = []string{"distro", "system", "resource", "wire", "vantage", "problem", "sshdconf"}

func TestImportsFollowTheLayers(t *testing.T) {
	for pkg, imports := range importsOf(t, "internal") {
		for _, imported := range imports {
			if pkg == imported || slices.Contains(testSupport, imported) || slices.Contains(allowed[pkg], imported) {
				continue
			}
			if layerOf(t, imported) >= layerOf(t, pkg) {
				t.Errorf("internal/%s imports internal/%s, which is not below it", pkg, imported)
			}
			if pkg == "agent" && !slices.Contains(agentMayImport, imported) {
				t.Errorf("internal/agent imports internal/%s, which does not belong on a host", imported)
			}
		}
	}
}

func TestSupportForTestsStaysInTests(t *testing.T) {
	for _, root := range []string{"cmd", "internal"} {
		for pkg, imports := range importsOf(t, root) {
			for _, imported := range imports {
				if slices.Contains(testSupport, imported) {
					t.Errorf("%s/%s imports internal/%s, which is for tests only", root, pkg, imported)
				}
			}
			if slices.Contains(testSupport, pkg) && len(imports) > 0 {
				t.Errorf("internal/%s imports %v: tests of those packages could not use it", pkg, imports)
			}
		}
	}
}

// TestPermissionsAreUsed checks that every permission is still needed. An unused
// one would let in, unseen, an import for which it was never meant.
func TestPermissionsAreUsed(t *testing.T) {
	packages := importsOf(t, "internal")
	for pkg, permitted := range allowed {
		for _, imported := range permitted {
			switch {
			case !slices.Contains(packages[pkg], imported):
				t.Errorf("internal/%s may import internal/%s and does not: take the permission away", pkg, imported)
			case layerOf(t, imported) < layerOf(t, pkg):
				t.Errorf("internal/%s needs no permission for internal/%s, which is below it", pkg, imported)
			}
		}
	}
	for _, permitted := range agentMayImport {
		if !slices.Contains(packages["agent"], permitted) {
			t.Errorf("internal/agent may import internal/%s and does not: take the permission away", permitted)
		}
	}
	for _, pkg := range slices.Concat(layers...) {
		if _, exists := packages[pkg]; !exists {
			t.Errorf("internal/%s has a layer and does not exist", pkg)
		}
	}
}

func layerOf(t *testing.T, pkg string) int {
	t.Helper()
	for i, layer := range layers {
		if slices.Contains(layer, pkg) {
			return i
		}
	}
	t.Fatalf("internal/%s is in no layer: put it in one, with a reason", pkg)
	return 0
}

// importsOf returns, for each folder directly under root, which folders beside it
// its files import. Files in folders below count too. Tests are left out: they may
// combine what they like.
func importsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	eachSource(t, root, func(path string, file *ast.File, _ *token.FileSet) {
		pkg := strings.Split(filepath.ToSlash(path), "/")[1]
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if below, ok := strings.CutPrefix(name, "cairn/internal/"); ok {
				imports[pkg] = append(imports[pkg], strings.Split(below, "/")[0])
			}
		}
	})
	return imports
}

// eachSource goes through the Go files below a folder, except tests.
func eachSource(t *testing.T, root string, do func(path string, file *ast.File, places *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		places := token.NewFileSet()
		file, err := parser.ParseFile(places, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			do(path, file, places)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDistributionsAreInOnePlace checks that only the table knows distributions by
// name. So a new one is only a row. Comments may name them, for example as a
// source of a rule.
func TestDistributionsAreInOnePlace(t *testing.T) {
	for _, root := range []string{"cmd", "internal"} {
		eachSource(t, root, func(path string, file *ast.File, places *token.FileSet) {
			if strings.HasPrefix(filepath.ToSlash(path), "internal/distro/") {
				return
			}
			ast.Inspect(file, func(n ast.Node) bool {
				var word string
				switch n := n.(type) {
				case *ast.Ident:
					word = n.Name
				case *ast.BasicLit:
					word = n.Value
				}
				for _, d := range distro.All() {
					if strings.Contains(strings.ToLower(word), d.ID) {
						t.Errorf("%s spells %s: ask internal/distro", places.Position(n.Pos()), word)
					}
				}
				return true
			})
		})
	}
}

func TestArchitectureMapsEveryPackage(t *testing.T) {
	text, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	packages := importsOf(t, "internal")
	for pkg := range packages {
		if !strings.Contains(string(text), "| `internal/"+pkg+"` |") {
			t.Errorf("docs/ARCHITECTURE.md does not list internal/%s", pkg)
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		name, ok := strings.CutPrefix(line, "| `internal/")
		if !ok {
			continue
		}
		pkg, _, _ := strings.Cut(name, "`")
		if _, exists := packages[pkg]; !exists {
			t.Errorf("docs/ARCHITECTURE.md lists internal/%s, which does not exist", pkg)
		}
	}
}
