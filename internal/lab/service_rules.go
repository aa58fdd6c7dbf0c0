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
		r.placed(p)
		own := p.Value.Get("compose")
		switch {
		case own == nil:
			r.catalogService(p)
		case r.good(own):
			r.ownService(p, own)
		}
	}
}

// serviceKeys are those that mean the same for every service. The other keys of a
// service from the catalog are its options.
var serviceKeys = []string{"compose", "http", "on"}

// placed checks that the host exists that a service is to run on.
func (r *rules) placed(p document.Pair) {
	on := p.Value.Get("on")
	if !r.good(on) {
		return
	}
	name := document.TextOf(on)
	host, known := r.lab.Host(name)
	switch {
	case !known:
		names := make([]string, 0, len(r.lab.Hosts))
		for _, h := range r.lab.Hosts {
			names = append(names, h.Name)
		}
		r.fault(on.Place, document.Flaw{
			Code: problem.LabUnknown, Message: "there is no host " + document.Quoted(name),
			Expected: "one of " + strings.Join(names, ", "), Suggestion: spelling.Nearest(name, names),
		})
	case host.OnlyVantage():
		r.conflict(on.Place, "%s is only a vantage, so nothing runs on it", name)
	}
}

// catalogService checks a service from Cairn's catalog.
func (r *rules) catalogService(p document.Pair) {
	if http := p.Value.Pair("http"); http != nil {
		r.conflict(http.Place, "%s has http without compose: the catalog already knows its port", p.Key)
		return
	}
	if r.known.Services == nil {
		return
	}
	names := r.known.Services.Names()
	if !slices.Contains(names, p.Key) {
		// A version that sets up no services ignores them all, which later says.
		if r.known.LaterServices {
			return
		}
		r.fault(p.Place, document.Flaw{
			Code: problem.LabUnknown, Message: fmt.Sprintf("the catalog has no service %s", document.Quoted(p.Key)),
			Expected: "a service of the catalog, or a `compose` file of your own", Suggestion: spelling.Nearest(p.Key, names),
		})
		return
	}
	if options := r.known.Services.Options(p.Key); options != nil {
		shape := document.Keyed(append(options, document.Key{Name: "on", Shape: document.Words(hostForm)})...)
		faults, _ := dialect.InspectAt(p.Value, shape, p.Place, document.Join("services", p.Key))
		r.faults = append(r.faults, faults...)
	}
}

// ownService checks a service with the owner's own compose file.
func (r *rules) ownService(p document.Pair, compose *document.Node) {
	for _, option := range p.Value.Pairs {
		if !slices.Contains(serviceKeys, option.Key) {
			r.fault(option.Place, document.Flaw{
				Code:     problem.LabUnknownKey,
				Message:  fmt.Sprintf("unknown key %s beside compose", document.Quoted(option.Key)),
				Expected: "one of " + strings.Join(serviceKeys, ", "), Suggestion: spelling.Nearest(option.Key, serviceKeys),
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
