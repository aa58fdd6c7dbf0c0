package wiring

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/resource"
)

// defaultAuthority is the certificate authority of the lab's own that this version
// sets up.
const defaultAuthority = "step-ca"

// WithAuthority reports whether the lab's certificates come from its own authority.
func WithAuthority(l *lab.Lab) bool { return l.Choose["tls"] == "internal-ca" }

// authorityOf returns the lab's authority, or nil if it has none.
func authorityOf(l *lab.Lab, c *catalog.Catalog) (*catalog.Service, error) {
	if !WithAuthority(l) || !c.Has(defaultAuthority) {
		return nil, nil
	}
	s, err := c.Get(defaultAuthority)
	if err != nil || s.Authority == nil {
		return nil, err
	}
	return s, nil
}

// addAuthority adds the lab's authority, and has the reverse proxies ask it. It and
// they find each other by name whatever the lab's name server says: on one host
// over the authority's network, and between hosts by addresses that both are told.
func (w *Wiring) addAuthority(l *lab.Lab, s *catalog.Service, room *room) error {
	proxies := w.proxies()
	if s == nil || len(proxies) == 0 {
		return nil
	}
	declared := declarationOf(l, s.Name)
	host, err := room.place(s, declared.On)
	if err != nil {
		return err
	}
	ca := Release{Service: s, Lab: l.Name, Host: host, Values: valuesOf(l, s, declared)}
	home, _ := l.Host(host)
	fqdn := s.Authority.Name + "." + l.Domain
	ca.Known = []Known{{Network: ca.Project(), Name: fqdn}}
	for _, i := range proxies {
		p := &w.Releases[i]
		p.Authority = &Authority{Service: s, FQDN: fqdn, Renewal: "renewal-" + p.Host + "." + l.Domain}
		for _, name := range p.names() {
			if p.Host == host {
				p.Known = append(p.Known, Known{Network: ca.Project(), Name: name})
				continue
			}
			there, _ := l.Host(p.Host)
			ca.Elsewhere = append(ca.Elsewhere, Elsewhere{Name: name, Host: p.Host, Address: there.At()})
		}
		if p.Host == host {
			p.Joins = append(p.Joins, ca.network())
			slices.SortFunc(p.Joins, func(a, b resource.ContainerNetwork) int { return cmp.Compare(a.Name, b.Name) })
			continue
		}
		p.Elsewhere = []Elsewhere{{Name: fqdn, Host: host, Address: home.At()}}
		ca.Askers = append(ca.Askers, askerOf(l, p.Host))
	}
	for i := range w.Releases {
		w.Releases[i].Secure = true
	}
	// It comes before those that ask it.
	w.Releases = slices.Insert(w.Releases, proxies[0], ca)
	return nil
}

// proxies are the places of the reverse proxies among the releases. They are the last.
func (w *Wiring) proxies() (all []int) {
	for i, r := range w.Releases {
		if r.Service.Proxy != "" {
			all = append(all, i)
		}
	}
	return all
}

// names are all names that a reverse proxy gets certificates for.
func (r Release) names() (all []string) {
	for _, route := range r.Routes {
		all = append(all, route.FQDN)
	}
	if r.Authority != nil {
		all = append(all, r.Authority.Renewal)
	}
	return all
}

// ports are the ports that a release publishes on its host.
func (r Release) ports() []catalog.Port {
	if len(r.Askers) == 0 {
		return r.Service.Ports
	}
	a := r.Service.Authority
	return append(slices.Clone(r.Service.Ports), catalog.Port{
		Number: a.Port, Protocol: "tcp", Container: r.Service.Main, Target: a.Port, Reason: "reverse proxies on other hosts ask for certificates here",
	})
}

func askerOf(l *lab.Lab, host string) Asker {
	h, _ := l.Host(host)
	asker := Asker{Host: host}
	for _, a := range h.Addresses() {
		asker.From = append(asker.From, netip.PrefixFrom(a, a.BitLen()))
	}
	return asker
}

// clients are those who may reach a port of the release; none means everybody.
func (r Release) clients(p catalog.Port) (all []netip.Prefix) {
	if a := r.Service.Authority; a == nil || p.Number != a.Port {
		return nil
	}
	for _, a := range r.Askers {
		all = append(all, a.From...)
	}
	return all
}

// directory is the address of an authority's ACME directory.
func (a Authority) directory(path string) string {
	return fmt.Sprintf("https://%s:%d%s", a.FQDN, a.Service.Authority.Port, path)
}

// rootFile is the file of a reverse proxy with the root certificate, among those that
// it is rendered.
const rootFile = "authority.crt"
