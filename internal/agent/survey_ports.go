package agent

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"cairn/internal/wire"
)

// published returns the ports that destination NAT forwards, like those of
// containers.
func (a *Agent) published(ctx context.Context) []wire.Listener {
	listing := a.said(ctx, "nft", "--stateless", "list", "ruleset")
	if strings.Contains(a.text("/proc/net/ip_tables_names"), "nat") {
		listing += "\n" + a.said(ctx, "iptables-legacy-save", "-t", "nat")
	}
	return parsePublished(listing)
}

var (
	natPort   = regexp.MustCompile(`\b(tcp|udp)\b.*?\bd(?:port|pt) (\d+)\b`)
	natTarget = regexp.MustCompile(`(?i)\b(?:dnat(?: ip6?)? to|to-destination) (\S+)`)
)

// parsePublished finds destination NAT in the output of nft(8) and
// iptables-save(8). It leaves out targets on the loopback, which are for the host's
// own programs, like Docker's resolver for containers.
func parsePublished(listing string) []wire.Listener {
	var all []wire.Listener
	for line := range strings.Lines(listing) {
		target := natTarget.FindStringSubmatch(line)
		port := natPort.FindStringSubmatch(line)
		if target == nil || port == nil || loopback(target[1]) {
			continue
		}
		if n, err := strconv.ParseUint(port[2], 10, 16); err == nil {
			all = append(all, wire.Listener{Protocol: port[1], Port: uint16(n), To: target[1]})
		}
	}
	return sortedByPort(all)
}

func loopback(target string) bool {
	at, err := netip.ParseAddrPort(target)
	return err == nil && at.Addr().IsLoopback()
}

// allowed returns the ports that ufw and firewalld let in, if they are in force.
func (a *Agent) allowed() []wire.Allowed {
	var all []wire.Allowed
	if strings.Contains(a.text("/etc/ufw/ufw.conf"), "ENABLED=yes") {
		all = append(all, parseUFW(a.text("/etc/ufw/user.rules")+"\n"+a.text("/etc/ufw/user6.rules"))...)
	}
	if _, err := os.Stat(filepath.Join(a.System.Root, "/run/firewalld.pid")); err == nil {
		all = append(all, a.firewalld()...)
	}
	sort.Slice(all, func(i, j int) bool {
		x, y := all[i], all[j]
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(x.Last, y.Last), cmp.Compare(x.Protocol, y.Protocol), cmp.Compare(x.By, y.By)) < 0
	})
	return slices.Compact(all)
}

// parseUFW reads the comments in which ufw stores its rules, such as "### tuple ###
// allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in".
func parseUFW(text string) []wire.Allowed {
	var all []wire.Allowed
	for line := range strings.Lines(text) {
		rule, found := strings.CutPrefix(strings.TrimSpace(line), "### tuple ### ")
		fields := strings.Fields(rule)
		if !found || len(fields) < 3 || !strings.HasPrefix(fields[0], "allow") && !strings.HasPrefix(fields[0], "limit") {
			continue
		}
		all = append(all, ranges("ufw", fields[1], fields[2])...)
	}
	return all
}

// ranges reads ports such as "80,443,8000:8010" of a protocol. "any" means both
// protocols.
func ranges(by, protocol, ports string) []wire.Allowed {
	protocols := []string{protocol}
	if protocol == "any" {
		protocols = []string{"tcp", "udp"}
	}
	var all []wire.Allowed
	for part := range strings.SplitSeq(ports, ",") {
		first, last, isRange := strings.Cut(strings.Replace(part, "-", ":", 1), ":")
		if !isRange {
			last = first
		}
		low, errLow := strconv.ParseUint(first, 10, 16)
		high, errHigh := strconv.ParseUint(last, 10, 16)
		if errLow != nil || errHigh != nil {
			continue // "any" is not a port
		}
		for _, protocol := range protocols {
			all = append(all, wire.Allowed{By: by, Protocol: protocol, First: uint16(low), Last: uint16(high)})
		}
	}
	return all
}

var (
	zonePort    = regexp.MustCompile(`<port [^>]*>`)
	zoneService = regexp.MustCompile(`<service name="([a-zA-Z0-9_.-]+)"`)
	xmlPort     = regexp.MustCompile(`\bport="([0-9-]+)"`)
	xmlProtocol = regexp.MustCompile(`\bprotocol="(tcp|udp)"`)
)

// firewalld reads the zones that the owner has changed, with the services that they
// name (firewalld.zone(5), firewalld.service(5)).
func (a *Agent) firewalld() []wire.Allowed {
	zones, _ := filepath.Glob(filepath.Join(a.System.Root, "/etc/firewalld/zones/*.xml"))
	var all []wire.Allowed
	for _, zone := range zones {
		text := readOr(zone, "")
		all = append(all, zonePorts(text)...)
		for _, service := range zoneService.FindAllStringSubmatch(text, -1) {
			name := service[1] + ".xml"
			all = append(all, zonePorts(cmp.Or(a.text("/etc/firewalld/services/"+name), a.text("/usr/lib/firewalld/services/"+name)))...)
		}
	}
	return all
}

func zonePorts(text string) []wire.Allowed {
	var all []wire.Allowed
	for _, element := range zonePort.FindAllString(text, -1) {
		port, protocol := xmlPort.FindStringSubmatch(element), xmlProtocol.FindStringSubmatch(element)
		if port != nil && protocol != nil {
			all = append(all, ranges("firewalld", protocol[1], port[1])...)
		}
	}
	return all
}
