package document

import "github.com/goccy/go-yaml/token"

// TooDeep is the message for a document that nests beyond its limit.
const TooDeep = "lists and keys are nested too deeply"

// refused returns the first token that is not allowed, and the message for it.
// The message is "" if every token is allowed.
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

// nesting counts how deep values nest, because the parser recurses. Within the
// limit on the text's size, indentation alone cannot exhaust it, but brackets
// and "- - -" can.
type nesting struct {
	brackets int // open brackets
	items    int // list items and keys that begin on the line
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
