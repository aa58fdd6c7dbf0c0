// Package names renders the names of a lab, with their addresses, for what resolves
// names: the lab's own resolver, and what owners have.
package names

import "net/netip"

// Record is a name with its addresses: one of IPv4, one of IPv6, or both.
type Record struct {
	Name      string       `json:"name"`      // the whole name, without a dot at the end
	Addresses []netip.Addr `json:"addresses"` // IPv4 first
}

// kind is the type of the DNS record that has an address (RFC 1035, RFC 3596).
func kind(a netip.Addr) string {
	if a.Is4() {
		return "A"
	}
	return "AAAA"
}
