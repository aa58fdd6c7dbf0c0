// Package firewall is what a host's firewall lets through, as typed rules: who, what,
// and whether it is for the host itself or forwarded, in both families at once. A
// policy knows no firewall; a renderer writes it in the words of one, and [Policy.LetsIn]
// and [Policy.Forwards] say what every rendering has to do.
package firewall

import (
	"net/netip"
	"slices"
	"strings"
)

// Policy is what a host lets through. It is made by [New], and not changed after that.
type Policy struct {
	input     []Rule
	forwarded []Rule
}

// Input are the rules for what is sent to the host itself. What none of them fits is
// dropped.
func (p Policy) Input() []Rule { return slices.Clone(p.input) }

// Forwarded are the rules for what the host passes on. What none of them fits is let
// through, so that connections of which the kernel has lost track can end: the rules
// have to drop what is new.
func (p Policy) Forwarded() []Rule { return slices.Clone(p.forwarded) }

// Rule decides about packets of somebody that are one of several things. The first
// rule that fits a packet decides.
type Rule struct {
	// Name is for renderers that need one; a rule with several ways in its Who and
	// several Whats has to have one.
	Name string
	Who  Who
	What []What // any of these; none: everything
	Drop bool
}

// Who is where a packet comes from. The zero value is anybody; of several fields all
// have to fit.
type Who struct {
	Networks  []netip.Prefix // one of these has the source address
	Loopback  bool           // the host itself
	Neighbour bool           // an IPv6 address that counts on its wire only
	Behind    *Interfaces    // it came in by one of these
	Within    string         // it came in by this bridge and leaves by it again
}

// Interfaces are network interfaces by name or kind: what has one of the patterns,
// names or kinds, and none of the names in Not. A renderer for a firewall that knows
// names only has to be given the interfaces that there are.
type Interfaces struct {
	Patterns []string // names; an asterisk at the end stands for anything
	Names    []string
	Kinds    []Kind
	Not      []string
}

// Kind is a kind of interface, as ip-link(8) names it.
type Kind string

// The kinds that can be told apart.
const (
	Bridge Kind = "bridge"
	Veth   Kind = "veth"
)

// What is what a packet is. The zero value is everything; of several fields all have
// to fit.
type What struct {
	State    State
	Protocol Protocol
	Ports    []uint16 // where it goes: one of these
	FromPort uint16   // where it comes from; 0: anywhere
	// Published is what was sent to a port of the host and is passed on to another
	// address. Protocol and Ports are then what it was sent to.
	Published bool
	ICMP      []string // one of these types of ICMP, by their names
	ICMPv6    []string
}

// Protocol carries ports.
type Protocol string

// The protocols that lab files can open ports of.
const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// State is what a packet is to the connection that it belongs to.
type State int

// The states. [Stray] is none that a rule can ask for: a packet that the kernel does
// not follow.
const (
	Any     State = iota
	First         // it begins one
	Reply         // it goes on with one, or is about one
	Invalid       // it cannot be
	Stray
)

// Packet is a packet as the kernel sees it when it has to decide.
type Packet struct {
	In, Out    string // interfaces; Out is empty for the host itself
	Kind       Kind   // of In
	Source     netip.Addr
	State      State
	Protocol   Protocol // or that of RFC 5237 by its name: icmp, ipv6-icmp
	SourcePort uint16
	Port       uint16
	ICMP       string // its type, where it is ICMP or ICMPv6
	// SentTo is the port that it was sent to before its address was translated; 0:
	// it was not.
	SentTo uint16
}

// LetsIn judges a packet that is sent to the host itself.
func (p Policy) LetsIn(packet Packet) bool { return judge(p.input, packet, false) }

// Forwards judges a packet that the host would pass on.
func (p Policy) Forwards(packet Packet) bool { return judge(p.forwarded, packet, true) }

func judge(rules []Rule, packet Packet, otherwise bool) bool {
	for _, r := range rules {
		if r.Who.fits(packet) && r.isAbout(packet) {
			return !r.Drop
		}
	}
	return otherwise
}

func (r Rule) isAbout(packet Packet) bool {
	return len(r.What) == 0 || slices.ContainsFunc(r.What, func(w What) bool { return w.fits(packet) })
}

func (w Who) fits(p Packet) bool {
	from := func(network netip.Prefix) bool { return network.Contains(p.Source) }
	switch {
	case len(w.Networks) > 0 && !slices.ContainsFunc(w.Networks, from),
		w.Loopback && p.In != loopback,
		w.Neighbour && !linkLocal.Contains(p.Source),
		w.Behind != nil && !w.Behind.have(p.In, p.Kind),
		w.Within != "" && (p.In != w.Within || p.Out != w.Within):
		return false
	}
	return true
}

// loopback is the interface that leads to the host itself.
const loopback = "lo"

// linkLocal are the addresses of neighbours (RFC 4291, section 2.5.6).
var linkLocal = netip.MustParsePrefix("fe80::/10")

func (i Interfaces) have(name string, kind Kind) bool {
	if slices.Contains(i.Not, name) {
		return false
	}
	return slices.ContainsFunc(i.Patterns, func(p string) bool { return covers(p, name) }) ||
		slices.Contains(i.Names, name) || slices.Contains(i.Kinds, kind)
}

// covers reports whether a pattern stands for a name, or for all that another
// pattern stands for.
func covers(pattern, name string) bool {
	start, several := strings.CutSuffix(pattern, "*")
	return pattern == name || several && strings.HasPrefix(name, start)
}

func (w What) fits(p Packet) bool {
	port := p.Port
	if w.Published {
		port = p.SentTo
	}
	switch {
	case w.State != Any && w.State != p.State,
		w.Protocol != "" && w.Protocol != p.Protocol,
		len(w.Ports) > 0 && !slices.Contains(w.Ports, port),
		w.FromPort != 0 && w.FromPort != p.SourcePort,
		w.Published && p.SentTo == 0,
		len(w.ICMP) > 0 && (p.Protocol != icmp || !slices.Contains(w.ICMP, p.ICMP)),
		len(w.ICMPv6) > 0 && (p.Protocol != icmpv6 || !slices.Contains(w.ICMPv6, p.ICMP)):
		return false
	}
	return true
}

// The protocols of ICMP (/etc/protocols).
const (
	icmp   Protocol = "icmp"
	icmpv6 Protocol = "ipv6-icmp"
)
