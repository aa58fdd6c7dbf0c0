package lab

import (
	"fmt"
	"net/netip"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// networks checks each network, and the networks against each other.
func (r *rules) networks() {
	var seen []subnetNode
	for _, s := range r.subnets() {
		r.gateway(s)
		r.resolvers(s.node.Get("dns"))
		r.apart(s, seen)
		seen = append(seen, s)
	}
	r.distinct(r.root.Get("network").Get("admin"))
}

// subnetNode is a network in the file.
type subnetNode struct {
	key  string // path of its keys in the file
	node *document.Node
}

// subnets are the networks of the file, the main one first.
func (r *rules) subnets() []subnetNode {
	all := []subnetNode{{"network", r.root.Get("network")}}
	for _, p := range r.root.Get("networks").Each() {
		all = append(all, subnetNode{document.Join("networks", p.Key), p.Value})
	}
	return all
}

// gateway checks that the router is in its own network.
func (r *rules) gateway(s subnetNode) {
	n := s.node.Get("gateway")
	a, ok := r.address(n)
	if !ok {
		return
	}
	within := r.prefixFor(s, a)
	switch {
	case !within.IsValid():
	case !within.Contains(a):
		r.conflict(n.Place, "the gateway %s is outside the network %s", a, within)
	default:
		r.spare(n.Place, a, within)
	}
}

// prefixFor returns a network's range for an address's family. It is invalid if the
// range is missing or has a fault.
func (r *rules) prefixFor(s subnetNode, a netip.Addr) netip.Prefix {
	key := "cidr"
	if a.Is6() {
		key = "cidr6"
	}
	return r.prefix(s.node.Get(key))
}

// prefix returns a value as a network. It is invalid if the value has a fault.
func (r *rules) prefix(n *document.Node) netip.Prefix {
	if !r.good(n) {
		return netip.Prefix{}
	}
	return parsePrefix(document.TextOf(n))
}

// apart reports a network that overlaps an earlier one. An address in both would
// not clearly belong to either.
func (r *rules) apart(s subnetNode, before []subnetNode) {
	for _, key := range []string{"cidr", "cidr6"} {
		own := r.prefix(s.node.Get(key))
		for _, other := range before {
			if p := r.prefix(other.node.Get(key)); own.IsValid() && p.IsValid() && own.Overlaps(p) {
				r.conflict(s.node.Get(key).Place, "%s overlaps %s, which is %s.%s", own, p, other.key, key)
			}
		}
	}
}

// networkOf returns the network that contains an address.
func (r *rules) networkOf(a netip.Addr) (subnetNode, bool) {
	for _, s := range r.subnets() {
		if r.prefixFor(s, a).Contains(a) {
			return s, true
		}
	}
	return subnetNode{}, false
}

// ranges names the networks of an address's family. complete is false if one of
// them has a fault; then nothing can be concluded from the others.
func (r *rules) ranges(a netip.Addr) (words string, complete bool) {
	var all []string
	for _, s := range r.subnets() {
		key := "cidr"
		if a.Is6() {
			key = "cidr6"
		}
		n := s.node.Get(key)
		switch p := r.prefix(n); {
		case p.IsValid():
			all = append(all, p.String())
		case n != nil || s.node == nil || r.bad[s.node]:
			return "", false
		}
	}
	return strings.Join(all, ", "), true
}

// spare reports an address that no machine of the network may have. For IPv4 these
// are the first and the last (RFC 1122, 3.2.1.3). For IPv6 it is the first, the
// address of any router (RFC 4291, 2.6.1).
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

// resolvers reports a resolver that is listed twice, in any spelling.
func (r *rules) resolvers(n *document.Node) {
	seen := map[netip.Addr]bool{}
	for _, item := range n.List() {
		a, ok := r.address(item)
		if ok && seen[a] {
			r.fault(item.Place, document.Flaw{Code: problem.LabDuplicate, Message: a.String() + " is in the list twice"})
		}
		seen[a] = true
	}
}

// outside returns the flaw for a host's address that lies in no network.
func outside(a netip.Addr, ranges string) document.Flaw {
	f := document.Flaw{Code: problem.LabConflict, Message: fmt.Sprintf("%s is outside the network %s", a, ranges)}
	if strings.Contains(ranges, ", ") {
		f.Message = fmt.Sprintf("%s is in none of the networks %s", a, ranges)
	}
	f.Expected = "an address in it; declare the network of this host under `networks` if it is another one"
	return f
}
