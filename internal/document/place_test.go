package document

import (
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

func TestPlaceOfMapping(t *testing.T) {
	for text, want := range map[string]Place{
		"a: 1\nb: 2":       {1, 1},
		"\n  a: 1":         {2, 3},
		"\n {a: 1}":        {2, 2},
		"{}":               {1, 1},
		"# said\n\"a\": 1": {2, 1},
	} {
		file, faults := dialect.Parse([]byte(text))
		if faults != nil {
			t.Fatal(faults)
		}
		if got := PlaceOfMapping(file.Docs[0].Body.(*ast.MappingNode)); got != want {
			t.Errorf("%q begins at %+v, want %+v", text, got, want)
		}
	}
}

// TestPlaceOfNothing checks tokens that nobody wrote.
func TestPlaceOfNothing(t *testing.T) {
	for _, token := range []*token.Token{nil, {}, {Position: &token.Position{}}} {
		if got := PlaceOf(token); got != top {
			t.Errorf("%+v", got)
		}
	}
}
