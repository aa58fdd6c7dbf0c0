package roadmap

import (
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/spelling"
)

// record is a mapping of the file that is being read. Its methods read values
// by key. end reports the keys that were not read.
type record struct {
	what   string // "a task", for messages
	place  document.Place
	pairs  []document.Pair
	known  []string
	faults *document.Faults
}

// value is a text of the file with its place.
type value struct {
	text  string
	place document.Place
}

func newRecord(n *document.Node, what string, faults *document.Faults) *record {
	return &record{what: what, place: n.Place, pairs: n.Pairs, faults: faults}
}

func (r *record) fault(f document.Fault) { *r.faults = append(*r.faults, f) }

// take returns the value of a key, or nil.
func (r *record) take(key string) *document.Node {
	r.known = append(r.known, key)
	for _, p := range r.pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// must reads a text that is required.
func (r *record) must(key string) value {
	n := r.take(key)
	if n == nil {
		r.fault(r.place.Fault("%s needs the key %q", r.what, key))
		return value{place: r.place}
	}
	return r.textOf(key, n)
}

// maybe reads a text that is optional.
func (r *record) maybe(key string) value {
	n := r.take(key)
	if n == nil {
		return value{place: r.place}
	}
	return r.textOf(key, n)
}

// textOf reads a node as a non-empty text.
func (r *record) textOf(key string, n *document.Node) value {
	v := value{place: n.Place}
	if n.Kind != document.Text {
		r.wrongKind(key, n, document.Text)
		return v
	}
	if v.text = strings.TrimSpace(n.Text); v.text == "" {
		r.fault(v.place.Fault("the key %q of %s is empty", key, r.what))
	}
	return v
}

func (r *record) wrongKind(key string, n *document.Node, expected document.Kind) {
	f := n.Place.Fault("the key %q of %s holds %s", key, r.what, n.Kind)
	f.Expected = expected.String()
	r.fault(f)
}

// ofKind returns the value of a key if it has the given kind. It returns nil if
// the key is absent, and also for another kind, which it reports.
func (r *record) ofKind(key string, kind document.Kind) *document.Node {
	n := r.take(key)
	if n == nil || n.Kind == kind {
		return n
	}
	r.wrongKind(key, n, kind)
	return nil
}

// yes reads a flag. An absent flag is false.
func (r *record) yes(key string) bool {
	n := r.ofKind(key, document.Boolean)
	return n != nil && document.IsTrue(n)
}

// items returns the values of a list. An absent list has none.
func (r *record) items(key string) []*document.Node {
	n := r.ofKind(key, document.List)
	if n != nil && len(n.Items) == 0 {
		r.fault(n.Place.Fault("the key %q of %s is an empty list", key, r.what))
	}
	return n.List()
}

// texts reads a list of texts.
func (r *record) texts(key string) []value {
	var all []value
	for _, n := range r.items(key) {
		all = append(all, r.textOf(key, n))
	}
	return all
}

// records reads a list of mappings; what names one of them in messages.
func (r *record) records(key, what string) []*record {
	var all []*record
	for _, n := range r.items(key) {
		if n.Kind == document.Mapping {
			all = append(all, newRecord(n, what, r.faults))
		} else {
			r.wrongKind(key, n, document.Mapping)
		}
	}
	return all
}

// record reads a mapping. It is nil if absent.
func (r *record) record(key, what string) *record {
	n := r.ofKind(key, document.Mapping)
	if n == nil {
		return nil
	}
	return newRecord(n, what, r.faults)
}

// end reports the keys that mean nothing.
func (r *record) end() {
	for _, p := range r.pairs {
		if slices.Contains(r.known, p.Key) {
			continue
		}
		f := p.Place.Fault("unknown key %s in %s", document.Quoted(p.Key), r.what)
		f.Expected = "one of " + strings.Join(r.known, ", ")
		f.Suggestion = spelling.Nearest(p.Key, r.known)
		r.fault(f)
	}
}
