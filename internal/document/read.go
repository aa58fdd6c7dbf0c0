package document

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Read reads the text of a document into nodes. If there are faults, the node
// holds what could still be read, or is nil. The faults have no file name yet.
func (d Dialect) Read(data []byte) (*Node, Faults) {
	file, faults := d.Parse(data)
	if len(faults) > 0 {
		return nil, faults
	}
	return d.readDocuments(file)
}

// readDocuments converts the only document of a file.
func (d Dialect) readDocuments(file *ast.File) (*Node, Faults) {
	var body ast.Node
	for _, part := range file.Docs {
		if part.Body == nil {
			continue
		}
		if body != nil {
			return nil, d.syntax(PlaceOf(part.GetToken()), d.Name+" is one document, but a second one begins here")
		}
		body = part.Body
	}
	if body == nil {
		return nil, Faults{{Code: d.Codes.MissingKey, Line: 1, Column: 1, Message: "the file is empty", Expected: d.Least}}
	}
	r := &yamlReader{dialect: d, anchors: map[string]*Node{}}
	root := r.read(body)
	if r.stopped {
		return nil, r.faults
	}
	return root, r.faults
}

// yamlReader turns the parser's tree into nodes.
type yamlReader struct {
	dialect Dialect
	anchors map[string]*Node
	depth   int
	stopped bool // a limit was exceeded: nothing more is read
	faults  Faults
}

func (r *yamlReader) fault(p Place, message string) {
	r.faults = append(r.faults, r.dialect.syntax(p, message)...)
}

// read converts a value. It always returns a node.
func (r *yamlReader) read(from ast.Node) *Node {
	r.depth++
	defer func() { r.depth-- }()
	n := r.convert(from)
	r.bound(n)
	return n
}

// bound stops reading if aliases have made the file too large or too deep.
func (r *yamlReader) bound(n *Node) {
	if r.stopped || n.size <= r.dialect.MaxValues && r.depth+n.depth <= r.dialect.MaxDepth {
		return
	}
	r.stopped = true
	message := TooDeep
	if n.size > r.dialect.MaxValues {
		message = fmt.Sprintf("with its aliases the file has more than %d values", r.dialect.MaxValues)
	}
	r.fault(n.Place, message)
}

func (r *yamlReader) convert(from ast.Node) *Node {
	at := PlaceOf(from.GetToken())
	if r.stopped {
		return &Node{Place: at, broken: true}
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
		return &Node{Kind: Text, Place: at, Text: from.Value}
	case *ast.LiteralNode:
		return &Node{Kind: Text, Place: at, Text: from.Value.Value}
	case *ast.NullNode:
		return &Node{Place: at}
	case *ast.BoolNode:
		return &Node{Kind: Boolean, Place: at, Text: from.GetToken().Value}
	case *ast.IntegerNode:
		return &Node{Kind: Integer, Place: at, Text: from.GetToken().Value}
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &Node{Kind: Decimal, Place: at, Text: from.GetToken().Value}
	case *ast.TagNode:
		r.fault(at, "tags such as "+strconv.Quote(from.GetToken().Value)+" are not used in "+r.dialect.Name)
	case *ast.DirectiveNode:
		r.fault(at, "directives are not used in "+r.dialect.Name)
	default:
		r.fault(at, "this kind of YAML is not used in "+r.dialect.Name)
	}
	return &Node{Place: at, broken: true}
}

func (r *yamlReader) sequence(from *ast.SequenceNode, at Place) *Node {
	n := &Node{Kind: List, Place: at}
	for _, v := range from.Values {
		item := r.read(v)
		n.Items = append(n.Items, item)
		n.grow(item)
	}
	return n
}

// anchor reads a named value. The name becomes known only afterwards, so
// nothing can contain itself.
func (r *yamlReader) anchor(from *ast.AnchorNode, at Place) *Node {
	if from.Value == nil || from.Name == nil {
		r.fault(at, "an anchor needs a name and a value")
		return &Node{Place: at, broken: true}
	}
	n := r.convert(from.Value)
	r.anchors[from.Name.GetToken().Value] = n
	return n
}

func (r *yamlReader) alias(from *ast.AliasNode, at Place) *Node {
	if from.Value == nil {
		r.fault(at, "an alias needs a name")
		return &Node{Place: at, broken: true}
	}
	name := from.Value.GetToken().Value
	n, known := r.anchors[name]
	if !known {
		r.fault(at, fmt.Sprintf("no earlier value is named &%s", name))
		return &Node{Place: at, broken: true}
	}
	return n
}

// mapping reads keys with values. A duplicate key is a fault, and the first one
// counts.
func (r *yamlReader) mapping(from *ast.MappingNode) *Node {
	n := &Node{Kind: Mapping, Place: PlaceOfMapping(from)}
	var merged []Pair
	for _, v := range from.Values {
		at := PlaceOf(v.Key.GetToken())
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
		if first := n.Pair(name); first != nil {
			r.faults = append(r.faults, Flaw{
				Code:    r.dialect.Codes.Duplicate,
				Message: fmt.Sprintf("the key %q is a duplicate, first used in line %d", name, first.Place.Line),
			}.At(at))
			continue
		}
		n.add(Pair{name, at, value})
	}
	for _, p := range merged {
		if n.Pair(p.Key) == nil {
			n.add(p)
		}
	}
	return n
}

// merge returns what a merge key brings in: the keys of one mapping, or of
// several.
func (r *yamlReader) merge(at Place, value *Node) []Pair {
	if r.stopped {
		return nil
	}
	sources := []*Node{value}
	if value.Kind == List {
		sources = value.Items
	}
	var pairs []Pair
	for _, s := range sources {
		if s.Kind != Mapping {
			r.fault(at, "<< takes an alias of keys with values, or a list of such aliases")
			return nil
		}
		pairs = append(pairs, s.Pairs...)
	}
	return pairs
}

// keyName returns a key as text. Numbers and words such as "true" are names
// here.
func keyName(key ast.MapKeyNode) (string, bool) {
	switch key := key.(type) {
	case *ast.StringNode:
		return key.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return key.GetToken().Value, true
	}
	return "", false
}

func (d Dialect) syntax(p Place, message string) Faults {
	return Faults{Flaw{Code: d.Codes.Syntax, Message: message}.At(p)}
}
