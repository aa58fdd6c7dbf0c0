package document

import "github.com/goccy/go-yaml/token"

// TooDeep is what is said of a document that is nested beyond its bound.
const TooDeep = "lists and keys are nested too deeply"

// refused finds the first token that may not be there, with what to say of it;
// "" when there is none.
func (d Dialect) refused(tokens token.Tokens) (*token.Token, string) {
	var n nesting
	for _, t := range tokens {
		if why := d.Refused[t.Type]; why != "" {
			return t, why
		}
		n.take(t)
		if n.brackets > d.MaxDepth || n.items > d.MaxDepth {
			return t, TooDeep
		}
	}
	return nil, ""
}

// nesting counts how deep values are nested for the parser, which recurses.
// Indentation alone cannot exhaust it within the bound on the text's size, but
// brackets and "- - -" can.
type nesting struct {
	brackets int // that are open
	items    int // of lists, and keys, that begin on the line
	line     int
}

func (n *nesting) take(t *token.Token) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		n.brackets++
	case token.SequenceEndType, token.MappingEndType:
		n.brackets--
	case token.SequenceEntryType, token.MappingKeyType:
		if t.Position.Line != n.line {
			n.line, n.items = t.Position.Line, 0
		}
		n.items++
	}
}
