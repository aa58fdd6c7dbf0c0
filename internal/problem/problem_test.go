package problem

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestErrorIsOneLine(t *testing.T) {
	p := Wrap(HostUnreachable, "atlas", "cannot reach the host", errors.New("connection refused"))
	if got, want := p.Error(), "atlas: cannot reach the host: connection refused"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestCodeOfFindsTheOutermost(t *testing.T) {
	inner := New(HostTimeout, "atlas", "no answer")
	outer := Wrap(RunFailed, "", "the run failed", fmt.Errorf("step 3: %w", inner))
	if got := CodeOf(fmt.Errorf("up: %w", outer)); got != RunFailed {
		t.Errorf("CodeOf = %q, want %q", got, RunFailed)
	}
	if got := CodeOf(errors.New("plain")); got != "" {
		t.Errorf("CodeOf(plain) = %q, want none", got)
	}
}

func TestRemedyFallsBackToTheCatalogue(t *testing.T) {
	p := New(LabMissing, "", "no lab file")
	if p.Remedy() == "" {
		t.Error("no remedy from the catalogue")
	}
	if got := p.WithFix("do this").Remedy(); got != "do this" {
		t.Errorf("Remedy = %q, want the problem's own fix", got)
	}
}

// TestNoCauseIsPointedToThatIsNotThere allows "fix the cause above" only below a
// cause.
func TestNoCauseIsPointedToThatIsNotThere(t *testing.T) {
	pointed := 0
	for _, e := range All() {
		if got := New(e.Code, "", "it failed").Remedy(); strings.Contains(got, "above") || got == "" {
			t.Errorf("%s without a cause: %q", e.Code, got)
		}
		if strings.HasPrefix(Wrap(e.Code, "", "it failed", errors.New("the disk is full")).Remedy(), causeFirst) {
			pointed++
		}
	}
	if pointed < 3 {
		t.Errorf("only %d fixes point to the cause", pointed)
	}
}

// TestEveryCodeHasABackground checks that the page of a code has more than the
// line on the screen.
func TestEveryCodeHasABackground(t *testing.T) {
	known := backgrounds()
	for _, e := range All() {
		if e.Why == "" || e.See == "" || e.Other == "" {
			t.Errorf("%s: %+v says too little", e.Code, e.Background)
		}
		delete(known, e.Code)
	}
	for code := range known {
		t.Errorf("%s has a background and is not in the catalogue", code)
	}
}

func TestCatalogueIsComplete(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+\.[a-z-]+$`)
	seen := map[Code]bool{}
	for _, e := range All() {
		if !form.MatchString(string(e.Code)) {
			t.Errorf("%s: not area.word", e.Code)
		}
		if seen[e.Code] {
			t.Errorf("%s: twice", e.Code)
		}
		seen[e.Code] = true
		if e.Meaning == "" || e.Fix == "" || e.Exit == ExitOK || e.Exit == 2 {
			t.Errorf("%s: incomplete entry", e.Code)
		}
	}
	for _, code := range declaredCodes(t) {
		if !seen[code] {
			t.Errorf("%s: declared but not in the catalogue", code)
		}
	}
}

// declaredCodes reads the Code constants from this package's source.
func declaredCodes(t *testing.T) []Code {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			codes = append(codes, codesOf(t, n)...)
			return true
		})
	}
	if len(codes) == 0 {
		t.Fatal("no codes found in the source")
	}
	return codes
}

// codesOf returns the values of a declaration `Name Code = "..."`.
func codesOf(t *testing.T, n ast.Node) []Code {
	t.Helper()
	spec, ok := n.(*ast.ValueSpec)
	if !ok || spec.Type == nil {
		return nil
	}
	if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Code" {
		return nil
	}
	var codes []Code
	for _, v := range spec.Values {
		s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, Code(s))
	}
	return codes
}
