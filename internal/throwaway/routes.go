package throwaway

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// widest is the shortest prefix of a route that means something is there.
// Shorter ones are default routes. VPNs also set these as two halves (0.0.0.0/1
// and 128.0.0.0/1).
const widest = 8

// busyRanges returns the address ranges that this machine or the engine already
// uses: those of its interfaces, its routes and Docker's networks.
func busyRanges(ctx context.Context, d Docker) ([]netip.Prefix, error) {
	busy, err := interfaceRanges()
	if err != nil {
		return nil, err
	}
	// Only Linux has these files. Elsewhere the interfaces must do.
	if table, err := os.ReadFile("/proc/net/route"); err == nil {
		busy = append(busy, parseRoutes(string(table))...)
	}
	if table, err := os.ReadFile("/proc/net/ipv6_route"); err == nil {
		busy = append(busy, parseRoutes6(string(table))...)
	}
	networks, err := d.networkRanges(ctx)
	return append(busy, networks...), err
}

func interfaceRanges() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list this machine's addresses: %w", err)
	}
	var ranges []netip.Prefix
	for _, address := range addresses {
		if p, err := netip.ParsePrefix(address.String()); err == nil {
			ranges = append(ranges, p.Masked())
		}
	}
	return ranges, nil
}

// parseRoutes reads /proc/net/route. The destination and the mask are the
// second and eighth fields, in hex and in the machine's (little-endian) byte
// order.
func parseRoutes(table string) []netip.Prefix {
	var routes []netip.Prefix
	for _, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			continue
		}
		destination, err1 := hex.DecodeString(fields[1])
		mask, err2 := hex.DecodeString(fields[7])
		if err1 != nil || err2 != nil || len(destination) != 4 || len(mask) != 4 {
			continue
		}
		var address, bits [4]byte
		binary.BigEndian.PutUint32(address[:], binary.LittleEndian.Uint32(destination))
		binary.BigEndian.PutUint32(bits[:], binary.LittleEndian.Uint32(mask))
		ones, _ := net.IPMask(bits[:]).Size()
		if ones >= widest {
			routes = append(routes, netip.PrefixFrom(netip.AddrFrom4(address), ones))
		}
	}
	return routes
}

// parseRoutes6 reads /proc/net/ipv6_route. The destination and its length are
// the first two fields, in hex. Link-local and multicast ranges are everywhere,
// so they are left out.
func parseRoutes6(table string) []netip.Prefix {
	var routes []netip.Prefix
	for _, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 10 {
			continue
		}
		destination, err1 := hex.DecodeString(fields[0])
		length, err2 := hex.DecodeString(fields[1])
		if err1 != nil || err2 != nil || len(destination) != 16 || len(length) != 1 {
			continue
		}
		address := netip.AddrFrom16([16]byte(destination))
		if length[0] >= widest && !address.IsLinkLocalUnicast() && !address.IsMulticast() {
			routes = append(routes, netip.PrefixFrom(address, int(length[0])))
		}
	}
	return routes
}

// networkRanges returns the subnets of the engine's networks.
func (d Docker) networkRanges(ctx context.Context) ([]netip.Prefix, error) {
	ids, err := d.call(ctx, nil, "network", "ls", "--quiet", "--no-trunc")
	if err != nil || len(strings.Fields(ids)) == 0 {
		return nil, err
	}
	var ranges []netip.Prefix
	for _, id := range strings.Fields(ids) {
		out, err := d.call(ctx, nil, "network", "inspect", "--format", "{{json .IPAM.Config}}", id)
		if said(err, "no such network", "not found") {
			continue // it was removed after it was listed
		}
		if err != nil {
			return nil, err
		}
		subnets, err := parseSubnets([]byte(out))
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, subnets...)
	}
	return ranges, nil
}

// parseSubnets reads the IPAM configuration of a network.
func parseSubnets(data []byte) ([]netip.Prefix, error) {
	var config []struct{ Subnet string }
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("read docker network inspect: %w", err)
	}
	var subnets []netip.Prefix
	for _, c := range config {
		if p, err := netip.ParsePrefix(c.Subnet); err == nil {
			subnets = append(subnets, p.Masked())
		}
	}
	return subnets, nil
}
