package lab

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// hosts checks the hosts against the networks and against each other.
func (r *rules) hosts() {
	holder := r.root.Pair("hosts")
	if holder == nil {
		return
	}
	taken := r.takenByGateways()
	for _, p := range holder.Value.Each() {
		r.hostAddress(p, p.Value.Get("address"), taken)
		r.hostAddress(p, p.Value.Get("address6"), taken)
		for _, n := range p.Value.Get("also").List() {
			r.hostAddress(p, n, taken)
		}
		r.oneNetwork(p)
		r.administered(p)
		r.openings(p)
	}
	if len(r.lab.Hosts) > 0 && !slices.ContainsFunc(r.lab.Hosts, func(h Host) bool { return !h.OnlyVantage() }) {
		r.conflict(holder.Place, "every host is only a vantage, so there is nothing to manage")
	}
}

// takenByGateways returns the addresses of gateways, with the name of each user.
func (r *rules) takenByGateways() map[netip.Addr]string {
	taken := map[netip.Addr]string{}
	for _, s := range r.lab.Subnets() {
		if s.Gateway.IsValid() {
			taken[s.Gateway] = "the gateway"
		}
	}
	return taken
}

// hostAddress checks that a host's address lies in a network and is used only once.
func (r *rules) hostAddress(h document.Pair, n *document.Node, taken map[netip.Addr]string) {
	a, ok := r.address(n)
	if !ok {
		return
	}
	if user, is := taken[a]; is {
		r.fault(n.Place, document.Flaw{Code: problem.LabDuplicate, Message: fmt.Sprintf("%s is the address of %s already", a, user)})
		return
	}
	taken[a] = "host " + h.Key
	if s, found := r.networkOf(a); found {
		r.spare(n.Place, a, r.prefixFor(s, a))
		return
	}
	ranges, complete := r.ranges(a)
	switch {
	case !complete:
	case ranges == "":
		r.conflict(n.Place, "the host has an IPv6 address, but network.cidr6 is missing")
	default:
		r.fault(n.Place, outside(a, ranges))
	}
}

// oneNetwork checks that both addresses of a host are on the same network, because
// a host has the routes and resolvers of one network.
func (r *rules) oneNetwork(h document.Pair) {
	n4, n6 := h.Value.Get("address"), h.Value.Get("address6")
	a4, ok4 := r.address(n4)
	a6, ok6 := r.address(n6)
	if !ok4 || !ok6 {
		return
	}
	s4, found4 := r.networkOf(a4)
	s6, found6 := r.networkOf(a6)
	if found4 && found6 && s4.key != s6.key {
		r.conflict(n6.Place, "%s is on %s, but the host's address %s is on %s", a6, s6.key, a4, s4.key)
	}
}

// administered checks that the admin networks can reach a host's SSH at the address
// that Cairn uses. A network of the other address family cannot.
func (r *rules) administered(p document.Pair) {
	n := cmp.Or(p.Value.Get("address"), p.Value.Get("address6"))
	a, ok := r.address(n)
	admin := r.root.Get("network").Get("admin")
	if !ok || len(r.lab.Network.Admin) == 0 || slices.ContainsFunc(admin.List(), func(item *document.Node) bool { return !r.good(item) }) {
		return
	}
	if slices.ContainsFunc(r.lab.Network.Admin, func(p netip.Prefix) bool { return p.Addr().Is4() == a.Is4() }) {
		return
	}
	family := "IPv6"
	if a.Is4() {
		family = "IPv4"
	}
	r.fault(n.Place, document.Flaw{
		Code: problem.LabUnsafe, Message: fmt.Sprintf("network.admin has no %s network, so nobody could reach SSH at %s", family, a),
		Expected: "the " + family + " network that you administer from, in network.admin",
	})
}

// openings checks the ports that a host opens.
func (r *rules) openings(p document.Pair) {
	n := p.Value.Get("open")
	h, known := r.lab.Host(p.Key)
	if !known || len(n.List()) == 0 {
		return
	}
	if h.OnlyVantage() {
		r.conflict(n.Place, "host %s is only a vantage and so never changed: no port can be opened on it", h.Name)
		return
	}
	seen := map[string]bool{}
	for i, item := range n.Items {
		o := h.Open[i]
		r.distinct(item.Get("from"))
		spelled := fmt.Sprintf("%d/%s", o.Port, o.Protocol)
		switch {
		case o.Port == 0:
		case seen[spelled]:
			r.fault(item.Place, document.Flaw{Code: problem.LabDuplicate, Message: spelled + " is opened twice", Expected: "one opening, with all networks in its `from`"})
		case o.Protocol == "tcp" && o.Port == h.Port:
			r.fault(item.Place, document.Flaw{
				Code:     problem.LabUnsafe,
				Message:  spelled + " is the port of SSH, which only network.admin may reach",
				Expected: "more networks in network.admin, if more should get in",
			})
		}
		seen[spelled] = true
	}
}
