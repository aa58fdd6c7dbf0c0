package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/compose"
	"cairn/internal/document"
	"cairn/internal/spelling"
)

// rules checks a service.yaml against its Compose file and against itself. It skips
// values that have a fault already.
type rules struct {
	root       *document.Node
	service    *Service
	bad        map[*document.Node]bool
	folder     string
	compose    *compose.File // nil if it could not be read
	containers []string

	faults        document.Faults // in service.yaml
	composeFaults document.Faults // in compose.yaml
}

// check applies all rules and returns the faults of service.yaml.
func (r *rules) check() document.Faults {
	r.name()
	r.main()
	r.facetContainers()
	r.options()
	r.secrets()
	r.authority()
	r.network()
	if r.compose != nil {
		r.checkCompose()
	}
	return r.faults
}

// fault reports a fault at the value that a path of keys leads to.
func (r *rules) fault(flaw document.Flaw, path ...string) {
	at, n := document.Place{Line: 1, Column: 1}, r.root
	for _, key := range path {
		if i, err := strconv.Atoi(key); err == nil && i < len(n.List()) {
			n = n.Items[i]
			at = n.Place
			continue
		}
		p := n.Pair(key)
		if p == nil {
			break
		}
		at, n = p.Place, p.Value
	}
	r.faults = append(r.faults, flaw.At(at))
}

func (r *rules) name() {
	if n := r.root.Get("service"); n != nil && !r.bad[n] && r.service.Name != r.folder {
		r.fault(document.Flaw{Message: fmt.Sprintf("the folder is named %s", document.Quoted(r.folder)), Expected: "the folder's name", Suggestion: r.folder}, "service")
	}
}

func (r *rules) main() {
	switch {
	case r.containers == nil:
	case r.service.Main == "":
		r.fault(document.Flaw{Message: "none of the containers has the service's name, so `main` must say which one the keys are about", Expected: "one of " + strings.Join(r.containers, ", ")})
	case r.root.Get("main") != nil:
		r.container(r.service.Main, "main")
	}
}

// container checks that the Compose file has a container with that name.
func (r *rules) container(name string, path ...string) {
	if r.containers != nil && name != "" && !slices.Contains(r.containers, name) {
		r.fault(document.Flaw{
			Message:  "compose.yaml has no container " + document.Quoted(name),
			Expected: "one of " + strings.Join(r.containers, ", "), Suggestion: spelling.Nearest(name, r.containers),
		}, path...)
	}
}

// facetContainers checks the containers that facets name.
func (r *rules) facetContainers() {
	for _, facet := range []string{"routes", "secrets", "hooks"} {
		for _, p := range r.root.Get(facet).Each() {
			r.container(document.TextOf(p.Value.Get("container")), facet, p.Key, "container")
		}
	}
	for i, n := range r.root.Get("ports").List() {
		r.container(document.TextOf(n.Get("container")), "ports", strconv.Itoa(i), "container")
	}
	r.container(document.TextOf(r.root.Get("metrics").Get("container")), "metrics", "container")
	for _, e := range r.service.Exceptions {
		r.container(e.Container, "exceptions", e.Container)
	}
}

// options checks that defaults are of their kind.
func (r *rules) options() {
	for _, o := range r.service.Options {
		wrong := ""
		switch o.Kind {
		case document.Integer:
			if _, err := strconv.ParseInt(o.Default, 10, 64); err != nil {
				wrong = "a whole number"
			}
		case document.Boolean:
			if o.Default != "true" && o.Default != "false" {
				wrong = "true or false"
			}
		}
		if wrong != "" {
			r.fault(document.Flaw{Message: document.Quoted(o.Default) + " is not " + wrong, Expected: wrong + ", in quotes"}, "options", o.Name, "default")
		}
	}
}

// secrets checks that no two secrets share a variable, and that a given secret has no
// length.
func (r *rules) secrets() {
	seen := map[string]string{}
	for _, s := range r.service.Secrets {
		if s.Form == "given" && r.root.Get("secrets").Get(s.Name).Get("length") != nil {
			r.fault(document.Flaw{Message: "a secret that is given has the length that it is given"}, "secrets", s.Name, "length")
		}
		if s.Variable == "" {
			continue
		}
		key := s.Container + " " + s.Variable
		if other, twice := seen[key]; twice {
			r.fault(document.Flaw{Message: fmt.Sprintf("%s has the same variable", other)}, "secrets", s.Name, "variable")
		}
		seen[key] = s.Name
	}
}

// authority checks that an authority has one secret to issue with, and that nobody
// else has such a secret. It is several files, so no container mounts it as one.
func (r *rules) authority() {
	has := 0
	for _, s := range r.service.Secrets {
		if s.Form != AuthorityForm {
			continue
		}
		has++
		switch {
		case r.service.Authority == nil:
			r.fault(document.Flaw{Message: "only an authority has a secret of this form", Expected: "`authority` beside `secrets`"}, "secrets", s.Name, "form")
		case has > 1:
			r.fault(document.Flaw{Message: "an authority has one secret of this form"}, "secrets", s.Name, "form")
		case s.Variable != "":
			r.fault(document.Flaw{Message: "an authority is no variable", Expected: "templates that read its parts"}, "secrets", s.Name, "variable")
		}
		if r.compose == nil {
			continue
		}
		if _, mounted := r.compose.Project.Secrets[s.Name]; mounted {
			r.inCompose(document.Flaw{Message: "an authority is no file", Expected: "templates that read its parts"}, "secrets", s.Name)
		}
	}
	if r.service.Authority != nil && has == 0 {
		r.fault(document.Flaw{Message: "an authority needs a secret of the form authority, to issue with"}, "authority")
	}
}

// network checks that no two ports are the same, and that they can be published.
func (r *rules) network() {
	seen := map[string]bool{}
	for i, p := range r.service.Ports {
		key := fmt.Sprintf("%d/%s", p.Number, p.Protocol)
		if seen[key] {
			r.fault(document.Flaw{Message: "the port " + key + " is in the list twice"}, "ports", strconv.Itoa(i))
		}
		seen[key] = true
	}
	// Docker publishes no port of a container whose only network is internal.
	if len(r.service.Ports) > 0 && !r.service.Egress {
		r.fault(document.Flaw{Message: "Docker publishes ports only where containers may reach out", Expected: "`egress: true` beside `ports`"}, "ports")
	}
}

// sorted returns the keys of a map, sorted.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
