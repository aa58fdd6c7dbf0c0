package firewall

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Nft returns the policy as the content of a table of the family inet: the text
// between its braces, in nft's own syntax (nft(8)).
//
// The forward chain sees packets before Docker's own rules and separately from
// them. Their accept cannot undo a drop (nft(8): a drop in any base chain is
// final).
func (p Policy) Nft() string {
	var b strings.Builder
	writeChains(&b, "input", "type filter hook input priority filter; policy drop;", p.input)
	writeChains(&b, "forward", "type filter hook forward priority filter - 10; policy accept;", p.forwarded)
	return b.String()
}

// writeChains writes a chain of rules, and after it the chains that it jumps
// to.
func writeChains(b *strings.Builder, name, base string, rules []Rule) {
	lines := []string{base}
	var behind strings.Builder
	for _, r := range rules {
		who, what := r.Who.nft(), r.nftWhat()
		if len(who) > 1 && len(what) > 1 {
			lines = append(lines, each(who, "jump "+r.Name)...)
			writeChain(&behind, r.Name, each(what, r.nftVerdict()))
			continue
		}
		for _, start := range who {
			lines = append(lines, each(what, r.nftVerdict(), start)...)
		}
	}
	writeChain(b, name, lines)
	b.WriteString(behind.String())
}

func writeChain(b *strings.Builder, name string, lines []string) {
	fmt.Fprintf(b, "chain %s {\n", name)
	for _, line := range lines {
		fmt.Fprintf(b, "\t%s\n", line)
	}
	b.WriteString("}\n")
}

// each returns a statement for each match, after what comes before all of them.
func each(matches []string, verdict string, before ...string) []string {
	var lines []string
	for _, match := range matches {
		words := slices.DeleteFunc(append(slices.Clone(before), match, verdict), func(word string) bool { return word == "" })
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}

func (r Rule) nftVerdict() string {
	if r.Drop {
		return "drop"
	}
	return "accept"
}

// nft returns the matches that say who. Any one of them is enough.
func (w Who) nft() []string {
	var parts []string
	if w.Loopback {
		parts = append(parts, "iif "+loopback)
	}
	if w.Neighbour {
		parts = append(parts, "ip6 saddr "+linkLocal.String())
	}
	if w.Within != "" {
		parts = append(parts, fmt.Sprintf("iifname %q oifname %q", w.Within, w.Within))
	}
	ways := []string{strings.Join(parts, " ")}
	if w.Behind != nil {
		ways = product(ways, w.Behind.nft())
	}
	if len(w.Networks) > 0 {
		ways = product(w.nftNetworks(), ways)
	}
	return ways
}

func (w Who) nftNetworks() []string {
	var ways []string
	for _, family := range []struct {
		word string
		is   func(netip.Addr) bool
	}{{"ip", netip.Addr.Is4}, {"ip6", netip.Addr.Is6}} {
		if networks := w.ofFamily(family.is); len(networks) > 0 {
			ways = append(ways, fmt.Sprintf("%s saddr { %s }", family.word, strings.Join(networks, ", ")))
		}
	}
	return ways
}

func product(first, second []string) []string {
	var all []string
	for _, a := range first {
		for _, b := range second {
			all = append(all, strings.TrimSpace(a+" "+b))
		}
	}
	return all
}

func (i Interfaces) nft() []string {
	not := ""
	if len(i.Not) > 0 {
		not = "iifname != { " + quoted(i.Not) + " } "
	}
	var ways []string
	if len(i.Patterns)+len(i.Names) > 0 {
		ways = append(ways, not+"iifname { "+quoted(distinct(slices.Concat(i.Patterns, i.Names)))+" }")
	}
	if len(i.Kinds) > 0 {
		ways = append(ways, not+"meta iifkind { "+quoted(i.Kinds)+" }")
	}
	return ways
}

// distinct leaves out patterns that another pattern covers, because a set of
// nft does not accept both.
func distinct(patterns []string) []string {
	var all []string
	for i, p := range patterns {
		covered := slices.ContainsFunc(patterns[:i], func(other string) bool { return covers(other, p) }) ||
			slices.ContainsFunc(patterns[i+1:], func(other string) bool { return other != p && covers(other, p) })
		if !covered {
			all = append(all, p)
		}
	}
	return all
}

func quoted[S ~string](names []S) string {
	var q []string
	for _, name := range names {
		q = append(q, fmt.Sprintf("%q", string(name)))
	}
	return strings.Join(q, ", ")
}

// nftWhat returns the matches that say what. Any one of them is enough.
func (r Rule) nftWhat() []string {
	if len(r.What) == 0 {
		return []string{""}
	}
	var matches []string
	for _, w := range r.What {
		matches = append(matches, strings.Join(w.nft(), " "))
	}
	return matches
}

func (w What) nft() []string {
	var parts []string
	if state := map[State]string{First: "new", Reply: "established,related", Invalid: "invalid"}[w.State]; state != "" {
		parts = append(parts, "ct state "+state)
	}
	if w.Published {
		parts = append(parts, "ct status dnat")
		if w.Protocol != "" {
			parts = append(parts, "meta l4proto "+string(w.Protocol))
		}
		if len(w.Ports) > 0 {
			parts = append(parts, "ct original proto-dst "+nftPorts(w.Ports))
		}
		return parts
	}
	if w.FromPort != 0 {
		parts = append(parts, fmt.Sprintf("%s sport %d", w.Protocol, w.FromPort))
	}
	switch {
	case len(w.Ports) > 0:
		parts = append(parts, string(w.Protocol)+" dport "+nftPorts(w.Ports))
	case w.Protocol != "" && w.FromPort == 0:
		parts = append(parts, "meta l4proto "+string(w.Protocol))
	case len(w.ICMP) > 0:
		parts = append(parts, nftTypes("icmp", w.ICMP))
	case len(w.ICMPv6) > 0:
		parts = append(parts, nftTypes("icmpv6", w.ICMPv6))
	}
	return parts
}

func nftTypes(protocol string, types []string) string {
	if len(types) == 1 {
		return protocol + " type " + types[0]
	}
	return protocol + " type { " + strings.Join(types, ", ") + " }"
}

func nftPorts(ports []uint16) string {
	var words []string
	for _, port := range ports {
		words = append(words, strconv.Itoa(int(port)))
	}
	if len(words) == 1 {
		return words[0]
	}
	return "{ " + strings.Join(words, ", ") + " }"
}
