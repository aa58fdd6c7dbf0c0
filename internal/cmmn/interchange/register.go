package interchange

import "fmt"

// register knows which ids there are and who refers to them.
type register struct {
	kinds map[string]string // what has the id: "item", "sentry", ...
	wants []want
}

// want is a reference.
type want struct {
	place string // where it stands in a file; empty while a model is written
	by    string // what has it
	kind  string
	id    string
}

// Kinds of elements that are referred to.
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

// declare makes an id known. It reports whether the id was free.
func (r *register) declare(kind, id string) bool {
	if _, taken := r.kinds[id]; taken {
		return false
	}
	r.kinds[id] = kind
	return true
}

// want notes a reference.
func (r *register) want(place, by, kind, id string) {
	r.wants = append(r.wants, want{place, by, kind, id})
}

// dangling is the first reference to something that is not there, or nil.
func (r *register) dangling() *want {
	for i, w := range r.wants {
		if r.kinds[w.id] != w.kind {
			return &r.wants[i]
		}
	}
	return nil
}

func (w *want) String() string {
	return fmt.Sprintf("%s refers to the %s %q, which is not there", w.by, w.kind, w.id)
}
