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

// silence is how long a port may take to answer before it counts as silent. A
// lost SYN is sent again after one second (RFC 6298, section 2.1).
const silence = 1500 * time.Millisecond

// portScanIPv4 tries all 65,535 TCP ports of the host's IPv4 addresses.
func portScanIPv4(ctx context.Context, from Vantage, target Target) Finding {
	return scanFamily(ctx, from, target, "IPv4", "tcp4", netip.Addr.Is4)
}

// portScanIPv6 does the same for IPv6, which firewalls often forget.
func portScanIPv6(ctx context.Context, from Vantage, target Target) Finding {
	return scanFamily(ctx, from, target, "IPv6", "tcp6", netip.Addr.Is6)
}

// scanFamily scans the host's addresses of one family. A host for which none is
// declared must not have one that others can reach, because routers hand them
// out unasked (RFC 4862).
func scanFamily(ctx context.Context, from Vantage, target Target, family, network string, is func(netip.Addr) bool) Finding {
	declared := slices.DeleteFunc(target.Host.Addresses(), func(a netip.Addr) bool { return !is(a) })
	if len(declared) == 0 {
		return undeclared(ctx, target, family, is)
	}
	found := scan(ctx, from, target, declared[0], network)
	for _, address := range declared[1:] {
		found = found.and(scan(ctx, from, target, address, network))
	}
	return found
}

// undeclared expects the host to have no address of a family.
func undeclared(ctx context.Context, target Target, family string, is func(netip.Addr) bool) Finding {
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	expected := fields(family+" addresses", "none, because none is declared")
	found := reachedAddresses(facts, target.Host.At(), is)
	observed := fields(family+" addresses", wordOr(strings.Join(found, " "), "none"))
	if len(found) == 0 {
		return judged(expected, observed)
	}
	finding := judged(expected, observed, "the host has an "+family+" address that lab.yaml does not declare")
	finding.Remedy = toDeclare(family, netip.MustParsePrefix(found[0]))
	return finding
}

// toDeclare says how lab.yaml declares an address and its network. A DHCPv6 server
// gives single addresses, so a network of IPv6 has at most 64 bits of prefix.
func toDeclare(family string, found netip.Prefix) string {
	address, network, bits := "address", "cidr", found.Bits()
	if family == "IPv6" {
		address, network, bits = "address6", "cidr6", min(bits, 64)
	}
	return fmt.Sprintf("declare it in lab.yaml: `%s: %q` for the host, with `%s: %q` under `network`. Or take the address off the host",
		address, found.Addr(), network, netip.PrefixFrom(found.Addr(), bits).Masked())
}

// reachedAddresses returns the host's addresses of a family that other machines
// should be able to reach. They include IPv6 addresses on the host's own
// container networks. IPv4 addresses there are not routed, so for IPv4 only the
// interface with the address in the lab counts.
func reachedAddresses(facts wire.Facts, at netip.Addr, is func(netip.Addr) bool) []string {
	var all []string
	for _, nic := range facts.Interfaces {
		outside := slices.ContainsFunc(nic.Addresses, func(text string) bool { return strings.HasPrefix(text, at.String()+"/") })
		for _, text := range nic.Addresses {
			prefix, err := netip.ParsePrefix(text)
			if err == nil && nic.Name != "lo" && is(prefix.Addr()) && prefix.Addr().IsGlobalUnicast() && (prefix.Addr().Is6() || outside) {
				all = append(all, text)
			}
		}
	}
	return all
}

func wordOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// scan compares the ports that answer with those that the lab opens to the
// vantage. During the scan a test listener runs on a port that is not open. So
// a silent port is one that the firewall closes, and not one where nobody
// listens.
func scan(ctx context.Context, from Vantage, target Target, address netip.Addr, network string) Finding {
	listener, stop, err := target.Inside.Listen(ctx, wire.ListenRequest{Network: network, Nonce: target.Nonce})
	if err != nil || listener.Failure != nil {
		return blind("cannot open a test listener on the host: " + listenerError(err, listener))
	}
	reply, err := from.Scan(ctx, wire.ScanRequest{Address: address.String(), First: 1, Last: 65535, Timeout: silence})
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return blind("the scan failed: " + err.Error())
	}
	want := openPorts(target, "tcp", address)
	expected := fields("open", portList(want), "ports tried", 65535)
	observed := fields("open", portList(reply.Open), "refused", reply.Refused, "silent", reply.Silent, "not tried", reply.Errors,
		"test listener", listener.Port, "took", reply.Took.Round(time.Millisecond))
	if reply.Errors > 0 || len(reply.Open)+reply.Refused+reply.Silent != 65535 {
		return blind(strings.TrimSuffix("some ports could not be tried: "+reply.Trouble, ": "), observed...)
	}
	if slices.Contains(target.Host.Also, address) && len(reply.Open)+reply.Refused == 0 {
		// The way to a further address may lead past this vantage, because the router
		// joins the networks. From here nothing can be reached there.
		return judged(fields("open at "+address.String(), "at most "+portList(want)), fields("open at "+address.String(), "nothing answers"))
	}
	var wrong []string
	for _, port := range reply.Open {
		if !slices.Contains(want, port) {
			wrong = append(wrong, fmt.Sprintf("port %d answers although lab.yaml does not declare it", port))
		}
	}
	for _, port := range want {
		if port != target.Host.Port && !slices.Contains(reply.Open, port) && shut(ctx, from, target, network, netip.AddrPortFrom(address, port)) {
			wrong = append(wrong, fmt.Sprintf("port %d is declared open but cannot be reached", port)+alsoFiltered(ctx, target))
		}
	}
	// SSH must be there. If the scan sees it, packets come through.
	if slices.Contains(want, target.Host.Port) && !slices.Contains(reply.Open, target.Host.Port) {
		if conn, err := dialBriefly(ctx, from, "tcp", netip.AddrPortFrom(address, target.Host.Port).String()); err == nil {
			_ = conn.Close()
			return blind("the scan missed the SSH port although it answers, so it may have missed others", observed...)
		}
		wrong = append(wrong, fmt.Sprintf("SSH does not answer on port %d", target.Host.Port))
	}
	return judged(expected, observed, wrong...)
}

// shut reports whether a declared port cannot be reached although something
// listens there: a service, or else a test listener. A port that refuses was
// let through; its service's own checkpoint looks for the service.
func shut(ctx context.Context, from Vantage, target Target, network string, port netip.AddrPort) bool {
	_, stop, err := target.Inside.Listen(ctx, wire.ListenRequest{Network: network, Port: port.Port(), Nonce: target.Nonce})
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

// openPorts returns the ports of the address that the vantage may reach, in
// order.
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

// sourceFor returns the vantage's address from which it reaches an address of
// the target: one on the same network, or else the first of the same family.
func sourceFor(target Target, address netip.Addr) netip.Addr {
	var first netip.Addr
	for _, source := range target.Sources {
		if !source.IsValid() || source.Is4() != address.Is4() {
			continue
		}
		if slices.ContainsFunc(target.Lab.Subnets(), func(s lab.Subnet) bool { return s.Contains(source) && s.Contains(address) }) {
			return source
		}
		if !first.IsValid() {
			first = source
		}
	}
	return first
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
