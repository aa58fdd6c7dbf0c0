package lab

import (
	"fmt"
	"net/netip"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// Patterns for editors. The parsers of net/netip have the last word.
const (
	pattern4       = `^([0-9]{1,3}\.){3}[0-9]{1,3}$`
	pattern6       = `^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$`
	prefixPattern4 = `^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$`
	prefixPattern6 = `^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*/[0-9]{1,3}$`
	prefixPattern  = `^[0-9a-fA-F:.]+/[0-9]{1,3}$`
)

var (
	address4Form = &document.Form{Name: "an IPv4 address", Example: "192.168.1.10", Pattern: pattern4, Check: func(text string) *document.Flaw {
		return checkAddress(text, netip.Addr.Is4)
	}}
	address6Form = &document.Form{Name: "an IPv6 address", Example: "fd83::10", Pattern: pattern6, Check: func(text string) *document.Flaw {
		return checkAddress(text, isPlain6)
	}}
	addressForm = &document.Form{Name: "an IP address", Example: "192.168.1.1", Pattern: `^[0-9a-fA-F:.]+$`, Check: func(text string) *document.Flaw {
		return checkAddress(text, func(a netip.Addr) bool { return a.Is4() || isPlain6(a) })
	}}
	cidr4Form = &document.Form{Name: "an IPv4 network", Example: "192.168.1.0/24", Pattern: prefixPattern4, Check: func(text string) *document.Flaw {
		return checkPrefix(text, func(p netip.Prefix) *document.Flaw {
			if !p.Addr().Is4() {
				return &document.Flaw{}
			}
			return checkSize(p, 8, 30)
		})
	}}
	cidr6Form = &document.Form{Name: "an IPv6 network", Example: "fd83::/64", Pattern: prefixPattern6, Check: func(text string) *document.Flaw {
		return checkPrefix(text, func(p netip.Prefix) *document.Flaw {
			if !isPlain6(p.Addr()) {
				return &document.Flaw{}
			}
			return checkSize(p, 16, 126)
		})
	}}
	prefixForm = &document.Form{Name: "a network", Example: "192.168.1.0/24", Pattern: prefixPattern, Check: func(text string) *document.Flaw {
		return checkPrefix(text, func(netip.Prefix) *document.Flaw { return nil })
	}}
	adminForm = &document.Form{Name: "a network of yours", Example: "192.168.1.0/24", Pattern: prefixPattern, Check: func(text string) *document.Flaw {
		return checkPrefix(text, checkAdmin)
	}}
)

// isPlain6 reports whether an address is a plain IPv6 address: without a zone, and
// not an IPv4 address in IPv6 form.
func isPlain6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.Zone() == "" }

// checkAddress reports a text that is not an address of one machine.
func checkAddress(text string, family func(netip.Addr) bool) *document.Flaw {
	a, err := netip.ParseAddr(text)
	if err != nil {
		if p, err := netip.ParsePrefix(text); err == nil && family(p.Addr()) {
			return &document.Flaw{Suggestion: p.Addr().String()}
		}
		return &document.Flaw{}
	}
	switch {
	case !family(a):
		return &document.Flaw{}
	case a.IsUnspecified(), a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return &document.Flaw{Message: text + " is not the address of one machine"}
	case a.IsLinkLocalUnicast() && a.Is6():
		return &document.Flaw{Message: text + " means something else on every network interface"}
	}
	return nil
}

// checkPrefix reports a text that is not a network, and then applies a further
// check.
func checkPrefix(text string, further func(netip.Prefix) *document.Flaw) *document.Flaw {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
			return &document.Flaw{
				Message:    text + " has no prefix length",
				Suggestion: netip.PrefixFrom(a, a.BitLen()).String(),
			}
		}
		return &document.Flaw{}
	}
	if p.Addr().Is4In6() {
		return &document.Flaw{}
	}
	if p != p.Masked() {
		return &document.Flaw{
			Message:    fmt.Sprintf("%s is an address within a network, not a network", text),
			Suggestion: p.Masked().String(),
		}
	}
	return further(p)
}

// checkSize reports a network whose size is not plausible.
func checkSize(p netip.Prefix, shortest, longest int) *document.Flaw {
	if p.Bits() >= shortest && p.Bits() <= longest {
		return nil
	}
	return &document.Flaw{
		Message:  fmt.Sprintf("%s is not the size of a lab's network", p),
		Expected: fmt.Sprintf("a prefix length from %d to %d", shortest, longest),
	}
}

// checkAdmin refuses networks that include strangers. The largest private ones are
// 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). Anything larger includes a part of
// the internet.
func checkAdmin(p netip.Prefix) *document.Flaw {
	largest := 8
	if p.Addr().Is6() {
		largest = 7
	}
	if p.Bits() >= largest {
		return nil
	}
	who := "a large part of the internet"
	if p.Bits() == 0 {
		who = "everyone"
	}
	return &document.Flaw{
		Code:     problem.LabUnsafe,
		Message:  fmt.Sprintf("%s would let %s try to log in over SSH", p, who),
		Expected: "the network or the addresses that you administer from",
	}
}

// parseAddress reads an address. Any other text gives the invalid address.
func parseAddress(text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil || strings.Contains(text, "%") {
		return netip.Addr{}
	}
	return a
}

// parsePrefix reads a network. Any other text gives the invalid prefix.
func parsePrefix(text string) netip.Prefix {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return p.Masked()
}
