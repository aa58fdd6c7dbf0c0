package lab

import (
	"net/netip"
	"slices"
)

// Subnet is a network of hosts, with the settings that they share. Its prefixes are
// masked.
type Subnet struct {
	Name    string       // an RFC 1123 label; empty for the lab's first network
	CIDR    netip.Prefix // IPv4
	CIDR6   netip.Prefix // IPv6; invalid when it has none
	Gateway netip.Addr   // invalid when none is declared
	DNS     []netip.Addr // resolvers; the gateway unless declared
}

// Contains reports whether an address lies in the subnet.
func (s Subnet) Contains(a netip.Addr) bool { return s.CIDR.Contains(a) || s.CIDR6.Contains(a) }

// subnet returns the lab's main network as a Subnet.
func (n Network) subnet() Subnet {
	return Subnet{CIDR: n.CIDR, CIDR6: n.CIDR6, Gateway: n.Gateway, DNS: n.DNS}
}

// Subnets returns all networks of the lab, the main one first.
func (l *Lab) Subnets() []Subnet {
	return append([]Subnet{l.Network.subnet()}, l.Networks...)
}

// SubnetOf returns the network that contains the host's address. If none does,
// which is possible only for a lab that was not loaded from a file, it returns the
// main one.
func (l *Lab) SubnetOf(h Host) Subnet {
	all := l.Subnets()
	if i := slices.IndexFunc(all, func(s Subnet) bool { return s.Contains(h.At()) }); i >= 0 {
		return all[i]
	}
	return all[0]
}
