package lab

import (
	"fmt"
	"slices"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// services checks which keys go together, and that what is named is there.
func (r *rules) services() {
	for _, p := range r.root.get("services").each() {
		own := p.value.get("compose")
		switch {
		case own == nil:
			r.catalogService(p)
		case r.good(own):
			r.ownService(p, own)
		}
	}
}

// catalogService checks a service that Cairn's catalog describes.
func (r *rules) catalogService(p pair) {
	if http := p.value.pair("http"); http != nil {
		r.conflict(http.place, "%s has http without compose: where a service of the catalog answers is known already", p.key)
		return
	}
	if r.known.Services == nil || slices.Contains(r.known.Services, p.key) {
		return
	}
	r.fault(p.place, flaw{
		code: problem.LabUnknown, message: fmt.Sprintf("the catalog has no service %s", document.Quoted(p.key)),
		expected: "a service of the catalog, or a `compose` file of your own", suggestion: spelling.Nearest(p.key, r.known.Services),
	})
}

// ownService checks a service with a compose file of the owner's.
func (r *rules) ownService(p pair, compose *node) {
	keys := []string{"compose", "http"}
	for _, option := range p.value.pairs {
		if !slices.Contains(keys, option.key) {
			r.fault(option.place, flaw{
				code:     problem.LabUnknownKey,
				message:  fmt.Sprintf("unknown key %s beside compose", document.Quoted(option.key)),
				expected: "one of " + joined(keys), suggestion: spelling.Nearest(option.key, keys),
			})
		}
	}
	if r.exists != nil && !r.exists(compose.text) {
		r.fault(compose.place, flaw{
			code: problem.LabBadValue, message: "there is no file " + document.Quoted(compose.text),
			expected: "a compose file, its path relative to the lab file",
		})
	}
}
