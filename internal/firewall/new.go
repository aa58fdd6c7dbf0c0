package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// New makes a policy. It returns an error for the first rule that some firewall
// could not express. So every firewall can express every policy.
func New(input, forwarded []Rule) (Policy, error) {
	for _, way := range []struct {
		name  string
		rules []Rule
	}{{"input", input}, {"forward", forwarded}} {
		for i, r := range way.rules {
			err := r.check(way.name == "forward")
			if r.Name != "" && slices.ContainsFunc(way.rules[:i], func(other Rule) bool { return other.Name == r.Name }) {
				err = errors.New("another rule has the same name")
			}
			if err != nil {
				return Policy{}, fmt.Errorf("rule %d of %s %s: %w", i+1, way.name, r.Name, err)
			}
		}
	}
	return Policy{input: slices.Clone(input), forwarded: slices.Clone(forwarded)}, nil
}

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (r Rule) check(forwarded bool) error {
	switch {
	case r.Name != "" && (!ruleName.MatchString(r.Name) || r.Name == "input" || r.Name == "forward"):
		return fmt.Errorf("%q is not allowed as a rule's name", r.Name)
	case r.Name == "" && len(r.What) > 1 && r.Who.ways() > 1:
		return errors.New("a rule with several sources and several kinds of packets needs a name")
	case forwarded && (r.Who.Loopback || r.Who.Neighbour):
		return errors.New("a forwarded packet cannot be of that kind")
	case !forwarded && r.Who.Within != "":
		return errors.New("a packet for the host itself does not leave by a bridge")
	}
	if err := r.Who.check(); err != nil {
		return err
	}
	for _, w := range r.What {
		if !forwarded && w.Published {
			return errors.New("a published port belongs to a forwarding rule")
		}
		if err := w.check(); err != nil {
			return err
		}
		if len(w.ICMPv6) > 0 && r.Who.has(netip.Addr.Is4) || len(w.ICMP) > 0 && (r.Who.has(netip.Addr.Is6) || r.Who.Neighbour) {
			return errors.New("addresses of one family do not send ICMP of the other")
		}
	}
	return nil
}

// has reports whether networks of a family are named.
func (w Who) has(is func(netip.Addr) bool) bool { return len(w.ofFamily(is)) > 0 }

// ways returns how many statements are needed to say who: one for each family,
// one for names, and one for kinds.
func (w Who) ways() int {
	n := 1
	if w.has(netip.Addr.Is4) && w.has(netip.Addr.Is6) {
		n *= 2
	}
	if w.Behind != nil && len(w.Behind.Patterns)+len(w.Behind.Names) > 0 && len(w.Behind.Kinds) > 0 {
		n *= 2
	}
	return n
}

// ofFamily returns the networks of a family as text, sorted.
func (w Who) ofFamily(is func(netip.Addr) bool) []string {
	var texts []string
	for _, p := range w.Networks {
		if is(p.Addr()) {
			texts = append(texts, p.Masked().String())
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

func (w Who) check() error {
	if w.Neighbour && len(w.Networks) > 0 {
		return errors.New("neighbours already have addresses of their own")
	}
	for i, p := range w.Networks {
		if !p.IsValid() || p.Addr().Is4In6() {
			return fmt.Errorf("%s is not a network", p)
		}
		for _, other := range w.Networks[:i] {
			if p.Overlaps(other) && p.Masked() != other.Masked() {
				return fmt.Errorf("the networks %s and %s overlap", other, p)
			}
		}
	}
	if w.Within != "" {
		if err := interfaceName(w.Within); err != nil {
			return err
		}
	}
	if w.Behind == nil {
		return nil
	}
	return w.Behind.check()
}

func (i Interfaces) check() error {
	if len(i.Patterns)+len(i.Names)+len(i.Kinds) == 0 {
		return errors.New("no interface is given")
	}
	for _, pattern := range i.Patterns {
		if start, _ := strings.CutSuffix(pattern, "*"); interfaceName(start) != nil {
			return fmt.Errorf("%q is not a pattern for interfaces", pattern)
		}
	}
	for _, name := range slices.Concat(i.Names, i.Not) {
		if err := interfaceName(name); err != nil {
			return err
		}
	}
	for _, kind := range i.Kinds {
		if kind != Bridge && kind != Veth {
			return fmt.Errorf("the kind of interface %q is unknown", kind)
		}
	}
	return nil
}

// interfaceName refuses names that the kernel refuses (dev_valid_name in
// net/core/dev.c), and those that a firewall would read as something else.
func interfaceName(name string) error {
	odd := func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`/:"'\*+!,$`, c) }
	if name == "" || len(name) > 15 || name == "." || name == ".." || strings.ContainsFunc(name, odd) {
		return fmt.Errorf("no firewall accepts an interface with the name %q", name)
	}
	return nil
}

func (w What) check() error {
	ports := len(w.Ports) > 0 || w.FromPort != 0
	switch {
	case w.State < Any || w.State > Invalid:
		return errors.New("a rule cannot use that state")
	case w.Protocol != "" && w.Protocol != TCP && w.Protocol != UDP:
		return fmt.Errorf("%q has no ports", w.Protocol)
	case ports && w.Protocol == "":
		return errors.New("ports need a protocol")
	case slices.Contains(w.Ports, 0):
		return errors.New("there is no port 0")
	case w.Published && w.FromPort != 0:
		return errors.New("a published port needs the protocol and ports that it was sent to")
	case len(w.ICMP)+len(w.ICMPv6) > 0 && (ports || w.Protocol != "") || len(w.ICMP) > 0 && len(w.ICMPv6) > 0:
		return errors.New("a packet has only one protocol")
	}
	for _, name := range w.ICMP {
		if _, known := icmpTypes[name]; !known {
			return fmt.Errorf("ICMP has no type %q", name)
		}
	}
	for _, name := range w.ICMPv6 {
		if _, known := icmpv6Types[name]; !known {
			return fmt.Errorf("ICMPv6 has no type %q", name)
		}
	}
	return nil
}

// icmpTypes maps the names that firewalls use for types of ICMP to their
// numbers (RFC 792).
var icmpTypes = map[string]uint8{
	"echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "time-exceeded": 11,
	"parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
}

// icmpv6Types does the same for ICMPv6 (RFC 4443, RFC 4861, RFC 2710).
var icmpv6Types = map[string]uint8{
	"destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128, "echo-reply": 129,
	"mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
	"nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137,
}
