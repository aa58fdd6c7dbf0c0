package roadmap

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cairn/internal/document"
	"cairn/internal/spelling"
)

// record is a mapping of the file while it is read. Its methods take values out
// by key; end reports what nobody asked for.
type record struct {
	what   string // "a task", for messages
	place  document.Place
	pairs  []*ast.MappingValueNode
	known  []string
	faults *document.Faults
}

// value is a text of the file with its place.
type value struct {
	text  string
	place document.Place
}

func newRecord(n *ast.MappingNode, what string, at document.Place, faults *document.Faults) *record {
	return &record{what: what, place: at, pairs: n.Values, faults: faults}
}

func (r *record) fault(f document.Fault) { *r.faults = append(*r.faults, f) }

// take finds the value of a key; nil when the record has none.
func (r *record) take(key string) ast.Node {
	r.known = append(r.known, key)
	for _, p := range r.pairs {
		if keyOf(p) == key {
			return p.Value
		}
	}
	return nil
}

func keyOf(p *ast.MappingValueNode) string {
	if t := p.Key.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

// must is a text that has to be there.
func (r *record) must(key string) value {
	n := r.take(key)
	if n == nil {
		r.fault(r.place.Fault("%s lacks the key %q", r.what, key))
		return value{place: r.place}
	}
	return r.textOf(key, n)
}

// maybe is a text that may be left out.
func (r *record) maybe(key string) value {
	n := r.take(key)
	if n == nil {
		return value{place: r.place}
	}
	return r.textOf(key, n)
}

// textOf is a node as a text that is not empty.
func (r *record) textOf(key string, n ast.Node) value {
	v := value{place: document.PlaceOf(n.GetToken())}
	switch n := n.(type) {
	case *ast.StringNode:
		v.text = strings.TrimSpace(n.Value)
	case *ast.LiteralNode:
		v.text = strings.TrimSpace(n.Value.Value)
	default:
		r.wrongKind(key, n, "text")
		return v
	}
	if v.text == "" {
		r.fault(v.place.Fault("the key %q of %s is empty", key, r.what))
	}
	return v
}

func (r *record) wrongKind(key string, n ast.Node, expected string) {
	f := document.PlaceOf(n.GetToken()).Fault("the key %q of %s holds %s", key, r.what, kindOf(n))
	f.Expected = expected
	r.fault(f)
}

// yes is a flag; false when it is left out.
func (r *record) yes(key string) bool {
	switch n := r.take(key).(type) {
	case nil:
		return false
	case *ast.BoolNode:
		return n.Value
	default:
		r.wrongKind(key, n, "true or false")
		return false
	}
}

// items are the values of a list; none when it is left out.
func (r *record) items(key string) []ast.Node {
	switch n := r.take(key).(type) {
	case nil:
		return nil
	case *ast.SequenceNode:
		if len(n.Values) == 0 {
			r.fault(document.PlaceOf(n.GetToken()).Fault("the key %q of %s is an empty list", key, r.what))
		}
		return n.Values
	default:
		r.wrongKind(key, n, "a list")
		return nil
	}
}

// texts is a list of texts.
func (r *record) texts(key string) []value {
	var all []value
	for _, n := range r.items(key) {
		all = append(all, r.textOf(key, n))
	}
	return all
}

// records is a list of mappings, each of them a what.
func (r *record) records(key, what string) []*record {
	var all []*record
	for _, n := range r.items(key) {
		if m, is := n.(*ast.MappingNode); is {
			all = append(all, newRecord(m, what, document.PlaceOfMapping(m), r.faults))
		} else {
			r.wrongKind(key, n, "keys with values")
		}
	}
	return all
}

// record is a mapping; nil when it is left out.
func (r *record) record(key, what string) *record {
	switch n := r.take(key).(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		return newRecord(n, what, document.PlaceOfMapping(n), r.faults)
	default:
		r.wrongKind(key, n, "keys with values")
		return nil
	}
}

// end reports the keys that mean nothing.
func (r *record) end() {
	for _, p := range r.pairs {
		key := keyOf(p)
		if slices.Contains(r.known, key) {
			continue
		}
		f := document.PlaceOf(p.Key.GetToken()).Fault("unknown key %s in %s", document.Quoted(key), r.what)
		f.Expected = "one of " + strings.Join(r.known, ", ")
		f.Suggestion = spelling.Nearest(key, r.known)
		r.fault(f)
	}
}
