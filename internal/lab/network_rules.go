package lab

import (
	"net/netip"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// network checks the network by itself.
func (r *rules) network() {
	n := r.root.get("network")
	r.gateway(n.get("gateway"))
	r.resolvers(n.get("dns"))
	r.distinct(n.get("admin"))
}

// gateway checks that the router is in the network that it leads out of.
func (r *rules) gateway(n *node) {
	a, ok := r.address(n)
	if !ok {
		return
	}
	within := r.networkOf(a)
	switch {
	case !within.IsValid():
	case !within.Contains(a):
		r.conflict(n.place, "the gateway %s is outside of the network %s", a, within)
	default:
		r.spare(n.place, a, within)
	}
}

// networkOf is the lab's network of an address's family. It is invalid when there
// is none, or none without fault.
func (r *rules) networkOf(a netip.Addr) netip.Prefix {
	key := "cidr"
	if a.Is6() {
		key = "cidr6"
	}
	n := r.root.get("network").get(key)
	if !r.good(n) {
		return netip.Prefix{}
	}
	return parsePrefix(textOf(n))
}

// spare reports an address that no machine of the network may have: of IPv4 its
// first and last (RFC 1122, 3.2.1.3), of IPv6 its first, which is that of any
// router (RFC 4291, 2.6.1).
func (r *rules) spare(at document.Place, a netip.Addr, within netip.Prefix) {
	switch {
	case a == within.Masked().Addr() && a.Is4():
		r.conflict(at, "%s is the address of the network %s itself", a, within)
	case a == within.Masked().Addr():
		r.conflict(at, "%s is the address of any router in %s", a, within)
	case a.Is4() && !within.Contains(a.Next()):
		r.conflict(at, "%s is the broadcast address of %s", a, within)
	}
}

// resolvers checks for one that is there twice, however it is written.
func (r *rules) resolvers(n *node) {
	seen := map[netip.Addr]bool{}
	for _, item := range n.list() {
		a, ok := r.address(item)
		if ok && seen[a] {
			r.fault(item.place, flaw{code: problem.LabDuplicate, message: a.String() + " is in the list twice"})
		}
		seen[a] = true
	}
}
