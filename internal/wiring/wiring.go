// Package wiring derives what follows from the services of a lab. It decides where each
// runs and in which order, and makes names, ports of the firewall, and the files of
// each release. It is pure: the same lab and catalog give the same bytes.
package wiring

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
)

// Wiring is everything that follows from the services of a lab. It does not change
// after [Of], so it is safe for concurrent use.
type Wiring struct {
	// Releases are sorted: each comes after those that it uses.
	Releases []Release
}

// Release is a service on a host.
type Release struct {
	Service *catalog.Service
	Lab     string
	Host    string
	Values  catalog.Values // without secrets
	// Routes are those that a reverse proxy serves, and Joins the networks on which
	// it finds them. Other services have neither.
	Routes []Route
	Joins  []resource.ContainerNetwork
	// Authority is where a reverse proxy gets its certificates. nil: it has none.
	Authority *Authority
	// Secure means that its routes have certificates.
	Secure bool
	// Askers are the other hosts from which an authority is asked.
	Askers []Asker
	// Known are names that the main container has on networks beside its own, and
	// Elsewhere the addresses of names on other hosts.
	Known     []Known
	Elsewhere []Elsewhere
	digests   map[string]string // of images, by their names
}

// Authority is the lab's own certificate authority, as a reverse proxy needs it.
type Authority struct {
	Service *catalog.Service
	FQDN    string // its whole name
	Renewal string // a name of the proxy whose certificate lives for a day
}

// Asker is a host that asks an authority, with all its addresses.
type Asker struct {
	Host string
	From []netip.Prefix
}

// Known is a name that a container has on a network.
type Known struct{ Network, Name string }

// Elsewhere is a name with its host and that host's address.
type Elsewhere struct {
	Name, Host string
	Address    netip.Addr
}

// Addresses are those that people open in a browser.
func (r Release) Addresses() (all []string) {
	scheme := "http://"
	if r.Secure {
		scheme = "https://"
	}
	for _, route := range r.Service.Routes {
		all = append(all, scheme+r.Values.Routes[route.Name])
	}
	return all
}

// Route is a way in to a service of the lab.
type Route struct {
	catalog.Route
	Service string
	Host    string // where the service and its reverse proxy run
	FQDN    string // its whole name
}

// Of wires the services that a lab takes from the catalog. The error is a problem of
// the catalog, or has the code ServiceMissing, ServiceNoRoom or ServiceConflict.
func Of(l *lab.Lab, c *catalog.Catalog) (*Wiring, error) {
	services, err := chosen(l, c)
	if err != nil || len(services) == 0 {
		return &Wiring{}, err // what goes with services takes a command 60 ms to read
	}
	proxy, err := proxyOf(l, c, services)
	if err != nil {
		return nil, err
	}
	w := &Wiring{}
	room := roomOf(l)
	for _, s := range services {
		if s.Proxy != "" || s.Authority != nil {
			continue // it runs wherever routes are
		}
		declared := declarationOf(l, s.Name)
		host, err := room.place(s, declared.On)
		if err != nil {
			return nil, err
		}
		w.Releases = append(w.Releases, Release{Service: s, Lab: l.Name, Host: host, Values: valuesOf(l, s, declared)})
	}
	if err := w.addProxies(l, proxy, room); err != nil {
		return nil, err
	}
	authority, err := authorityOf(l, c)
	if err != nil {
		return nil, err
	}
	if err := w.addAuthority(l, authority, room); err != nil {
		return nil, err
	}
	if err := w.conflicts(l); err != nil {
		return nil, err
	}
	return w, nil
}

// At returns the wiring for a lab with the same hosts at other addresses.
func (w *Wiring) At(l *lab.Lab) *Wiring {
	if w == nil {
		return nil
	}
	moved := &Wiring{Releases: slices.Clone(w.Releases)}
	for i := range moved.Releases {
		elsewhere := slices.Clone(moved.Releases[i].Elsewhere)
		for j, e := range elsewhere {
			h, _ := l.Host(e.Host)
			elsewhere[j].Address = h.At()
		}
		moved.Releases[i].Elsewhere = elsewhere
		askers := slices.Clone(moved.Releases[i].Askers)
		for j, a := range askers {
			askers[j] = askerOf(l, a.Host)
		}
		moved.Releases[i].Askers = askers
	}
	return moved
}

// On returns the releases of a host, in their order.
func (w *Wiring) On(host string) (all []Release) {
	for _, r := range w.Releases {
		if r.Host == host {
			all = append(all, r)
		}
	}
	return all
}

// Release returns the release of a service, or nil if the lab does not run it. A
// reverse proxy has several; it is the first.
func (w *Wiring) Release(service string) *Release {
	i := slices.IndexFunc(w.Releases, func(r Release) bool { return r.Service.Name == service })
	if i < 0 {
		return nil
	}
	return &w.Releases[i]
}

// Open returns the lab with the ports that services need open among those of their
// hosts. So everything that asks for a host's open ports learns of them.
func (w *Wiring) Open(l *lab.Lab) *lab.Lab {
	opened := *l
	opened.Hosts = slices.Clone(l.Hosts)
	for i, h := range opened.Hosts {
		for _, o := range append(w.Openings(h.Name), w.resolverOpenings(l, h.Name)...) {
			said := func(have lab.Opening) bool { return have.Port == o.Port && have.Protocol == o.Protocol }
			if !slices.ContainsFunc(h.Open, said) {
				opened.Hosts[i].Open = append(slices.Clone(opened.Hosts[i].Open), o)
			}
		}
	}
	return &opened
}

// Openings returns the ports of a host that its services need open, sorted. HTTP is
// not among them: it comes through the reverse proxy.
func (w *Wiring) Openings(host string) (all []lab.Opening) {
	for _, r := range w.On(host) {
		for _, p := range r.ports() {
			all = append(all, lab.Opening{Protocol: p.Protocol, Port: p.Number, From: r.clients(p)})
		}
	}
	slices.SortFunc(all, func(a, b lab.Opening) int {
		return strings.Compare(fmt.Sprintf("%05d/%s", a.Port, a.Protocol), fmt.Sprintf("%05d/%s", b.Port, b.Protocol))
	})
	return all
}

// chosen returns the lab's services from the catalog, each after those that it
// uses, and by name otherwise.
func chosen(l *lab.Lab, c *catalog.Catalog) ([]*catalog.Service, error) {
	services := map[string]*catalog.Service{}
	var names []string
	for _, declared := range l.Services {
		if !c.Has(declared.Name) {
			continue // the lab file's remarks say so
		}
		s, err := c.Get(declared.Name)
		if err != nil {
			return nil, err
		}
		services[s.Name] = s
		names = append(names, s.Name)
	}
	o := &order{services: services, state: map[string]visit{}}
	for _, name := range names {
		if err := o.add(name, nil); err != nil {
			return nil, err
		}
	}
	return o.sorted, nil
}

// order sorts services by what they use.
type order struct {
	services map[string]*catalog.Service
	state    map[string]visit
	sorted   []*catalog.Service
}

type visit int

const (
	begun visit = iota + 1
	done
)

// add appends a service after those that it uses. path has the services that led to
// it.
func (o *order) add(name string, path []string) error {
	switch o.state[name] {
	case done:
		return nil
	case begun:
		return problem.New(problem.CatalogWrong, name, "services use each other in a circle: "+strings.Join(append(path, name), ", "))
	}
	o.state[name] = begun
	s := o.services[name]
	for _, used := range slices.Sorted(slices.Values(s.Uses)) {
		if o.services[used] == nil {
			return problem.New(problem.ServiceMissing, name, fmt.Sprintf("%s uses %s, which lab.yaml does not have", name, used)).
				WithFix("add `" + used + ": {}` under `services` in lab.yaml")
		}
		if err := o.add(used, append(path, name)); err != nil {
			return err
		}
	}
	o.state[name] = done
	o.sorted = append(o.sorted, s)
	return nil
}

// declarationOf returns what the lab file says of a service: nothing, for one that
// Cairn adds.
func declarationOf(l *lab.Lab, name string) lab.Service {
	i := slices.IndexFunc(l.Services, func(s lab.Service) bool { return s.Name == name })
	if i < 0 {
		return lab.Service{Name: name}
	}
	return l.Services[i]
}

// valuesOf returns the values of a service's variables.
func valuesOf(l *lab.Lab, s *catalog.Service, declared lab.Service) catalog.Values {
	v := s.Defaults(l.Domain, l.Timezone)
	for _, o := range s.Options {
		if value, said := declared.Options[o.Name]; said {
			v.Options[o.Name] = plain(value)
		}
	}
	return v
}

// plain returns an option's value as text.
func plain(value any) string {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case int64:
		return strconv.FormatInt(value, 10)
	}
	return fmt.Sprint(value)
}

// conflicts reports two services that want the same name or port.
func (w *Wiring) conflicts(l *lab.Lab) error {
	routes, ports := map[string]string{}, map[string]string{}
	for _, h := range l.Hosts {
		ports[portKey(h.Name, "tcp", h.Port)] = "the SSH server"
	}
	for _, host := range w.Resolvers(l) {
		for _, protocol := range []string{"tcp", "udp"} {
			ports[portKey(host, protocol, ResolverPort)] = "the lab's resolver"
		}
	}
	for _, r := range w.Releases {
		if r.Authority != nil {
			for _, fqdn := range []string{r.Authority.FQDN, r.Authority.Renewal} {
				label, _, _ := strings.Cut(fqdn, ".")
				routes[label] = "the certificate authority"
			}
		}
	}
	for _, r := range w.Releases {
		for _, route := range r.Service.Routes {
			if other := routes[route.Name]; other != "" {
				return problem.New(problem.ServiceConflict, r.Service.Name, fmt.Sprintf("%s and %s both have the name %s.%s", other, r.Service.Name, route.Name, l.Domain))
			}
			routes[route.Name] = r.Service.Name
		}
		for _, p := range r.ports() {
			key := portKey(r.Host, p.Protocol, p.Number)
			if other := ports[key]; other != "" {
				return problem.New(problem.ServiceConflict, r.Service.Name, fmt.Sprintf("%s and %s both want port %d/%s of %s", other, r.Service.Name, p.Number, p.Protocol, r.Host))
			}
			ports[key] = r.Service.Name
		}
	}
	return nil
}

func portKey(host, protocol string, port uint16) string {
	return fmt.Sprintf("%s %d/%s", host, port, protocol)
}
