package engine

import (
	"net"
	"net/netip"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/resolve"
)

// sourcesOf returns the source addresses of connections from a vantage to a host.
// peer is the controller's address as the host sees it.
func sourcesOf(l *lab.Lab, vantage string, to lab.Host, peer string) []netip.Addr {
	if vantage != resolve.FromController {
		h, _ := l.Host(vantage)
		return h.Addresses()
	}
	var sources []netip.Addr
	if address, err := netip.ParseAddr(peer); err == nil {
		sources = append(sources, address.Unmap())
	}
	for _, towards := range to.Addresses() {
		if towards == to.At() {
			continue // peer is right even behind address translation
		}
		if address, found := ownAddress(towards); found && !slices.Contains(sources, address) {
			sources = append(sources, address)
		}
	}
	return sources
}

// ownAddress returns the address that this machine uses towards another. Connecting
// a UDP socket chooses it and sends nothing. The login shows the host only one
// family. For IPv6 no address translation on the way can make this wrong.
func ownAddress(towards netip.Addr) (netip.Addr, bool) {
	if !towards.IsValid() {
		return netip.Addr{}, false
	}
	const discard = 9 // any port will do (RFC 863)
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(towards, discard)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer func() { _ = conn.Close() }()
	own, known := conn.LocalAddr().(*net.UDPAddr)
	if !known {
		return netip.Addr{}, false
	}
	return own.AddrPort().Addr().Unmap(), true
}
