package wiring

import (
	"cmp"
	"fmt"
	"slices"

	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/proxy"
	"cairn/internal/resource"
)

// defaultProxy is the reverse proxy of a lab that chooses none that can be set up.
const defaultProxy = "traefik"

// SetsUpProxy reports whether this version sets up an option of the choice of reverse
// proxies: whether it gets certificates. A choice of another one has no effect, which the
// lab file's remarks say.
func SetsUpProxy(option string) bool { return proxy.Kind(option).AsksAuthority() }

// proxyOf returns the reverse proxy, or nil if the catalog does not have it. The lab
// file may name it, to set its options.
func proxyOf(l *lab.Lab, c *catalog.Catalog, services []*catalog.Service) (*catalog.Service, error) {
	chosen := defaultProxy
	if choice := l.Choose["reverse-proxy"]; SetsUpProxy(choice) {
		chosen = choice
	}
	for _, s := range services {
		if s.Proxy != "" && s.Name != chosen {
			return nil, notChosen(s.Name, chosen)
		}
	}
	if !c.Has(chosen) {
		return nil, nil
	}
	s, err := c.Get(chosen)
	if err != nil || s.Proxy == "" {
		return nil, err
	}
	return s, nil
}

// notChosen says that the lab file has another reverse proxy than the one that it chooses.
func notChosen(name, chosen string) error {
	fix := "take " + name + " out of `services` in lab.yaml"
	if SetsUpProxy(name) {
		fix += ", or write `reverse-proxy: " + name + "` under `choose`"
	}
	return problem.New(problem.ServiceConflict, name, fmt.Sprintf("%s is a reverse proxy, and the lab has %s for that", name, chosen)).WithFix(fix)
}

// addProxies adds a reverse proxy on each host that has routes. So no request goes
// from host to host in the clear, and a host that is down takes nothing with it but
// its own services.
func (w *Wiring) addProxies(l *lab.Lab, s *catalog.Service, room *room) error {
	if s == nil {
		return nil
	}
	for _, h := range l.Hosts {
		r := Release{Service: s, Lab: l.Name, Host: h.Name, Values: valuesOf(l, s, declarationOf(l, s.Name))}
		for _, other := range w.On(h.Name) {
			for _, route := range other.Service.Routes {
				r.Routes = append(r.Routes, Route{Route: route, Service: other.Service.Name, Host: h.Name, FQDN: other.Values.Routes[route.Name]})
			}
			if len(other.Service.Routes) > 0 {
				r.Joins = append(r.Joins, other.network())
			}
		}
		if len(r.Routes) == 0 {
			continue
		}
		if _, err := room.place(s, h.Name); err != nil {
			return err
		}
		slices.SortFunc(r.Routes, func(a, b Route) int { return cmp.Compare(a.FQDN, b.FQDN) })
		slices.SortFunc(r.Joins, func(a, b resource.ContainerNetwork) int { return cmp.Compare(a.Name, b.Name) })
		w.Releases = append(w.Releases, r)
	}
	return nil
}

// Routes returns all routes that a reverse proxy of the lab serves, by name.
func (w *Wiring) Routes() (all []Route) {
	for _, r := range w.Releases {
		all = append(all, r.Routes...)
	}
	slices.SortFunc(all, func(a, b Route) int { return cmp.Compare(a.FQDN, b.FQDN) })
	return all
}
