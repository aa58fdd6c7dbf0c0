package throwaway

import (
	"fmt"
	"net/netip"
)

// place is a host's addresses in the rehearsal's network.
type place struct {
	name              string
	address, address6 netip.Addr
}

// layout is a rehearsal's network and the places in it. Every host has an
// address of both families, whatever the lab declares. A real server has both
// too, and the firewall must show what it does about them. If containers have
// no IPv6 at all, cidr6, gateway6 and address6 are invalid.
type layout struct {
	cidr, cidr6       netip.Prefix
	gateway, gateway6 netip.Addr // the machine's own addresses in the network
	places            []place
}

// settle fills in what the lab left open: gateways and addresses.
func (l layout) settle(gateway netip.Addr) (layout, error) {
	var taken, taken6 []netip.Addr
	for _, p := range l.places {
		taken, taken6 = append(taken, p.address), append(taken6, p.address6)
	}
	var ok bool
	if l.gateway, ok = gatewayOf(l.cidr, gateway, taken); !ok {
		return l, fmt.Errorf("%s has no free address for a gateway", l.cidr)
	}
	if l.gateway6, ok = gatewayOf(l.cidr6, netip.Addr{}, taken6); !ok && l.cidr6.IsValid() {
		return l, fmt.Errorf("%s has no free address for a gateway", l.cidr6)
	}
	taken, taken6 = append(taken, l.gateway), append(taken6, l.gateway6)
	filled := make([]place, len(l.places))
	for i, p := range l.places {
		if p.address, ok = addressIn(l.cidr, p.address, &taken); !ok {
			return l, fmt.Errorf("host %s has no address in %s", p.name, l.cidr)
		}
		if !l.cidr6.IsValid() {
			p.address6 = netip.Addr{}
		} else if p.address6, ok = addressIn(l.cidr6, p.address6, &taken6); !ok {
			return l, fmt.Errorf("host %s has no address in %s", p.name, l.cidr6)
		}
		filled[i] = p
	}
	l.places = filled
	return l, nil
}

// gatewayOf returns the declared gateway if it lies in the range and no host
// has it. Otherwise it returns the first free address.
func gatewayOf(p netip.Prefix, declared netip.Addr, taken []netip.Addr) (netip.Addr, bool) {
	for _, a := range taken {
		if a == declared {
			declared = netip.Addr{}
		}
	}
	if declared.IsValid() && p.Contains(declared) {
		return declared, true
	}
	return firstFree(p, taken)
}

// addressIn returns a host's declared address, or a free one, which it marks as
// taken.
func addressIn(p netip.Prefix, declared netip.Addr, taken *[]netip.Addr) (netip.Addr, bool) {
	if declared.IsValid() {
		return declared, p.Contains(declared)
	}
	free, ok := firstFree(p, *taken)
	*taken = append(*taken, free)
	return free, ok
}
