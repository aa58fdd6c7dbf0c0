package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

// silence is how long a port may take to answer before it counts as silent: a
// lost SYN is sent again after one second (RFC 6298 section 2.1).
const silence = 1500 * time.Millisecond

// portScanIPv4 tries all 65,535 TCP ports of the host's IPv4 address.
func portScanIPv4(ctx context.Context, from Vantage, target Target) Finding {
	return scan(ctx, from, target, target.Host.Address, "tcp4")
}

// portScanIPv6 does the same on IPv6, which firewalls are often forgotten for.
// A host without a declared IPv6 address must not have one that others can
// reach either: routers hand them out unasked (RFC 4862).
func portScanIPv6(ctx context.Context, from Vantage, target Target) Finding {
	if target.Host.Address6.IsValid() {
		return scan(ctx, from, target, target.Host.Address6, "tcp6")
	}
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	expected := fields("IPv6 addresses", "none, as none is declared")
	found := globalIPv6(facts)
	observed := fields("IPv6 addresses", wordOr(strings.Join(found, " "), "none"))
	if len(found) > 0 {
		return judged(expected, observed, "the host has an IPv6 address that lab.yaml does not declare")
	}
	return judged(expected, observed)
}

// globalIPv6 are the host's addresses that are meant to be reached from other
// machines, those of its own container networks included.
func globalIPv6(facts wire.Facts) []string {
	return slices.DeleteFunc(addresses(facts), func(text string) bool {
		prefix, err := netip.ParsePrefix(text)
		return err != nil || prefix.Addr().Is4() || !prefix.Addr().IsGlobalUnicast()
	})
}

func wordOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// scan compares the ports that answer with those that the lab opens to the
// vantage. While it scans, a canary listens on the host on a port that is not
// open, so that a closed port is one that the firewall closes and not one where
// nobody listens.
func scan(ctx context.Context, from Vantage, target Target, address netip.Addr, network string) Finding {
	canary, stop, err := target.Inside.Listen(ctx, wire.CanaryRequest{Network: network, Nonce: target.Nonce})
	if err != nil || canary.Failure != nil {
		return blind("no canary could be set on the host: " + canaryError(err, canary))
	}
	reply, err := from.Scan(ctx, wire.ScanRequest{Address: address.String(), First: 1, Last: 65535, Timeout: silence})
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return blind("the scan did not end: " + err.Error())
	}
	want := openPorts(target, "tcp", address)
	expected := fields("open", portList(want), "ports tried", 65535)
	observed := fields("open", portList(reply.Open), "refused", reply.Refused, "silent", reply.Silent, "not tried", reply.Errors,
		"canary", canary.Port, "took", reply.Took.Round(time.Millisecond))
	if reply.Errors > 0 || len(reply.Open)+reply.Refused+reply.Silent != 65535 {
		return blind(strings.TrimSuffix("not every port could be tried: "+reply.Trouble, ": "), observed...)
	}
	var wrong []string
	for _, port := range reply.Open {
		if !slices.Contains(want, port) {
			wrong = append(wrong, fmt.Sprintf("port %d answers and is not declared", port))
		}
	}
	for _, port := range want {
		if port != target.Host.Port && !slices.Contains(reply.Open, port) && shut(ctx, from, target, network, netip.AddrPortFrom(address, port)) {
			wrong = append(wrong, fmt.Sprintf("port %d is declared open and cannot be reached", port)+alsoFiltered(ctx, target))
		}
	}
	// SSH has to be there; that the scan sees it shows that packets come through.
	if slices.Contains(want, target.Host.Port) && !slices.Contains(reply.Open, target.Host.Port) {
		if conn, err := dialBriefly(ctx, from, "tcp", netip.AddrPortFrom(address, target.Host.Port).String()); err == nil {
			_ = conn.Close()
			return blind("the scan missed the SSH port, which does answer, so it may have missed others", observed...)
		}
		wrong = append(wrong, fmt.Sprintf("SSH does not answer on port %d", target.Host.Port))
	}
	return judged(expected, observed, wrong...)
}

// shut reports whether a declared port cannot be reached although something
// listens there: a service, or else a canary. One that refuses has been let
// through; where its service listens is for the service's own checkpoint.
func shut(ctx context.Context, from Vantage, target Target, network string, port netip.AddrPort) bool {
	_, stop, err := target.Inside.Listen(ctx, wire.CanaryRequest{Network: network, Port: port.Port(), Nonce: target.Nonce})
	if err != nil {
		return false
	}
	defer func() { _ = stop() }()
	conn, err := dialBriefly(ctx, from, "tcp", port.String())
	if err == nil {
		_ = conn.Close()
		return false
	}
	return ctx.Err() == nil && !strings.Contains(err.Error(), "refused")
}

// openPorts are the ports of the address that the vantage may reach, in order.
func openPorts(target Target, protocol string, address netip.Addr) []uint16 {
	var ports []uint16
	for _, o := range target.Expect.Openings {
		if o.Protocol == protocol && admits(o, sourceFor(target, address)) {
			ports = append(ports, o.Port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// sourceFor is the vantage's address of the same family as the target's.
func sourceFor(target Target, address netip.Addr) netip.Addr {
	for _, source := range target.Sources {
		if source.Is4() == address.Is4() {
			return source
		}
	}
	return netip.Addr{}
}

func admits(o lab.Opening, source netip.Addr) bool {
	return len(o.From) == 0 || slices.ContainsFunc(o.From, func(p netip.Prefix) bool { return p.Contains(source) })
}

func portList(ports []uint16) string {
	if len(ports) == 0 {
		return "none"
	}
	return strings.Trim(fmt.Sprint(ports), "[]")
}
