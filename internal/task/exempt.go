package task

import (
	"net/netip"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/resource"
)

// exemptions are for programs on the host that ban addresses. A look that
// proves a refusal seems an attack to them, and the ban would lock everybody
// out.
func exemptions(h Host) []resource.Resource {
	var all []resource.Resource
	for _, program := range h.Facts.Banning {
		all = append(all, resource.Exemption{Program: program, Networks: LooksFrom(h.Lab, h.Host)})
	}
	return all
}

// LooksFrom returns the networks from which a host is looked at, sorted: the
// admin networks and the machines that serve as second host.
func LooksFrom(l *lab.Lab, target lab.Host) []string {
	networks := slices.Clone(l.Network.Admin)
	vantages := slices.DeleteFunc(slices.Clone(l.Hosts), func(h lab.Host) bool { return !h.Has(lab.VantageRole) })
	if len(vantages) == 0 {
		vantages = l.Hosts // then any of them may be the second host
	}
	for _, h := range vantages {
		if h.Name == target.Name {
			continue
		}
		for _, a := range h.Addresses() {
			if !slices.ContainsFunc(l.Network.Admin, func(p netip.Prefix) bool { return p.Contains(a) }) {
				networks = append(networks, netip.PrefixFrom(a, a.BitLen()))
			}
		}
	}
	var words []string
	for _, p := range networks {
		words = append(words, p.Masked().String())
	}
	slices.Sort(words)
	return slices.Compact(words)
}
