package document

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is where something stands in a document.
type Place struct {
	Line   int // from 1
	Column int // from 1, in characters
}

// top is the place of what is wrong with a document as a whole.
var top = Place{Line: 1, Column: 1}

// PlaceOf is where a token stands. The parser has tokens without a position, or
// none at all, for what nobody wrote; these count as standing at the top.
func PlaceOf(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return top
	}
	return Place{Line: max(1, t.Position.Line), Column: max(1, t.Position.Column)}
}

// PlaceOfMapping is where a mapping begins: its brace, or else its first key. (The
// parser's own token of a mapping is the colon after that.)
func PlaceOfMapping(n *ast.MappingNode) Place {
	if !n.IsFlowStyle && len(n.Values) > 0 {
		return PlaceOf(n.Values[0].Key.GetToken())
	}
	return PlaceOf(n.Start)
}

// placeAfter is the place right behind a text.
func placeAfter(text []byte) Place {
	p := top
	for _, r := range string(text) {
		p.Column++
		if r == '\n' {
			p = Place{Line: p.Line + 1, Column: 1}
		}
	}
	return p
}

// Fault is something wrong at the place.
func (p Place) Fault(format string, args ...any) Fault {
	return Fault{Line: p.Line, Column: p.Column, Message: fmt.Sprintf(format, args...)}
}
