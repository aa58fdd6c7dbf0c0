package throwaway

import (
	"crypto/sha256"
	"net/netip"
	"slices"
)

// private are the IPv4 ranges that rehearsals may use (RFC 1918), in the order
// in which they are tried.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

// uniqueLocal is the range of IPv6 addresses for private use (RFC 4193).
var uniqueLocal = netip.MustParsePrefix("fc00::/7")

// startOffset is where the search in 10.0.0.0/8 begins. It is far from the low
// and round numbers that people and routers choose.
const startOffset = 83 << 16

// mayUse reports whether a rehearsal may take a range unchanged. It must be
// private, and this machine must not already reach anything in it. A public
// range would hide somebody's real machines during the rehearsal.
func mayUse(wanted netip.Prefix, busy []netip.Prefix) bool {
	return isPrivate(wanted) && !overlapsAny(wanted, busy)
}

func isPrivate(p netip.Prefix) bool {
	contains := func(outer netip.Prefix) bool { return outer.Bits() <= p.Bits() && outer.Contains(p.Addr()) }
	return contains(uniqueLocal) || slices.ContainsFunc(private, contains)
}

func overlapsAny(p netip.Prefix, busy []netip.Prefix) bool {
	return slices.ContainsFunc(busy, p.Overlaps)
}

// freeRange finds a private IPv4 range of that length that overlaps none of
// busy. The same busy ranges give the same result.
func freeRange(bits int, busy []netip.Prefix) (netip.Prefix, bool) {
	for _, pool := range private {
		if bits < pool.Bits() {
			continue
		}
		count := uint64(1) << min(bits-pool.Bits(), 16) // enough tries; finer steps find nothing more
		step := uint64(1) << (32 - bits)
		start := uint64(0)
		if pool.Bits() == 8 {
			start = startOffset / step
		}
		for i := range count {
			offset := (start + i) * step % (1 << (32 - pool.Bits()))
			candidate := netip.PrefixFrom(plus(pool.Addr(), offset), bits).Masked()
			if !overlapsAny(candidate, busy) {
				return candidate, true
			}
		}
	}
	return netip.Prefix{}, false
}

// freeRange6 finds a unique local IPv6 range of that length that overlaps none
// of busy. A hash of the seed gives the 40 bits of its global id, as in RFC
// 4193, section 3.2.2.
func freeRange6(seed string, bits int, busy []netip.Prefix) (netip.Prefix, bool) {
	if bits < 8 || bits > 128 {
		return netip.Prefix{}, false
	}
	for try := range 64 {
		sum := sha256.Sum256(append([]byte(seed), byte(try)))
		address := [16]byte{0: 0xfd}
		copy(address[1:6], sum[:5])
		candidate := netip.PrefixFrom(netip.AddrFrom16(address), bits).Masked()
		if !overlapsAny(candidate, busy) {
			return candidate, true
		}
	}
	return netip.Prefix{}, false
}

// plus adds to an address. Past the end of the address space it wraps around.
func plus(a netip.Addr, n uint64) netip.Addr {
	bytes := a.AsSlice()
	for i := len(bytes) - 1; i >= 0 && n > 0; i-- {
		n += uint64(bytes[i])
		bytes[i] = byte(n)
		n >>= 8
	}
	sum, _ := netip.AddrFromSlice(bytes)
	return sum
}

// move is a range of addresses that moved as a whole.
type move struct{ from, to netip.Prefix }

// addr returns where an address of the range is now. Other addresses stay.
func (m move) addr(a netip.Addr) netip.Addr {
	if !m.from.IsValid() || !m.from.Contains(a) {
		return a
	}
	host, base := a.AsSlice(), m.to.Masked().Addr().AsSlice()
	for i := range base {
		bits := min(max(m.to.Bits()-8*i, 0), 8)
		mask := byte(0xff) << (8 - bits)
		base[i] = base[i]&mask | host[i]&^mask
	}
	moved, _ := netip.AddrFromSlice(base)
	return moved
}

// prefix returns where a range is now. A range inside the moved one moves with
// it. A range around it becomes the new range, because it stood for the lab.
// Other ranges stay.
func (m move) prefix(p netip.Prefix) netip.Prefix {
	switch {
	case !m.from.IsValid() || !m.from.Overlaps(p):
		return p
	case p.Bits() == 0: // everywhere stays everywhere
		return p
	case p.Bits() < m.from.Bits():
		return m.to
	}
	return netip.PrefixFrom(m.addr(p.Addr()), p.Bits())
}

// firstFree returns the first free address of a range, after the network's own
// and before the last.
func firstFree(p netip.Prefix, taken []netip.Addr) (netip.Addr, bool) {
	for a := p.Masked().Addr().Next(); p.Contains(a) && p.Contains(a.Next()); a = a.Next() {
		if !slices.Contains(taken, a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
