package cairn_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// longestSentence is the most words that a sentence to the owner may have.
const longestSentence = 25

// sentenceEnd is where one sentence ends and the next begins.
var sentenceEnd = regexp.MustCompile(`[.!?]["')]*\s+|:\s*\n|\n\s*\n|\n[ #]*-? +`)

// unusual are words over which a reader stumbles, each with the usual one.
var unusual = map[string]string{"mend": "fix", "mends": "fixes", "mended": "fixed", "octet": "byte", "octets": "bytes"}

// TestSentencesAreShort checks the texts for the owner. People read them at night,
// with other things in mind.
func TestSentencesAreShort(t *testing.T) {
	eachText(t, func(at token.Position, text string) {
		for _, flaw := range flawsOf(text) {
			t.Errorf("%s: %s", at, flaw)
		}
	})
	for _, flawed := range []string{strings.Repeat("word ", longestSentence+1), "You have to mend it with care."} {
		if len(flawsOf(flawed)) != 1 {
			t.Errorf("nothing is found wrong with %q", flawed)
		}
	}
}

// flawsOf names sentences of a text with too many words, and unusual words.
func flawsOf(text string) []string {
	var flaws []string
	for _, sentence := range sentenceEnd.Split(text, -1) {
		words := strings.Fields(sentence)
		if len(words) > longestSentence {
			flaws = append(flaws, fmt.Sprintf("%d words in one sentence, %d are allowed: %s", len(words), longestSentence, strings.Join(words, " ")))
		}
		for _, word := range words {
			if usual := unusual[strings.ToLower(strings.Trim(word, ".,;:!?()`"))]; usual != "" {
				flaws = append(flaws, fmt.Sprintf("%q, where %q is usual", word, usual))
			}
		}
	}
	return flaws
}

// eachText calls f with every text in the code that may reach an owner. These are
// all strings of several words, joined where the code joins them.
func eachText(t *testing.T, f func(token.Position, string)) {
	t.Helper()
	eachCommandAndPackage(t, func(file *ast.File, places *token.FileSet) {
		ast.Inspect(file, func(n ast.Node) bool {
			expression, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := textOf(expression)
			if ok && isProse(text) && !isCode.MatchString(text) {
				f(places.Position(n.Pos()), text)
			}
			return !ok
		})
	})
}

// textOf is the text of a string, or of a sum with a string in it. A part that is
// known only at run time counts as one word.
func textOf(n ast.Expr) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(n.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, isLeft := textOf(n.X)
		right, isRight := textOf(n.Y)
		if n.Op != token.ADD || !isLeft && !isRight {
			return "", false
		}
		return cmp.Or(left, "X") + cmp.Or(right, "X"), true
	}
	return "", false
}

// isCode matches texts in the languages of other programs.
var isCode = regexp.MustCompile(`[$]|^M-?[0-9]|^\s*(INSERT|SELECT|WITH) |(?s:\{[^}]*;)`)

func isProse(text string) bool { return strings.Count(text, " ") > 3 }

// TestExportedNamesAreDocumented checks comments, so that the reader of a call
// need not read the code behind it. A group of constants or variables may share a
// comment.
func TestExportedNamesAreDocumented(t *testing.T) {
	eachCommandAndPackage(t, func(file *ast.File, places *token.FileSet) {
		for _, d := range file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", places.Position(d.Pos()), name)
			}
		}
	})
}

// undocumented are the exported names of a declaration that have no comment.
func undocumented(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiverOf(d))) {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var names []string
		for _, spec := range d.Specs {
			names = append(names, undocumentedIn(spec, d.Doc != nil)...)
		}
		return names
	}
	return nil
}

func undocumentedIn(spec ast.Spec, group bool) []string {
	var names []string
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && !group {
			names = append(names, spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && spec.Doc == nil && spec.Comment == nil && !group {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// receiverOf is the name of a method's type.
func receiverOf(d *ast.FuncDecl) string {
	expression := d.Recv.List[0].Type
	if pointer, ok := expression.(*ast.StarExpr); ok {
		expression = pointer.X
	}
	if generic, ok := expression.(*ast.IndexExpr); ok {
		expression = generic.X
	}
	name, ok := expression.(*ast.Ident)
	if !ok {
		return ""
	}
	return name.Name
}

// eachCommandAndPackage goes through all that is part of a program.
func eachCommandAndPackage(t *testing.T, do func(file *ast.File, places *token.FileSet)) {
	t.Helper()
	for _, root := range []string{"cmd", "internal"} {
		eachSource(t, root, func(_ string, file *ast.File, places *token.FileSet) { do(file, places) })
	}
}
