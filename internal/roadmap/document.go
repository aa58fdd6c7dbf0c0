package roadmap

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"cairn/internal/document"
)

// Bounds of a roadmap's file. They are far above what a roadmap needs, and keep
// a file that was made to exhaust the parser, which recurses, from doing so.
const (
	maxBytes = 256 << 10
	maxDepth = 16
)

// dialect does without the parts of YAML that would let a small file stand for a
// large one, or a word for something else.
var dialect = document.Dialect{MaxBytes: maxBytes, MaxDepth: maxDepth, Refused: map[token.Type]string{
	token.AnchorType:    "anchors are not used in a roadmap",
	token.AliasType:     "aliases are not used in a roadmap",
	token.MergeKeyType:  "merge keys are not used in a roadmap",
	token.TagType:       "tags are not used in a roadmap",
	token.DirectiveType: "directives are not used in a roadmap",
}}

// readDocument parses a file into its mapping, without looking at what is in it.
// The mapping is nil when there are faults.
func readDocument(data []byte) (*ast.MappingNode, document.Faults) {
	file, faults := dialect.Parse(data)
	if len(faults) > 0 {
		return nil, faults
	}
	top := document.Place{Line: 1, Column: 1}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, document.Faults{top.Fault("the file is empty")}
	}
	root, is := file.Docs[0].Body.(*ast.MappingNode)
	if !is || len(file.Docs) > 1 {
		return nil, document.Faults{top.Fault("a roadmap is one document of keys with values")}
	}
	return root, nil
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
