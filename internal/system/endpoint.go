package system

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ParseEndpoint reads the hexadecimal ADDRESS:PORT of /proc/net/tcp and similar
// files (proc_net(5)). The address consists of 32-bit words in the host's byte
// order.
func ParseEndpoint(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word) // both supported architectures are little-endian
	}
	addr, ok := netip.AddrFromSlice(raw)
	n, err := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok && err == nil
}
