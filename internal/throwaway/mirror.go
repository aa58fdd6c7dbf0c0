package throwaway

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// mirror is a lab as it is in a rehearsal.
type mirror struct {
	lab    *lab.Lab // the owner's lab, with the addresses of the rehearsal
	layout layout
	notes  []string // what differs from the owner's lab, a sentence each
}

// mirrorOf places a lab in free ranges. It does not change the original. Its
// error is the problem RehearsalNoNetwork.
func mirrorOf(original *lab.Lab, seed string, ipv6 bool, busy []netip.Prefix) (mirror, error) {
	m := mirror{lab: copyOf(original)}
	moves, err := m.chooseRanges(seed, ipv6, busy)
	if err != nil {
		return m, problem.Wrap(problem.RehearsalNoNetwork, "", "There is no room for the throw-away network", err)
	}
	m.translate(moves)
	m.layout.places = places(m.lab.Hosts)
	if m.layout, err = m.layout.settle(m.lab.Network.Gateway); err != nil {
		return m, problem.Wrap(problem.RehearsalNoNetwork, "", "The lab's hosts do not fit into one network", err)
	}
	m.giveAddresses()
	m.admit(m.layout.gateway)
	m.resolve()
	return m, nil
}

// resolve has the throw-away hosts resolve names themselves. The owner's resolver does
// not know them.
func (m *mirror) resolve() {
	if m.lab.Choose["names"] == lab.OwnResolver {
		m.lab.Choose["names"] = lab.Dnsmasq
		m.note("names are resolved by the throw-away hosts, since your resolver does not know them")
	}
}

// giveAddresses declares addresses that throw-away hosts have and the lab's do
// not, and removes those they lack. Container engines give every host exactly
// one IPv4 address.
func (m *mirror) giveAddresses() {
	for i := range m.lab.Hosts {
		host := &m.lab.Hosts[i]
		if !host.Address.IsValid() {
			host.Address = m.layout.places[i].address
			m.note("%s has an IPv4 address in the rehearsal, %s, and is managed there", host.Name, host.Address)
		}
		if len(host.Also) > 0 {
			host.Also = nil
			m.note("%s does not have its further addresses in the rehearsal", host.Name)
		}
	}
}

// chooseRanges takes the lab's own ranges if it may, and free ones otherwise.
func (m *mirror) chooseRanges(seed string, ipv6 bool, busy []netip.Prefix) ([]move, error) {
	network := m.lab.Network
	if !network.CIDR.IsValid() || !network.CIDR.Addr().Is4() {
		return nil, fmt.Errorf("the lab declares no IPv4 range in network.cidr")
	}
	if len(m.lab.Networks) > 0 {
		return m.joinRanges(seed, ipv6, busy)
	}
	moves := []move{{network.CIDR.Masked(), network.CIDR.Masked()}}
	if !mayUse(network.CIDR, busy) {
		free, ok := freeRange(network.CIDR.Bits(), busy)
		if !ok {
			return nil, fmt.Errorf("%s is public or in use here, and no private range of its size is free", network.CIDR)
		}
		moves[0].to = free
		m.note("the lab's %s is public or in use here, so the throw-away hosts are in %s", network.CIDR, free)
	}
	m.layout.cidr = moves[0].to
	if !ipv6 {
		if network.CIDR6.IsValid() {
			m.note("containers on this machine have no IPv6, so the throw-away hosts have none either")
		}
		return moves, nil
	}
	range6, err := m.chooseRange6(seed, busy)
	m.layout.cidr6 = range6
	return append(moves, move{network.CIDR6.Masked(), range6}), err
}

func (m *mirror) chooseRange6(seed string, busy []netip.Prefix) (netip.Prefix, error) {
	wanted := m.lab.Network.CIDR6
	if wanted.IsValid() && mayUse(wanted, busy) {
		return wanted.Masked(), nil
	}
	bits := 64
	if wanted.IsValid() {
		bits = wanted.Bits()
	}
	free, ok := freeRange6(seed, bits, busy)
	if !ok {
		return free, fmt.Errorf("no unique local IPv6 range of %d bits is free", bits)
	}
	if wanted.IsValid() {
		m.note("the lab's %s is public or in use here, so the throw-away hosts are in %s", wanted, free)
	}
	return free, nil
}

func (m *mirror) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// translate moves every address of the lab that lies in a moved range.
func (m *mirror) translate(moves []move) {
	addr := func(a netip.Addr) netip.Addr {
		for _, each := range moves {
			if moved := each.addr(a); moved != a {
				return moved
			}
		}
		return a
	}
	prefix := func(p netip.Prefix) netip.Prefix {
		for _, each := range moves {
			if moved := each.prefix(p); moved != p && each.from != each.to {
				return moved
			}
		}
		return p
	}
	network := &m.lab.Network
	network.CIDR = m.layout.cidr
	if network.CIDR6.IsValid() && m.layout.cidr6.IsValid() {
		network.CIDR6 = m.layout.cidr6
	}
	network.Gateway = addr(network.Gateway)
	each(network.DNS, addr)
	each(network.Admin, prefix)
	for i := range m.lab.Hosts {
		host := &m.lab.Hosts[i]
		host.Address, host.Address6 = addr(host.Address), addr(host.Address6)
		if !m.layout.cidr6.IsValid() {
			host.Address6 = netip.Addr{}
		}
		for _, opening := range host.Open {
			each(opening.From, prefix)
		}
	}
	if !m.layout.cidr6.IsValid() {
		network.CIDR6 = netip.Prefix{}
	}
	m.lab.Networks = nil // they are parts of the one network now
}

// each replaces every element by the result of change.
func each[T any](list []T, change func(T) T) {
	for i, element := range list {
		list[i] = change(element)
	}
}

// admit adds this machine's own address to the admin networks if none contains
// it. A rehearsal is managed from the owner's machine, wherever the lab is
// managed from. Cairn manages hosts over IPv4, so this machine's IPv6 address
// stays a stranger's unless the lab says otherwise.
func (m *mirror) admit(gateway netip.Addr) {
	if slices.ContainsFunc(m.lab.Network.Admin, func(p netip.Prefix) bool { return p.Contains(gateway) }) {
		return
	}
	admin := netip.PrefixFrom(gateway, gateway.BitLen())
	m.lab.Network.Admin = append(m.lab.Network.Admin, admin)
	m.note("this machine is %s in the rehearsal; network.admin now includes that address", gateway)
}

// copyOf copies a lab as deeply as translate changes it.
func copyOf(original *lab.Lab) *lab.Lab {
	c := *original
	c.Network.DNS = slices.Clone(c.Network.DNS)
	c.Network.Admin = slices.Clone(c.Network.Admin)
	c.Hosts = slices.Clone(c.Hosts)
	c.Choose = maps.Clone(c.Choose)
	for i := range c.Hosts {
		c.Hosts[i].Open = slices.Clone(c.Hosts[i].Open)
		for j := range c.Hosts[i].Open {
			c.Hosts[i].Open[j].From = slices.Clone(c.Hosts[i].Open[j].From)
		}
	}
	return &c
}

func places(hosts []lab.Host) []place {
	list := make([]place, len(hosts))
	for i, host := range hosts {
		list[i] = place{host.Name, host.Address, host.Address6}
	}
	return list
}
