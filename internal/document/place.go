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

// top is the place for faults of the document as a whole.
var top = Place{Line: 1, Column: 1}

// PlaceOf returns the place of a token. For things that nobody wrote, the
// parser has tokens without a position, or none; they count as being at the
// top.
func PlaceOf(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return top
	}
	return Place{Line: max(1, t.Position.Line), Column: max(1, t.Position.Column)}
}

// PlaceOfMapping returns the beginning of a mapping: its brace, or else its
// first key. (The parser's own token for a mapping is the colon after that
// key.)
func PlaceOfMapping(n *ast.MappingNode) Place {
	if !n.IsFlowStyle && len(n.Values) > 0 {
		return PlaceOf(n.Values[0].Key.GetToken())
	}
	return PlaceOf(n.Start)
}

// placeAfter returns the place right after a text.
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

// Fault returns a fault at the place.
func (p Place) Fault(format string, args ...any) Fault {
	return Fault{Line: p.Line, Column: p.Column, Message: fmt.Sprintf(format, args...)}
}
