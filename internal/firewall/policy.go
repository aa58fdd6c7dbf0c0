// Package firewall describes what a host's firewall lets through, as typed rules: who, what, and whether it
// is for the host itself or forwarded, in both families at once. A policy is independent of any firewall
// program. A renderer writes it for one, and [Policy.LetsIn] and [Policy.Forwards] say what every rendering
// must do.
package firewall

import (
	"net/netip"
	"slices"
	"strings"
)

// Policy is what a host lets through. [New] makes it, and it never changes.
type Policy struct {
	input     []Rule
	forwarded []Rule
}

// Input returns the rules for packets to the host itself. A packet that fits
// none of them is dropped.
func (p Policy) Input() []Rule { return slices.Clone(p.input) }

// Forwarded returns the rules for packets that the host passes on. A packet
// that fits none of them is let through, so that connections the kernel has
// lost track of can end. So the rules must drop new connections.
func (p Policy) Forwarded() []Rule { return slices.Clone(p.forwarded) }

// Rule decides about packets from somebody that are one of several things. The
// first rule that fits a packet decides.
type Rule struct {
	// Name is for renderers that need one. A rule with several ways in its Who and
	// several Whats must have a name.
	Name string
	Who  Who
	What []What // any of these; none: everything
	Drop bool
}

// Who is where a packet comes from. The zero value is anybody. All fields that
// are set must fit.
type Who struct {
	Networks  []netip.Prefix // one of these has the source address
	Loopback  bool           // the host itself
	Neighbour bool           // an IPv6 address that is valid only on its own link
	Behind    *Interfaces    // it came in by one of these
	Within    string         // it came in by this bridge and leaves by it again
}

// Interfaces are network interfaces by name or kind: those with one of the
// patterns, names or kinds, except the names in Not. A renderer for a firewall
// that knows only names needs the list of existing interfaces.
type Interfaces struct {
	Patterns []string // names; a trailing asterisk stands for anything
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

// What is the kind of packet. The zero value is everything. All fields that are
// set must fit.
type What struct {
	State    State
	Protocol Protocol
	Ports    []uint16 // where it goes: one of these
	FromPort uint16   // where it comes from; 0: anywhere
	// Published means packets to a port of the host that it passes on to another
	// address. Protocol and Ports are then the original ones.
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

// State is the relation of a packet to its connection.
type State int

// The states. No rule can use [Stray], which is a packet that the kernel does
// not track.
const (
	Any     State = iota
	First         // it begins one
	Reply         // it continues one, or is about one
	Invalid       // it cannot be
	Stray
)

// Packet is a packet as the kernel sees it when it decides.
type Packet struct {
	In, Out    string // interfaces; Out is empty for the host itself
	Kind       Kind   // of In
	Source     netip.Addr
	State      State
	Protocol   Protocol // or that of RFC 5237 by its name: icmp, ipv6-icmp
	SourcePort uint16
	Port       uint16
	ICMP       string // its type, where it is ICMP or ICMPv6
	// SentTo is the port before address translation. 0 means that it was not
	// translated.
	SentTo uint16
}

// LetsIn reports whether a packet to the host itself is let in.
func (p Policy) LetsIn(packet Packet) bool { return judge(p.input, packet, false) }

// Forwards reports whether the host passes a packet on.
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

// covers reports whether a pattern includes a name, or everything that another
// pattern includes.
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
