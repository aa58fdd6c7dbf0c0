package task

import (
	"net/netip"
	"path"
	"slices"

	"cairn/internal/firewall"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// Sides sorts a host's network interfaces by what is behind them. An interface
// in none of the lists counts as outside.
type Sides struct {
	// Outside are interfaces that lead to the lab's networks or to the internet.
	Outside []string
	// Inside are interfaces with only the host's own guests behind them.
	Inside []string
	// Bridges are the bridges among Outside. Traffic within one of them, such as a
	// virtual machine's, is not the host's.
	Bridges []string
	// Veths means that a veth pair leads to a guest. In a container it may be the way out.
	Veths bool
}

// guestBridges are the names of bridges that container and machine managers
// create at any time and give no port to the outside: Docker (docker0, br-<id>,
// docker_gwbridge of Swarm), LXD, Incus, libvirt, Podman, and CNI plugins.
var guestBridges = []string{"docker0", "br-*", "docker_gwbridge", "lxdbr*", "incusbr*", "virbr*", "podman*", "cni*"}

// guestKinds are the kinds of interfaces, besides bridges, that lead to guests or to peers in a network of
// the host's own: VPNs, and overlays between container hosts.
var guestKinds = []string{"tun", "wireguard", "vxlan", "geneve", "ipip", "gre", "dummy"}

// SidesOf sorts the interfaces of a host by their structure, and follows the
// owner where the lab names some. An interface that leads outside stays
// outside.
func SidesOf(h Host) Sides {
	s := Sides{Veths: h.Facts.Container == ""}
	taken := map[string]bool{} // as a port of a bridge or bond
	for _, nic := range h.Facts.Interfaces {
		for _, port := range nic.Ports {
			taken[port] = true
		}
	}
	for _, nic := range h.Facts.Interfaces {
		switch {
		case nic.Name == "lo":
		case h.leadsOutside(nic):
			s.Outside = append(s.Outside, nic.Name)
			if nic.Kind == "bridge" {
				s.Bridges = append(s.Bridges, nic.Name)
			}
		case taken[nic.Name] || isGuestBridge(nic.Name):
		case nic.Kind == "bridge" || slices.Contains(guestKinds, nic.Kind):
			s.Inside = append(s.Inside, nic.Name)
		}
	}
	for _, name := range h.Host.Inside {
		if !slices.Contains(s.Outside, name) {
			s.Inside = append(s.Inside, name)
		}
	}
	for _, names := range []*[]string{&s.Outside, &s.Inside, &s.Bridges} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return s
}

// leadsOutside reports whether an interface leads out of the host. Such an interface
// has a default route, an address in the lab's networks, or a port that is neither a
// guest's nor a tunnel's.
func (h Host) leadsOutside(nic wire.NIC) bool {
	if nic.Default {
		return true
	}
	for _, text := range nic.Addresses {
		address, err := netip.ParsePrefix(text)
		inLab := func(n lab.Subnet) bool { return n.Contains(address.Addr()) }
		if err == nil && slices.ContainsFunc(h.Lab.Subnets(), inLab) {
			return true
		}
	}
	return slices.ContainsFunc(nic.Ports, func(port string) bool {
		i := slices.IndexFunc(h.Facts.Interfaces, func(n wire.NIC) bool { return n.Name == port })
		return i >= 0 && h.Facts.Interfaces[i].Kind != "veth" && !slices.Contains(guestKinds, h.Facts.Interfaces[i].Kind)
	})
}

func isGuestBridge(name string) bool {
	return slices.ContainsFunc(guestBridges, func(pattern string) bool {
		matches, _ := path.Match(pattern, name)
		return matches
	})
}

// Behind returns the existing interfaces that lead to guests, sorted.
func (s Sides) Behind(interfaces []wire.NIC) []string {
	var names []string
	for _, nic := range interfaces {
		if slices.Contains(s.Inside, nic.Name) || isGuestBridge(nic.Name) && !slices.Contains(s.Outside, nic.Name) {
			names = append(names, nic.Name)
		}
	}
	slices.Sort(names)
	return names
}

// named returns the interfaces that are known to be inside.
func (s Sides) named() *firewall.Interfaces {
	return &firewall.Interfaces{Patterns: guestBridges, Names: s.Inside, Not: s.Outside}
}

// ofKind returns the interfaces of some kinds. Veths are left out if they may lead outside.
func (s Sides) ofKind(kinds ...firewall.Kind) *firewall.Interfaces {
	if !s.Veths {
		kinds = slices.DeleteFunc(kinds, func(kind firewall.Kind) bool { return kind == firewall.Veth })
	}
	return &firewall.Interfaces{Kinds: kinds, Not: s.Outside}
}

// guests returns the named interfaces together with those of some kinds.
func (s Sides) guests(kinds ...firewall.Kind) *firewall.Interfaces {
	all := s.ofKind(kinds...)
	all.Patterns, all.Names = guestBridges, s.Inside
	return all
}

// veths returns a rule for packets from a veth pair, if that leads to a guest.
func (s Sides) veths() []firewall.Rule {
	if !s.Veths {
		return nil
	}
	return []firewall.Rule{{Who: firewall.Who{Behind: s.ofKind(firewall.Veth)}}}
}

// within returns rules for traffic that stays within a bridge. If br_netfilter
// is loaded, as Docker does, the kernel shows such traffic to the forward
// filter.
func (s Sides) within() []firewall.Rule {
	var rules []firewall.Rule
	for _, name := range s.Bridges {
		rules = append(rules, firewall.Rule{Who: firewall.Who{Within: name}})
	}
	return rules
}
