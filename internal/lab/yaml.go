package lab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"cairn/internal/problem"
)

// Bounds of a lab file. They are far above what a lab needs, and keep a file
// that was made to exhaust the reader from doing so: the parser's effort grows
// with the square of the nesting, and aliases multiply what they stand for.
const (
	maxBytes = 128 << 10
	maxNodes = 20000
	maxDepth = 32
)

// byteOrderMark is what some editors put before UTF-8 text.
const byteOrderMark = "\ufeff"

// readYAML parses the text of a lab file into a mapping. When there are faults,
// the node is what could be read nevertheless, or nil.
func readYAML(data []byte) (*node, Faults) {
	if len(data) > maxBytes {
		return nil, syntax(place{1, 1}, fmt.Sprintf("the file has more than %d KiB", maxBytes>>10))
	}
	if at := notUTF8(data); at >= 0 {
		return nil, syntax(placeOf(data[:at]), "the file is not UTF-8 text")
	}
	tokens := lexer.Tokenize(strings.TrimPrefix(string(data), byteOrderMark))
	if p, deep := tooDeep(tokens); deep {
		return nil, syntax(p, tooDeepMessage)
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, parserFault(err)
	}
	return readDocuments(file)
}

const tooDeepMessage = "lists and keys are nested too deeply"

// readDocuments converts the only document of a file.
func readDocuments(file *ast.File) (*node, Faults) {
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, syntax(placeAt(d.GetToken()), "a lab file is one document, and this begins a second one")
		}
		body = d.Body
	}
	if body == nil {
		return nil, Faults{{Code: problem.LabMissingKey, Line: 1, Column: 1, Message: "the file is empty", Expected: "at least the keys lab, network and hosts"}}
	}
	r := &yamlReader{anchors: map[string]*node{}}
	root := r.read(body)
	if r.stopped {
		return nil, r.faults
	}
	return root, r.faults
}

// yamlReader turns the parser's tree into nodes.
type yamlReader struct {
	anchors map[string]*node
	depth   int
	stopped bool // a bound was passed: nothing more is read
	faults  Faults
}

func (r *yamlReader) fault(p place, message string) {
	r.faults = append(r.faults, syntax(p, message)...)
}

// read converts a value. It returns a node in every case.
func (r *yamlReader) read(from ast.Node) *node {
	r.depth++
	defer func() { r.depth-- }()
	n := r.convert(from)
	r.bound(n)
	return n
}

// bound stops the reading when aliases have made too much of the file.
func (r *yamlReader) bound(n *node) {
	if r.stopped || n.size <= maxNodes && r.depth+n.depth <= maxDepth {
		return
	}
	r.stopped = true
	message := tooDeepMessage
	if n.size > maxNodes {
		message = fmt.Sprintf("with its aliases the file has more than %d values", maxNodes)
	}
	r.fault(n.place, message)
}

func (r *yamlReader) convert(from ast.Node) *node {
	at := placeAt(from.GetToken())
	if r.stopped {
		return &node{place: at, broken: true}
	}
	switch from := from.(type) {
	case *ast.MappingNode:
		return r.mapping(from)
	case *ast.SequenceNode:
		return r.sequence(from, at)
	case *ast.AnchorNode:
		return r.anchor(from, at)
	case *ast.AliasNode:
		return r.alias(from, at)
	case *ast.StringNode:
		return &node{kind: text, place: at, text: from.Value}
	case *ast.LiteralNode:
		return &node{kind: text, place: at, text: from.Value.Value}
	case *ast.NullNode:
		return &node{place: at}
	case *ast.BoolNode:
		return &node{kind: boolean, place: at, text: from.GetToken().Value}
	case *ast.IntegerNode:
		return &node{kind: integer, place: at, text: from.GetToken().Value}
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: decimal, place: at, text: from.GetToken().Value}
	case *ast.TagNode:
		r.fault(at, "tags such as "+strconv.Quote(from.GetToken().Value)+" are not used in a lab file")
	case *ast.DirectiveNode:
		r.fault(at, "directives are not used in a lab file")
	default:
		r.fault(at, "this kind of YAML is not used in a lab file")
	}
	return &node{place: at, broken: true}
}

func (r *yamlReader) sequence(from *ast.SequenceNode, at place) *node {
	n := &node{kind: list, place: at}
	for _, v := range from.Values {
		item := r.read(v)
		n.items = append(n.items, item)
		n.grow(item)
	}
	return n
}

// anchor reads a value that has a name. The name is known only afterwards, so
// that nothing can contain itself.
func (r *yamlReader) anchor(from *ast.AnchorNode, at place) *node {
	if from.Value == nil || from.Name == nil {
		r.fault(at, "an anchor needs a name and a value")
		return &node{place: at, broken: true}
	}
	n := r.convert(from.Value)
	r.anchors[from.Name.GetToken().Value] = n
	return n
}

func (r *yamlReader) alias(from *ast.AliasNode, at place) *node {
	if from.Value == nil {
		r.fault(at, "an alias needs a name")
		return &node{place: at, broken: true}
	}
	name := from.Value.GetToken().Value
	n, known := r.anchors[name]
	if !known {
		r.fault(at, fmt.Sprintf("no value before this is named &%s", name))
		return &node{place: at, broken: true}
	}
	return n
}

// mapping reads keys with values. A key that is there twice is a fault, and the
// first one counts.
func (r *yamlReader) mapping(from *ast.MappingNode) *node {
	n := &node{kind: mapping, place: mappingPlace(from)}
	var merged []pair
	for _, v := range from.Values {
		at := placeAt(v.Key.GetToken())
		value := r.read(v.Value)
		if v.Key.IsMergeKey() {
			merged = append(merged, r.merge(at, value)...)
			continue
		}
		name, ok := keyName(v.Key)
		if !ok {
			r.fault(at, "a key must be a plain word")
			continue
		}
		if first := n.pair(name); first != nil {
			r.faults = append(r.faults, flaw{
				code:    problem.LabDuplicate,
				message: fmt.Sprintf("the key %q is there twice, first in line %d", name, first.place.line),
			}.at(at))
			continue
		}
		n.add(pair{name, at, value})
	}
	for _, p := range merged {
		if n.pair(p.key) == nil {
			n.add(p)
		}
	}
	return n
}

// merge is what a merge key brings in: the keys of a mapping, or of several.
func (r *yamlReader) merge(at place, value *node) []pair {
	if r.stopped {
		return nil
	}
	sources := []*node{value}
	if value.kind == list {
		sources = value.items
	}
	var pairs []pair
	for _, s := range sources {
		if s.kind != mapping {
			r.fault(at, "<< takes an alias of keys with values, or a list of such")
			return nil
		}
		pairs = append(pairs, s.pairs...)
	}
	return pairs
}

// keyName is a key as text. Numbers and words such as "true" are names here.
func keyName(key ast.MapKeyNode) (string, bool) {
	switch key := key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return key.GetToken().Value, true
	}
	return "", false
}

// mappingPlace is where a mapping begins: its brace, or else its first key. (The
// parser's own token of a mapping is the colon after that.)
func mappingPlace(n *ast.MappingNode) place {
	if !n.IsFlowStyle && len(n.Values) > 0 {
		return placeAt(n.Values[0].Key.GetToken())
	}
	return placeAt(n.Start)
}

func placeAt(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// tooDeep finds the place at which values are nested too deeply for the parser,
// which recurses. Indentation alone cannot do that within the bound on the
// file's size, but brackets and "- - -" can.
func tooDeep(tokens token.Tokens) (place, bool) {
	flow, line, entries := 0, 0, 0
	for _, t := range tokens {
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
			return placeAt(t), true
		}
	}
	return place{}, false
}

// parserFault turns the parser's error into a fault.
func parserFault(err error) Faults {
	var at yaml.Error
	if !errors.As(err, &at) {
		return syntax(place{1, 1}, err.Error())
	}
	return syntax(placeAt(at.GetToken()), at.GetMessage())
}

func syntax(p place, message string) Faults {
	return Faults{flaw{code: problem.LabSyntax, message: message}.at(p)}
}

// notUTF8 is the offset of the first byte that is not UTF-8 or that no text
// has, or -1.
func notUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return i
		}
		i += size
	}
	return -1
}

// placeOf is the place right behind a text.
func placeOf(before []byte) place {
	p := place{1, 1}
	for _, r := range string(before) {
		p.column++
		if r == '\n' {
			p = place{p.line + 1, 1}
		}
	}
	return p
}
