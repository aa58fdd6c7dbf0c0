package lab

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"cairn/internal/problem"
)

// hosts checks the hosts with the network and with each other.
func (r *rules) hosts() {
	holder := r.root.pair("hosts")
	if holder == nil {
		return
	}
	taken := r.takenByGateways()
	for _, p := range holder.value.each() {
		r.hostAddress(p, p.value.get("address"), taken)
		r.hostAddress(p, p.value.get("address6"), taken)
		for _, n := range p.value.get("also").list() {
			r.hostAddress(p, n, taken)
		}
		r.oneNetwork(p)
		r.administered(p)
		r.openings(p)
	}
	if len(r.lab.Hosts) > 0 && !slices.ContainsFunc(r.lab.Hosts, func(h Host) bool { return !h.OnlyVantage() }) {
		r.conflict(holder.place, "every host is only a vantage, so there is nothing to manage")
	}
}

// takenByGateways are the addresses that are in use, with their user's name.
func (r *rules) takenByGateways() map[netip.Addr]string {
	taken := map[netip.Addr]string{}
	for _, s := range r.lab.Subnets() {
		if s.Gateway.IsValid() {
			taken[s.Gateway] = "the gateway"
		}
	}
	return taken
}

// hostAddress checks that an address of a host is in a network and its own.
func (r *rules) hostAddress(h pair, n *node, taken map[netip.Addr]string) {
	a, ok := r.address(n)
	if !ok {
		return
	}
	if user, is := taken[a]; is {
		r.fault(n.place, flaw{code: problem.LabDuplicate, message: fmt.Sprintf("%s is the address of %s already", a, user)})
		return
	}
	taken[a] = "host " + h.key
	if s, found := r.networkOf(a); found {
		r.spare(n.place, a, r.prefixFor(s, a))
		return
	}
	ranges, complete := r.ranges(a)
	switch {
	case !complete:
	case ranges == "":
		r.conflict(n.place, "the host has an IPv6 address, but network.cidr6 is not there")
	default:
		r.fault(n.place, outside(a, ranges))
	}
}

// oneNetwork checks that a host's two addresses are on the same network: its
// routes and resolvers are those of one.
func (r *rules) oneNetwork(h pair) {
	n4, n6 := h.value.get("address"), h.value.get("address6")
	a4, ok4 := r.address(n4)
	a6, ok6 := r.address(n6)
	if !ok4 || !ok6 {
		return
	}
	s4, found4 := r.networkOf(a4)
	s6, found6 := r.networkOf(a6)
	if found4 && found6 && s4.key != s6.key {
		r.conflict(n6.place, "%s is on %s, but the host's address %s is on %s", a6, s6.key, a4, s4.key)
	}
}

// administered checks that somebody may reach a host's SSH where Cairn does: a
// network of the other address family never gets there.
func (r *rules) administered(p pair) {
	n := cmp.Or(p.value.get("address"), p.value.get("address6"))
	a, ok := r.address(n)
	admin := r.root.get("network").get("admin")
	if !ok || len(r.lab.Network.Admin) == 0 || slices.ContainsFunc(admin.list(), func(item *node) bool { return !r.good(item) }) {
		return
	}
	if slices.ContainsFunc(r.lab.Network.Admin, func(p netip.Prefix) bool { return p.Addr().Is4() == a.Is4() }) {
		return
	}
	family := "IPv6"
	if a.Is4() {
		family = "IPv4"
	}
	r.fault(n.place, flaw{
		code: problem.LabUnsafe, message: fmt.Sprintf("network.admin has no %s network, so nobody could reach SSH at %s", family, a),
		expected: "the " + family + " network that you administer from, in network.admin",
	})
}

// openings checks the ports that a host opens.
func (r *rules) openings(p pair) {
	n := p.value.get("open")
	h, known := r.lab.Host(p.key)
	if !known || len(n.list()) == 0 {
		return
	}
	if h.OnlyVantage() {
		r.conflict(n.place, "host %s is only a vantage and so never changed: no port can be opened on it", h.Name)
		return
	}
	seen := map[string]bool{}
	for i, item := range n.items {
		o := h.Open[i]
		r.distinct(item.get("from"))
		spelled := fmt.Sprintf("%d/%s", o.Port, o.Protocol)
		switch {
		case o.Port == 0:
		case seen[spelled]:
			r.fault(item.place, flaw{code: problem.LabDuplicate, message: spelled + " is opened twice", expected: "one opening, with all networks in its `from`"})
		case o.Protocol == "tcp" && o.Port == h.Port:
			r.fault(item.place, flaw{
				code:     problem.LabUnsafe,
				message:  spelled + " is the port of SSH, which only network.admin may reach",
				expected: "more networks in network.admin, if more should get in",
			})
		}
		seen[spelled] = true
	}
}
