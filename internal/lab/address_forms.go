package lab

import (
	"fmt"
	"net/netip"
	"strings"

	"cairn/internal/problem"
)

// patterns for editors; the parsers of net/netip decide.
const (
	pattern4       = `^([0-9]{1,3}\.){3}[0-9]{1,3}$`
	pattern6       = `^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$`
	prefixPattern4 = `^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$`
	prefixPattern6 = `^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*/[0-9]{1,3}$`
	prefixPattern  = `^[0-9a-fA-F:.]+/[0-9]{1,3}$`
)

var (
	address4Form = &form{name: "an IPv4 address", example: "192.168.1.10", pattern: pattern4, check: func(text string) *flaw {
		return checkAddress(text, netip.Addr.Is4)
	}}
	address6Form = &form{name: "an IPv6 address", example: "fd83::10", pattern: pattern6, check: func(text string) *flaw {
		return checkAddress(text, isPlain6)
	}}
	addressForm = &form{name: "an IP address", example: "192.168.1.1", pattern: `^[0-9a-fA-F:.]+$`, check: func(text string) *flaw {
		return checkAddress(text, func(a netip.Addr) bool { return a.Is4() || isPlain6(a) })
	}}
	cidr4Form = &form{name: "an IPv4 network", example: "192.168.1.0/24", pattern: prefixPattern4, check: func(text string) *flaw {
		return checkPrefix(text, func(p netip.Prefix) *flaw {
			if !p.Addr().Is4() {
				return &flaw{}
			}
			return checkSize(p, 8, 30)
		})
	}}
	cidr6Form = &form{name: "an IPv6 network", example: "fd83::/64", pattern: prefixPattern6, check: func(text string) *flaw {
		return checkPrefix(text, func(p netip.Prefix) *flaw {
			if !isPlain6(p.Addr()) {
				return &flaw{}
			}
			return checkSize(p, 16, 126)
		})
	}}
	prefixForm = &form{name: "a network", example: "192.168.1.0/24", pattern: prefixPattern, check: func(text string) *flaw {
		return checkPrefix(text, func(netip.Prefix) *flaw { return nil })
	}}
	adminForm = &form{name: "a network of yours", example: "192.168.1.0/24", pattern: prefixPattern, check: func(text string) *flaw {
		return checkPrefix(text, checkAdmin)
	}}
)

// isPlain6 reports an IPv6 address that is neither bound to an interface nor an
// IPv4 address in disguise.
func isPlain6(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.Zone() == "" }

// checkAddress looks whether a text is an address that a machine may have.
func checkAddress(text string, family func(netip.Addr) bool) *flaw {
	a, err := netip.ParseAddr(text)
	if err != nil {
		if p, err := netip.ParsePrefix(text); err == nil && family(p.Addr()) {
			return &flaw{suggestion: p.Addr().String()}
		}
		return &flaw{}
	}
	switch {
	case !family(a):
		return &flaw{}
	case a.IsUnspecified(), a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return &flaw{message: text + " is not the address of one machine"}
	case a.IsLinkLocalUnicast() && a.Is6():
		return &flaw{message: text + " means something else on every network interface"}
	}
	return nil
}

// checkPrefix looks whether a text is a network, and then looks at that.
func checkPrefix(text string, further func(netip.Prefix) *flaw) *flaw {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
			return &flaw{
				message:    text + " has no prefix length",
				suggestion: netip.PrefixFrom(a, a.BitLen()).String(),
			}
		}
		return &flaw{}
	}
	if p.Addr().Is4In6() {
		return &flaw{}
	}
	if p != p.Masked() {
		return &flaw{
			message:    fmt.Sprintf("%s is an address within a network, not a network", text),
			suggestion: p.Masked().String(),
		}
	}
	return further(p)
}

// checkSize looks whether a network has a plausible size.
func checkSize(p netip.Prefix, shortest, longest int) *flaw {
	if p.Bits() >= shortest && p.Bits() <= longest {
		return nil
	}
	return &flaw{
		message:  fmt.Sprintf("%s is not the size of a lab's network", p),
		expected: fmt.Sprintf("a prefix length from %d to %d", shortest, longest),
	}
}

// checkAdmin refuses networks that hold strangers. The largest ones for private
// use are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193); anything larger holds
// a part of the internet.
func checkAdmin(p netip.Prefix) *flaw {
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
	return &flaw{
		code:     problem.LabUnsafe,
		message:  fmt.Sprintf("%s would let %s try to log in over SSH", p, who),
		expected: "the network or the addresses that you administer from",
	}
}

// parseAddress reads an address; the invalid one for another text.
func parseAddress(text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil || strings.Contains(text, "%") {
		return netip.Addr{}
	}
	return a
}

// parsePrefix reads a network; the invalid one for another text.
func parsePrefix(text string) netip.Prefix {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return p.Masked()
}
