package interchange

import "fmt"

// register records the ids and the references to them.
type register struct {
	kinds map[string]string // the kind of element with the id: "item", "sentry", ...
	wants []want
}

// want is a reference.
type want struct {
	place string // where it stands in a file; empty when writing
	by    string // the element that refers
	kind  string
	id    string
}

// Kinds of elements that can be referred to.
const (
	itemKind     = "plan item"
	partKind     = "on-part"
	sentryKind   = "sentry"
	exitKind     = "exit criterion"
	fileItemKind = "case file item"
	ruleKind     = "applicability rule"
	otherKind    = "element"
)

func newRegister() *register { return &register{kinds: map[string]string{}} }

// declare records an id. It reports whether the id was free.
func (r *register) declare(kind, id string) bool {
	if _, taken := r.kinds[id]; taken {
		return false
	}
	r.kinds[id] = kind
	return true
}

// want records a reference.
func (r *register) want(place, by, kind, id string) {
	r.wants = append(r.wants, want{place, by, kind, id})
}

// dangling returns the first reference to something that does not exist, or
// nil.
func (r *register) dangling() *want {
	for i, w := range r.wants {
		if r.kinds[w.id] != w.kind {
			return &r.wants[i]
		}
	}
	return nil
}

func (w *want) String() string {
	return fmt.Sprintf("%s refers to the %s %q, which does not exist", w.by, w.kind, w.id)
}
