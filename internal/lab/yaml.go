package lab

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"cairn/internal/document"
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

// dialect leaves keys that are there twice to the reader, which reports them
// among everything else that is wrong.
var dialect = document.Dialect{MaxBytes: maxBytes, MaxDepth: maxDepth, DuplicateKeys: true, Code: problem.LabSyntax}

// readYAML parses the text of a lab file into a mapping. When there are faults,
// the node is what could be read nevertheless, or nil.
func readYAML(data []byte) (*node, document.Faults) {
	file, faults := dialect.Parse(data)
	if len(faults) > 0 {
		return nil, faults
	}
	return readDocuments(file)
}

// readDocuments converts the only document of a file.
func readDocuments(file *ast.File) (*node, document.Faults) {
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, syntax(document.PlaceOf(d.GetToken()), "a lab file is one document, and this begins a second one")
		}
		body = d.Body
	}
	if body == nil {
		return nil, document.Faults{{Code: problem.LabMissingKey, Line: 1, Column: 1, Message: "the file is empty", Expected: "at least the keys lab, network and hosts"}}
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
	faults  document.Faults
}

func (r *yamlReader) fault(p document.Place, message string) {
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
	message := document.TooDeep
	if n.size > maxNodes {
		message = fmt.Sprintf("with its aliases the file has more than %d values", maxNodes)
	}
	r.fault(n.place, message)
}

func (r *yamlReader) convert(from ast.Node) *node {
	at := document.PlaceOf(from.GetToken())
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

func (r *yamlReader) sequence(from *ast.SequenceNode, at document.Place) *node {
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
func (r *yamlReader) anchor(from *ast.AnchorNode, at document.Place) *node {
	if from.Value == nil || from.Name == nil {
		r.fault(at, "an anchor needs a name and a value")
		return &node{place: at, broken: true}
	}
	n := r.convert(from.Value)
	r.anchors[from.Name.GetToken().Value] = n
	return n
}

func (r *yamlReader) alias(from *ast.AliasNode, at document.Place) *node {
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
	n := &node{kind: mapping, place: document.PlaceOfMapping(from)}
	var merged []pair
	for _, v := range from.Values {
		at := document.PlaceOf(v.Key.GetToken())
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
				message: fmt.Sprintf("the key %q is there twice, first in line %d", name, first.place.Line),
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
func (r *yamlReader) merge(at document.Place, value *node) []pair {
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

func syntax(p document.Place, message string) document.Faults {
	return document.Faults{flaw{code: problem.LabSyntax, message: message}.at(p)}
}
