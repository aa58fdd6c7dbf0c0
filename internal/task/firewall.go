package task

import (
	"net/netip"
	"slices"

	"cairn/internal/firewall"
	"cairn/internal/lab"
	"cairn/internal/resource"
)

// FirewallTable is the one nftables table, of the family inet, that Cairn owns.
const FirewallTable = resource.CairnTable

// FirewallPolicy returns what a host lets through.
//
// Everything new from outside is dropped, except for ICMP that the network
// needs (RFC 4890 for IPv6), SSH from the admin networks, and the openings.
// Ports that a container publishes are not input: they are forwarded after
// destination NAT. So the same openings apply to forwarded packets.
//
// What the host's own guests begin is forwarded, and the host gives them
// addresses and names. A bridge may later get a port to the outside. So a
// bridge of which only the kind is known is not trusted with published ports.
func FirewallPolicy(ssh uint16, admin []netip.Prefix, open []lab.Opening, sides Sides) (firewall.Policy, error) {
	openings := append([]lab.Opening{{Protocol: "tcp", Port: ssh, From: admin}}, open...)
	input := slices.Concat(
		needed,
		openingRules(openings, false),
		[]firewall.Rule{{Name: "guests", Who: firewall.Who{Behind: sides.guests(firewall.Bridge, firewall.Veth)}, What: guestsNeed}},
	)
	forwarded := slices.Concat(
		[]firewall.Rule{{What: goesOn}, {Who: firewall.Who{Behind: sides.named()}}},
		sides.veths(),
		openingRules(open, true),
		[]firewall.Rule{
			{What: []firewall.What{{State: firewall.First, Published: true}}, Drop: true},
			{Who: firewall.Who{Behind: sides.ofKind(firewall.Bridge)}},
		},
		sides.within(),
		[]firewall.Rule{{What: []firewall.What{{State: firewall.First}}, Drop: true}},
	)
	return firewall.New(input, forwarded)
}

// goesOn is what belongs to a connection that was already let through.
var goesOn = []firewall.What{{State: firewall.Reply}}

// needed is what a host on a network cannot do without.
var needed = []firewall.Rule{
	{Who: firewall.Who{Loopback: true}},
	{What: goesOn},
	{What: []firewall.What{{State: firewall.Invalid}}, Drop: true},
	{What: []firewall.What{
		{ICMP: []string{"echo-request", "destination-unreachable", "time-exceeded", "parameter-problem"}},
		{ICMPv6: []string{
			"echo-request", "destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem",
			"nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert", "mld-listener-query",
		}},
	}},
	// A DHCPv6 server answers from another address than the request was sent to.
	{Who: firewall.Who{Neighbour: true}, What: []firewall.What{{Protocol: firewall.UDP, FromPort: 547, Ports: []uint16{546}}}},
}

// guestsNeed is what guests need from the host: names, addresses, a router.
var guestsNeed = []firewall.What{
	{Protocol: firewall.TCP, Ports: []uint16{53}},
	{Protocol: firewall.UDP, Ports: []uint16{53}},
	{Protocol: firewall.UDP, Ports: []uint16{67, 547}},
	{ICMPv6: []string{"nd-router-solicit"}},
}

// openingRules let in what the lab opens, either to the host itself or to a
// guest for which the port is published.
func openingRules(openings []lab.Opening, published bool) []firewall.Rule {
	var rules []firewall.Rule
	for _, o := range openings {
		what := firewall.What{Protocol: firewall.Protocol(o.Protocol), Ports: []uint16{o.Port}, Published: published}
		rules = append(rules, firewall.Rule{Who: firewall.Who{Networks: o.From}, What: []firewall.What{what}})
	}
	return rules
}
