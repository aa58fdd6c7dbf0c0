package wiring

import (
	"cmp"
	"net/netip"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/names"
)

// Names returns what the lab's names resolve to: its hosts, then its routes and its
// authority, each sorted by name. A route leads to the host of its reverse proxy. If a
// route has the name of a host, the route counts, since people open it.
func (w *Wiring) Names(l *lab.Lab) []names.Record {
	var hosts, services []names.Record
	for _, r := range w.Routes() {
		services = append(services, recordOf(l, r.FQDN, r.Host))
	}
	for _, r := range w.Releases {
		if a := r.Service.Authority; a != nil {
			services = append(services, recordOf(l, a.Name+"."+l.Domain, r.Host))
		}
	}
	for _, h := range l.Hosts {
		r := recordOf(l, h.Name+"."+l.Domain, h.Name)
		if !slices.ContainsFunc(services, func(s names.Record) bool { return s.Name == r.Name }) {
			hosts = append(hosts, r)
		}
	}
	slices.SortFunc(services, func(a, b names.Record) int { return cmp.Compare(a.Name, b.Name) })
	return append(hosts, services...)
}

// recordOf is a name with the addresses at which its host serves.
func recordOf(l *lab.Lab, name, host string) names.Record {
	h, _ := l.Host(host)
	addresses := slices.DeleteFunc([]netip.Addr{h.Address, h.Address6}, func(a netip.Addr) bool { return !a.IsValid() })
	return names.Record{Name: name, Addresses: addresses}
}
