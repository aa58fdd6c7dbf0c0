package agent

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/wire"
)

// parseOSRelease reads os-release(5).
func parseOSRelease(text string) wire.OS {
	values := distro.ReadRelease(text)
	return wire.OS{ID: values["ID"], Version: values["VERSION_ID"], Codename: values["VERSION_CODENAME"], Name: values["PRETTY_NAME"]}
}

// parseResolvers reads the servers of resolv.conf(5).
func parseResolvers(text string) []string {
	var servers []string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			servers = append(servers, fields[1])
		}
	}
	return servers
}

// parseCPUInfo counts the processors in /proc/cpuinfo and looks for the flags of
// VT-x and AMD-V.
func parseCPUInfo(text string) (cpus int, virtualization bool) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "processor":
			cpus++
		case "flags":
			flags := strings.Fields(value)
			virtualization = virtualization || slices.Contains(flags, "vmx") || slices.Contains(flags, "svm")
		}
	}
	return cpus, virtualization
}

// parseMemory reads MemTotal of /proc/meminfo, which is in kibibytes.
func parseMemory(text string) uint64 {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, "MemTotal:"); found {
			kib, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// parseRoutes4 finds the default gateways in /proc/net/route. Addresses are
// hexadecimal, in the host's byte order.
func parseRoutes4(text string) []string {
	var gateways []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 || fields[1] != "00000000" || fields[7] != "00000000" {
			continue
		}
		raw, err := hex.DecodeString(fields[2])
		if err != nil || len(raw) != 4 || fields[2] == "00000000" {
			continue
		}
		slices.Reverse(raw) // both supported architectures are little-endian
		gateway, _ := netip.AddrFromSlice(raw)
		gateways = append(gateways, gateway.String())
	}
	return gateways
}

// parseRoutes6 finds the default gateways in /proc/net/ipv6_route.
func parseRoutes6(text string) []string {
	const zero = "00000000000000000000000000000000"
	var gateways []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[0] != zero || fields[1] != "00" || fields[4] == zero {
			continue
		}
		raw, err := hex.DecodeString(fields[4])
		if err != nil {
			continue
		}
		if gateway, ok := netip.AddrFromSlice(raw); ok {
			gateways = append(gateways, gateway.String())
		}
	}
	return gateways
}
