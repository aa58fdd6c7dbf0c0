package firewall_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"cairn/internal/firewall"
	"cairn/internal/lab"
	"cairn/internal/task"
)

// TestTheKernelJudgesAsThePolicyDoes loads random policies, and sends packets of
// all kinds by interfaces of all kinds. Then it compares what the kernel let
// through with what the policy says about each packet. Half of the policies are
// those of labs. The other half have rules that no lab has.
func TestTheKernelJudgesAsThePolicyDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a network")
	}
	if os.Geteuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	k := newKernel(t)
	count := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		policy := drawPolicy(t)
		published := rapid.SliceOfNDistinct(rapid.SampledFrom(ports), 0, 3, rapid.ID[uint16]).Draw(t, "published")
		if err := k.load(policy, published); err != nil {
			t.Fatal(err)
		}
		var sent []parcel
		var macs []uint64
		for range 40 {
			p := k.draw(t, published)
			mac, err := k.sendNew(p)
			if err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			sent, macs = append(sent, p), append(macs, mac)
		}
		outcome, err := k.outcome(macs)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range sent {
			judged(t, policy, p, outcome, macs[i], count)
		}
	})
	// A kernel that shows nothing of some kind would agree with everything.
	for _, kind := range []string{"input", "forward", "first", "reply", "invalid", "dnat", "passed", "dropped", "IPv4", "IPv6"} {
		if count[kind] < 20 {
			t.Errorf("only %d packets were %s", count[kind], kind)
		}
	}
	t.Logf("%v", count)
}

// judged compares what the kernel did with a packet with what the policy says.
func judged(t *rapid.T, policy firewall.Policy, p parcel, outcome sightings, mac uint64, count map[string]int) {
	packet, input := firewall.Packet{
		In: p.wire.name, Kind: p.wire.kind, Source: p.source, Protocol: protocolNames[p.protocol], SourcePort: p.sourcePort, Port: p.port,
		ICMP: icmpName(p), State: firewall.Stray,
	}, outcome["input"][mac]
	for set, state := range map[string]firewall.State{"first": firewall.First, "reply": firewall.Reply, "invalid": firewall.Invalid} {
		if outcome[set][mac] {
			packet.State = state
		}
	}
	if outcome["dnat"][mac] {
		packet.SentTo, packet.Port = p.port, 80
	}
	want := policy.LetsIn(packet)
	if !input {
		packet.Out = leavesBy(p, outcome["dnat"][mac])
		want = policy.Forwards(packet)
	}
	switch got := outcome["passed"][mac]; {
	case !input && !outcome["forward"][mac]:
		t.Fatalf("the packet came nowhere: %+v", p)
	case got != want:
		t.Fatalf("the kernel lets it through: %v; the policy: %v\n%+v\n%+v\n%s", got, want, packet, p, policy.Nft())
	case !got:
		count["dropped"]++
	}
	for set := range outcome {
		if outcome[set][mac] {
			count[set]++
		}
	}
	count[map[bool]string{true: "IPv4", false: "IPv6"}[p.source.Is4()]]++
}

// leavesBy is the interface by which a packet leaves for its destination.
func leavesBy(p parcel, translated bool) string {
	if translated {
		return "lxdbr0"
	}
	for network, name := range behind {
		if netip.MustParsePrefix(network).Contains(p.to) {
			return name
		}
	}
	return "out0"
}

var behind = map[string]string{
	"10.1.0.0/24": "lxdbr0", "fd01::/64": "lxdbr0", "10.2.0.0/24": "mynet", "fd02::/64": "mynet", "10.3.0.0/24": "vmbr0", "fd03::/64": "vmbr0",
	"10.4.0.0/24": "veth0", "fd04::/64": "veth0", "10.5.0.0/24": "wg0", "fd05::/64": "wg0",
}

var protocolNames = map[byte]firewall.Protocol{
	unix.IPPROTO_TCP: firewall.TCP, unix.IPPROTO_UDP: firewall.UDP, unix.IPPROTO_ICMP: "icmp", unix.IPPROTO_ICMPV6: "ipv6-icmp", 253: "experiment",
}

// These are the types of ICMP that are sent, with their names.
var (
	icmp4Types = map[byte]string{0: "echo-reply", 3: "destination-unreachable", 4: "source-quench", 5: "redirect", 8: "echo-request", 11: "time-exceeded", 13: "timestamp-request"}
	icmp6Types = map[byte]string{
		1: "destination-unreachable", 2: "packet-too-big", 128: "echo-request", 129: "echo-reply", 130: "mld-listener-query", 131: "mld-listener-report",
		133: "nd-router-solicit", 134: "nd-router-advert", 135: "nd-neighbor-solicit", 136: "nd-neighbor-advert",
	}
)

func icmpName(p parcel) string {
	switch p.protocol {
	case unix.IPPROTO_ICMP:
		return icmp4Types[p.icmpType]
	case unix.IPPROTO_ICMPV6:
		return icmp6Types[p.icmpType]
	}
	return ""
}

// ports are used both by rules and by packets, so that they meet.
var ports = []uint16{22, 53, 67, 80, 443, 546, 547, 8006}

var sources = []string{"192.168.1.7", "192.168.1.99", "192.168.2.7", "203.0.113.9", "fd83::7", "fd83:0:0:1::7", "2001:db8::9", "fe80::7"}

// draw draws a packet. A reply continues a connection that draw begins.
func (k *kernel) draw(t *rapid.T, published []uint16) parcel {
	p := parcel{wire: rapid.SampledFrom(k.wires).Draw(t, "in"), source: netip.MustParseAddr(rapid.SampledFrom(sources).Draw(t, "source"))}
	forwarded := p.wire.name != "lo" && !p.source.IsLinkLocalUnicast() && rapid.Bool().Draw(t, "forwarded")
	p.to = host4
	if p.source.Is6() {
		p.to = host6
	}
	if p.wire.name == "lo" { // the host to itself
		p.source = p.to
	}
	if forwarded {
		p.to = somebodyElse(t, p.source.Is4())
	}
	p.port = rapid.SampledFrom(append(slices.Clone(ports), 9999)).Draw(t, "port")
	if p.source.IsLinkLocalUnicast() && slices.Contains(published, p.port) {
		p.port = 9999 // such an address is never forwarded
	}
	p.sourcePort = uint16(20000 + k.sent%40000)
	if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
		p.sourcePort = 547
	}
	protocols := []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP, unix.IPPROTO_UDP, 253, unix.IPPROTO_ICMP}
	types := icmp4Types
	if p.source.Is6() {
		protocols[4], types = unix.IPPROTO_ICMPV6, icmp6Types
	}
	p.protocol = rapid.SampledFrom(protocols).Draw(t, "protocol")
	switch p.protocol {
	case unix.IPPROTO_TCP:
		p.flags = rapid.SampledFrom([]byte{2, 2, 3, 16}).Draw(t, "flags") // SYN, SYN and FIN, ACK
	case unix.IPPROTO_UDP:
		if !forwarded && p.wire.name == "out0" && !p.source.IsLinkLocalUnicast() && rapid.Bool().Draw(t, "reply") {
			p = k.replied(t, p)
		}
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		p.icmpType = rapid.SampledFrom(sortedTypes(types)).Draw(t, "type")
	}
	return p
}

func sortedTypes(types map[byte]string) []byte {
	var all []byte
	for number := range types {
		all = append(all, number)
	}
	slices.Sort(all)
	return all
}

func somebodyElse(t *rapid.T, is4 bool) netip.Addr {
	n := rapid.IntRange(0, 5).Draw(t, "behind")
	text := fmt.Sprintf("10.%d.0.9", n)
	switch {
	case n == 0 && is4:
		text = "198.51.100.9"
	case n == 0:
		text = "2001:db8:9::9"
	case !is4:
		text = fmt.Sprintf("fd0%d::9", n)
	}
	return netip.MustParseAddr(text)
}

// replied makes the host send something first. The packet is then the answer to
// it or, as ICMP, an error about it.
func (k *kernel) replied(t *rapid.T, p parcel) parcel {
	p.sourcePort, p.port = 9998, uint16(20000+k.sent%40000)
	from := net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.to, p.port))
	conn, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.source, p.sourcePort)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("hallo")); err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "as an error") {
		was := parcel{source: p.to, to: p.source, protocol: unix.IPPROTO_UDP, sourcePort: p.port, port: p.sourcePort}
		p.inner = was.packet()
		p.protocol, p.icmpType = unix.IPPROTO_ICMP, rapid.SampledFrom([]byte{3, 4, 11}).Draw(t, "type")
		if p.source.Is6() {
			p.protocol, p.icmpType = unix.IPPROTO_ICMPV6, rapid.SampledFrom([]byte{1, 2}).Draw(t, "type")
		}
	}
	return p
}

// drawPolicy draws what [firewall.New] takes.
func drawPolicy(t *rapid.T) firewall.Policy {
	var policy firewall.Policy
	var err error
	if rapid.Bool().Draw(t, "of a lab") {
		policy, err = task.FirewallPolicy(22, drawNetworks(t, 1), drawOpenings(t), drawSides(t))
	} else {
		policy, err = firewall.New(drawRules(t, "i", false), drawRules(t, "f", true))
	}
	if err != nil {
		t.Fatalf("no policy: %v", err)
	}
	return policy
}

var networks = []string{"192.168.1.0/24", "192.168.2.7/32", "203.0.113.0/28", "fd83::/64", "2001:db8::/32"}

func drawNetworks(t *rapid.T, least int) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range rapid.SliceOfNDistinct(rapid.SampledFrom(networks), least, 3, rapid.ID[string]).Draw(t, "networks") {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func drawOpenings(t *rapid.T) []lab.Opening {
	var all []lab.Opening
	for range rapid.IntRange(0, 3).Draw(t, "openings") {
		all = append(all, lab.Opening{
			Protocol: rapid.SampledFrom([]string{"tcp", "udp"}).Draw(t, "protocol"), Port: rapid.SampledFrom(ports).Draw(t, "port"), From: drawNetworks(t, 0),
		})
	}
	return all
}

func drawSides(t *rapid.T) task.Sides {
	sides := task.Sides{Outside: []string{"out0"}, Veths: rapid.Bool().Draw(t, "veths")}
	if rapid.Bool().Draw(t, "vmbr0 is outside") {
		sides.Outside, sides.Bridges = append(sides.Outside, "vmbr0"), []string{"vmbr0"}
	}
	for _, name := range []string{"wg0", "mynet", "lxdbr0"} {
		if rapid.Bool().Draw(t, name+" is inside") {
			sides.Inside = append(sides.Inside, name)
		}
	}
	return sides
}

func drawRules(t *rapid.T, way string, forwarded bool) []firewall.Rule {
	var rules []firewall.Rule
	for i := range rapid.IntRange(0, 6).Draw(t, "rules") {
		r := firewall.Rule{Name: fmt.Sprint(way, i), Drop: rapid.Bool().Draw(t, "drop"), Who: drawWho(t, forwarded)}
		for range rapid.IntRange(0, 2).Draw(t, "what") {
			r.What = append(r.What, drawWhat(t, r.Who, forwarded))
		}
		rules = append(rules, r)
	}
	return rules
}

func drawWho(t *rapid.T, forwarded bool) firewall.Who {
	var who firewall.Who
	switch rapid.SampledFrom([]string{"anybody", "networks", "behind", "both", "other"}).Draw(t, "who") {
	case "networks":
		who.Networks = drawNetworks(t, 1)
	case "behind":
		who.Behind = drawInterfaces(t)
	case "both":
		who.Networks, who.Behind = drawNetworks(t, 1), drawInterfaces(t)
	case "other":
		who.Neighbour = !forwarded && rapid.Bool().Draw(t, "neighbour")
		who.Loopback = !forwarded && !who.Neighbour
		if forwarded {
			who.Within = rapid.SampledFrom([]string{"vmbr0", "lxdbr0"}).Draw(t, "within")
		}
	}
	return who
}

func drawInterfaces(t *rapid.T) *firewall.Interfaces {
	some := func(what string, all ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 2, rapid.ID[string]).Draw(t, what)
	}
	i := &firewall.Interfaces{Patterns: some("patterns", "lxd*", "lxdbr*", "w*", "eth9"), Names: some("names", "wg0", "mynet", "lxdbr0"), Not: some("not", "out0", "lxdbr0", "veth0")}
	for _, kind := range some("kinds", "bridge", "veth") {
		i.Kinds = append(i.Kinds, firewall.Kind(kind))
	}
	if len(i.Patterns)+len(i.Names)+len(i.Kinds) == 0 {
		i.Names = []string{"eth9"}
	}
	return i
}

func drawWhat(t *rapid.T, who firewall.Who, forwarded bool) firewall.What {
	w := firewall.What{State: rapid.SampledFrom([]firewall.State{firewall.Any, firewall.Any, firewall.First, firewall.Reply, firewall.Invalid}).Draw(t, "state")}
	families := []string{"protocol", "ports", "from", "ICMP", "ICMPv6", "published", "state only"}
	switch rapid.SampledFrom(families).Draw(t, "what") {
	case "protocol":
		w.Protocol = drawProtocol(t)
	case "ports":
		w.Protocol, w.Ports = drawProtocol(t), rapid.SliceOfNDistinct(rapid.SampledFrom(ports), 1, 3, rapid.ID[uint16]).Draw(t, "ports")
	case "from":
		w.Protocol, w.FromPort = drawProtocol(t), 547
	case "ICMP":
		if has(who, netip.Addr.Is6) || who.Neighbour {
			break
		}
		w.ICMP = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"echo-request", "echo-reply", "destination-unreachable", "source-quench", "redirect"}), 1, 3, rapid.ID[string]).Draw(t, "types")
	case "ICMPv6":
		if has(who, netip.Addr.Is4) {
			break
		}
		w.ICMPv6 = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"echo-request", "packet-too-big", "nd-router-solicit", "nd-neighbor-advert"}), 1, 3, rapid.ID[string]).Draw(t, "types")
	case "published":
		w.Published = forwarded
		if rapid.Bool().Draw(t, "of a port") {
			w.Protocol, w.Ports = drawProtocol(t), []uint16{rapid.SampledFrom(ports).Draw(t, "port")}
		}
	}
	return w
}

func drawProtocol(t *rapid.T) firewall.Protocol {
	return rapid.SampledFrom([]firewall.Protocol{firewall.TCP, firewall.UDP}).Draw(t, "protocol")
}

func has(who firewall.Who, is func(netip.Addr) bool) bool {
	return slices.ContainsFunc(who.Networks, func(p netip.Prefix) bool { return is(p.Addr()) })
}
