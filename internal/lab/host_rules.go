package lab

import (
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
	taken := r.takenByGateway()
	for _, p := range holder.value.each() {
		r.hostAddress(p, "address", taken)
		r.hostAddress(p, "address6", taken)
		r.openings(p)
	}
	if len(r.lab.Hosts) > 0 && !slices.ContainsFunc(r.lab.Hosts, func(h Host) bool { return !h.OnlyVantage() }) {
		r.conflict(holder.place, "every host is only a vantage, so there is nothing to manage")
	}
}

// takenByGateway are the addresses that are in use, with their user's name.
func (r *rules) takenByGateway() map[netip.Addr]string {
	taken := map[netip.Addr]string{}
	if gateway := r.lab.Network.Gateway; gateway.IsValid() {
		taken[gateway] = "the gateway"
	}
	return taken
}

// hostAddress checks that an address of a host is in the network and its own.
func (r *rules) hostAddress(h pair, key string, taken map[netip.Addr]string) {
	n := h.value.get(key)
	a, ok := r.address(n)
	if !ok {
		return
	}
	if user, is := taken[a]; is {
		r.fault(n.place, flaw{code: problem.LabDuplicate, message: fmt.Sprintf("%s is the address of %s already", a, user)})
		return
	}
	taken[a] = "host " + h.key
	within := r.networkOf(a)
	switch {
	case !within.IsValid() && a.Is6() && r.root.get("network").get("cidr6") == nil:
		r.conflict(n.place, "the host has an IPv6 address, but network.cidr6 is not there")
	case !within.IsValid():
	case !within.Contains(a):
		r.conflict(n.place, "%s is outside of the network %s", a, within)
	default:
		r.spare(n.place, a, within)
	}
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
