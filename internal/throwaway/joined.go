package throwaway

import (
	"fmt"
	"math/bits"
	"net/netip"

	"cairn/internal/lab"
)

// joinRanges puts the lab's networks into one throw-away network, each as a
// part of it. Container engines separate their networks. A router between two
// would have to be rehearsed too, and that router is the owner's.
func (m *mirror) joinRanges(seed string, ipv6 bool, busy []netip.Prefix) ([]move, error) {
	subnets := m.lab.Subnets()
	free, ok := freeRange(joinedBits(subnets, range4), busy)
	if !ok {
		return nil, fmt.Errorf("no free private range holds the lab's %d networks", len(subnets))
	}
	m.layout.cidr = free
	moves := parts(subnets, range4, free)
	m.note("the lab's %d networks become one in the rehearsal, %s; the router between them is not rehearsed", len(subnets), free)
	if !ipv6 {
		m.note("containers on this machine have no IPv6, so the throw-away hosts have none either")
		return moves, nil
	}
	m.layout.cidr6, ok = freeRange6(seed, joinedBits(subnets, range6), busy)
	if !ok {
		return nil, fmt.Errorf("no free unique local IPv6 range holds the lab's %d networks", len(subnets))
	}
	return append(moves, parts(subnets, range6, m.layout.cidr6)...), nil
}

func range4(s lab.Subnet) netip.Prefix { return s.CIDR }

// range6 returns a network's IPv6 range. A network without one still takes a
// part.
func range6(s lab.Subnet) netip.Prefix {
	if s.CIDR6.IsValid() {
		return s.CIDR6
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 64)
}

// widestOf returns the prefix length of the largest range. Every part gets that
// length.
func widestOf(subnets []lab.Subnet, of func(lab.Subnet) netip.Prefix) int {
	widest := 128
	for _, s := range subnets {
		widest = min(widest, of(s).Bits())
	}
	return widest
}

// joinedBits returns the prefix length of a range with room for all networks.
func joinedBits(subnets []lab.Subnet, of func(lab.Subnet) netip.Prefix) int {
	return widestOf(subnets, of) - bits.Len(uint(len(subnets)-1))
}

// parts moves each network to its part of the whole, in order.
func parts(subnets []lab.Subnet, of func(lab.Subnet) netip.Prefix, whole netip.Prefix) []move {
	size := widestOf(subnets, of)
	var moves []move
	at := whole.Masked().Addr()
	for _, s := range subnets {
		from := of(s).Masked()
		moves = append(moves, move{from, netip.PrefixFrom(at, from.Bits())})
		at = after(netip.PrefixFrom(at, size))
	}
	return moves
}

// after returns the first address after a range.
func after(p netip.Prefix) netip.Addr {
	address := p.Addr().AsSlice()
	bit := p.Bits() - 1
	for i := bit / 8; i >= 0; i-- {
		step := byte(1)
		if i == bit/8 {
			step = 1 << (7 - bit%8)
		}
		address[i] += step
		if address[i] >= step {
			break
		}
	}
	next, _ := netip.AddrFromSlice(address)
	return next
}
