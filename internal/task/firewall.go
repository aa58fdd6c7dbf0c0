package task

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/lab"
	"cairn/internal/resource"
)

// FirewallTable is the one nftables table, of the family inet, that Cairn owns.
const FirewallTable = resource.CairnTable

// FirewallRules is the content of a host's table: what is between its braces,
// in nft's own syntax (nft(8)).
//
// The policy: everything new from outside is dropped but ICMP that the network
// needs (RFC 4890 for IPv6), SSH from the admin networks, and the openings.
// Ports that a container publishes never pass the input chain: they are
// forwarded after destination NAT, so the forward chain holds them to the same
// openings. It sees them before and apart from Docker's own rules, whose accept
// cannot undo a drop (nft(8): a drop in any base chain is final).
//
// What the host's own guests begin is forwarded, and they get addresses and names
// from the host.
func FirewallRules(ssh uint16, admin []netip.Prefix, open []lab.Opening, sides Sides) string {
	openings := append([]lab.Opening{{Protocol: "tcp", Port: ssh, From: admin}}, open...)
	var b strings.Builder
	writeChain(&b, "input", "type filter hook input priority filter; policy drop;", slices.Concat(
		[]string{
			"iif lo accept",
			"ct state established,related accept",
			"ct state invalid drop",
			"icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept",
			"icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept",
			"ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
		},
		rulesFor(openings, func(o lab.Opening) string { return fmt.Sprintf("%s dport %d", o.Protocol, o.Port) }),
		[]string{sides.named() + "jump guests", sides.ofKind("bridge", "veth") + "jump guests"},
	))
	writeChain(&b, "guests", "", []string{
		"tcp dport 53 accept",
		"udp dport 53 accept",
		"udp dport { 67, 547 } accept",
		"icmpv6 type nd-router-solicit accept",
	})
	// A bridge may be given a port to the outside after this was written, so one of
	// which nothing but the kind is known is not trusted with published ports.
	writeChain(&b, "forward", "type filter hook forward priority filter - 10; policy accept;", slices.Concat(
		[]string{
			"ct state established,related accept",
			sides.named() + "accept",
		},
		sides.veths("accept"),
		rulesFor(open, func(o lab.Opening) string {
			return fmt.Sprintf("ct status dnat meta l4proto %s ct original proto-dst %d", o.Protocol, o.Port)
		}),
		[]string{
			"ct state new ct status dnat drop",
			sides.ofKind("bridge") + "accept",
		},
		sides.within("accept"),
		[]string{"ct state new drop"},
	))
	return b.String()
}

// rulesFor renders one accept rule for each opening and address family.
func rulesFor(openings []lab.Opening, match func(lab.Opening) string) []string {
	var rules []string
	for _, o := range openings {
		if len(o.From) == 0 {
			rules = append(rules, match(o)+" accept")
			continue
		}
		for _, family := range []struct {
			word string
			is   func(netip.Addr) bool
		}{{"ip", netip.Addr.Is4}, {"ip6", netip.Addr.Is6}} {
			if sources := prefixesWhere(o.From, family.is); len(sources) > 0 {
				rules = append(rules, fmt.Sprintf("%s saddr { %s } %s accept", family.word, strings.Join(sources, ", "), match(o)))
			}
		}
	}
	return rules
}

func prefixesWhere(prefixes []netip.Prefix, is func(netip.Addr) bool) []string {
	var texts []string
	for _, p := range prefixes {
		if is(p.Addr()) {
			texts = append(texts, p.Masked().String())
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

func writeChain(b *strings.Builder, name, base string, rules []string) {
	fmt.Fprintf(b, "chain %s {\n", name)
	if base != "" {
		rules = append([]string{base}, rules...)
	}
	for _, rule := range rules {
		fmt.Fprintf(b, "\t%s\n", rule)
	}
	b.WriteString("}\n")
}
