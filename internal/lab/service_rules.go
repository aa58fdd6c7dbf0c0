package lab

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// services checks which keys go together, and that the named files and services
// exist.
func (r *rules) services() {
	for _, p := range r.root.Get("services").Each() {
		own := p.Value.Get("compose")
		switch {
		case own == nil:
			r.catalogService(p)
		case r.good(own):
			r.ownService(p, own)
		}
	}
}

// catalogService checks a service from Cairn's catalog.
func (r *rules) catalogService(p document.Pair) {
	if http := p.Value.Pair("http"); http != nil {
		r.conflict(http.Place, "%s has http without compose: the catalog already knows its port", p.Key)
		return
	}
	if r.known.Services == nil || slices.Contains(r.known.Services, p.Key) {
		return
	}
	r.fault(p.Place, document.Flaw{
		Code: problem.LabUnknown, Message: fmt.Sprintf("the catalog has no service %s", document.Quoted(p.Key)),
		Expected: "a service of the catalog, or a `compose` file of your own", Suggestion: spelling.Nearest(p.Key, r.known.Services),
	})
}

// ownService checks a service with the owner's own compose file.
func (r *rules) ownService(p document.Pair, compose *document.Node) {
	keys := []string{"compose", "http"}
	for _, option := range p.Value.Pairs {
		if !slices.Contains(keys, option.Key) {
			r.fault(option.Place, document.Flaw{
				Code:     problem.LabUnknownKey,
				Message:  fmt.Sprintf("unknown key %s beside compose", document.Quoted(option.Key)),
				Expected: "one of " + strings.Join(keys, ", "), Suggestion: spelling.Nearest(option.Key, keys),
			})
		}
	}
	if r.exists != nil && !r.exists(compose.Text) {
		r.fault(compose.Place, document.Flaw{
			Code: problem.LabBadValue, Message: "there is no file " + document.Quoted(compose.Text),
			Expected: "a compose file, its path relative to the lab file",
		})
	}
}
