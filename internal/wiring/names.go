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

// mostResolvers is how many hosts resolve the lab's names: a second one, in case the
// first is down. Clients take two or three at most (resolv.conf(5)).
const mostResolvers = 2

// Resolvers are the hosts that resolve the lab's names, sorted by name. There are none
// if nothing has a name that people open, or if the owner has a resolver.
func (w *Wiring) Resolvers(l *lab.Lab) []string {
	if l.Choose["names"] == lab.Dnsmasq && len(w.Routes()) > 0 {
		return resolversOf(l)
	}
	return nil
}

// resolversOf chooses among the hosts that run containers, servers first.
func resolversOf(l *lab.Lab) []string {
	var hosts []string
	for _, role := range []lab.Role{lab.Server, lab.Worker} {
		for _, h := range l.Hosts {
			if h.Has(role) && !slices.Contains(hosts, h.Name) && len(hosts) < mostResolvers {
				hosts = append(hosts, h.Name)
			}
		}
	}
	slices.Sort(hosts)
	return hosts
}

// ResolverOn returns the lab's resolver on a host, or nil if there is none. What it does
// not know it asks the resolvers of the host's network, or else its gateway. It never
// asks one of the lab's own, which would ask it in turn.
func (w *Wiring) ResolverOn(l *lab.Lab, host string) *names.Server {
	own := w.Resolvers(l)
	if !slices.Contains(own, host) {
		return nil
	}
	h, _ := l.Host(host)
	network := l.SubnetOf(h)
	upstream := slices.DeleteFunc(slices.Clone(network.DNS), func(a netip.Addr) bool {
		return slices.ContainsFunc(own, func(name string) bool {
			other, _ := l.Host(name)
			return slices.Contains(other.Addresses(), a)
		})
	})
	if len(upstream) == 0 && network.Gateway.IsValid() {
		upstream = []netip.Addr{network.Gateway}
	}
	return &names.Server{Domain: l.Domain, Listen: recordOf(l, "", host).Addresses, Upstream: upstream, Records: w.Names(l)}
}

// ResolverPort is where resolvers answer, over UDP and TCP (RFC 1035, 4.2).
const ResolverPort = 53

// resolverOpenings are the ports of a host's resolver. They are open to the lab's
// networks and to those who administer it, so that it answers nobody else.
func (w *Wiring) resolverOpenings(l *lab.Lab, host string) (all []lab.Opening) {
	if !slices.Contains(w.Resolvers(l), host) {
		return nil
	}
	for _, protocol := range []string{"tcp", "udp"} {
		all = append(all, lab.Opening{Protocol: protocol, Port: ResolverPort, From: clientsOf(l)})
	}
	return all
}

// clientsOf are the networks of the lab and of its administrators. None is within
// another.
func clientsOf(l *lab.Lab) (all []netip.Prefix) {
	named := slices.Clone(l.Network.Admin)
	for _, s := range l.Subnets() {
		named = append(named, s.CIDR, s.CIDR6)
	}
	// The widest come first, so that each meets what it is within.
	slices.SortStableFunc(named, func(a, b netip.Prefix) int { return cmp.Compare(a.Bits(), b.Bits()) })
	for _, p := range named {
		if p.IsValid() && !slices.ContainsFunc(all, p.Overlaps) {
			all = append(all, p)
		}
	}
	return all
}
