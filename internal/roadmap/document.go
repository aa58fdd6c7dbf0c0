package roadmap

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a roadmap's file. They are far above what a roadmap needs, and keep
// a file that was made to exhaust the parser, which recurses, from doing so.
const (
	maxBytes = 256 << 10
	maxDepth = 16
)

// readDocument parses a file into its mapping, without looking at what is in it.
// The mapping is nil when there are faults.
func readDocument(data []byte) (*ast.MappingNode, Faults) {
	top := place{1, 1}
	switch {
	case len(data) > maxBytes:
		return nil, Faults{top.fault("the file has more than %d KiB", maxBytes>>10)}
	case !utf8.Valid(data) || strings.ContainsRune(string(data), 0):
		return nil, Faults{top.fault("the file is not UTF-8 text")}
	}
	tokens := lexer.Tokenize(string(data))
	if faults := refuse(tokens); len(faults) > 0 {
		return nil, faults
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, Faults{parserFault(err)}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, Faults{top.fault("the file is empty")}
	}
	root, is := file.Docs[0].Body.(*ast.MappingNode)
	if !is || len(file.Docs) > 1 {
		return nil, Faults{top.fault("a roadmap is one document of keys with values")}
	}
	return root, nil
}

// parserFault is the parser's error as a fault.
func parserFault(err error) Fault {
	var at yaml.Error
	if !errors.As(err, &at) {
		return place{1, 1}.fault("%s", err)
	}
	return placeOf(at.GetToken()).fault("%s", at.GetMessage())
}

// refused are the parts of YAML that a roadmap does without: each would let a
// small file stand for a large one, or a word for something else.
var refused = map[token.Type]string{
	token.AnchorType:    "anchors",
	token.AliasType:     "aliases",
	token.MergeKeyType:  "merge keys",
	token.TagType:       "tags",
	token.DirectiveType: "directives",
}

// refuse reports the first token that a roadmap may not have.
func refuse(tokens token.Tokens) Faults {
	flow, line, entries := 0, 0, 0
	for _, t := range tokens {
		if name, is := refused[t.Type]; is {
			return Faults{placeOf(t).fault("%s are not used in a roadmap", name)}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			if t.Position.Line != line {
				line, entries = t.Position.Line, 0
			}
			entries++
		}
		if flow > maxDepth || entries > maxDepth {
			return Faults{placeOf(t).fault("lists and keys are nested too deeply")}
		}
	}
	return nil
}

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// kindOf is what a value of the file is, in words.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode:
		return "keys with values"
	}
	return fmt.Sprintf("something that a roadmap does not use (%s)", n.Type())
}
