package agent

import (
	"context"
	"encoding/json"
	"net"
	"strings"

	"cairn/internal/wire"
)

// link is an interface in the output of `ip -json -details link show`.
type link struct {
	Name   string `json:"ifname"`
	Master string `json:"master"`
	Info   struct {
		Kind string `json:"info_kind"`
	} `json:"linkinfo"`
}

// route is a route in the output of `ip -json route show`.
type route struct {
	To   string `json:"dst"`
	Over string `json:"dev"`
	Type string `json:"type"`
}

// interfaces returns the network interfaces of the kernel, except those of
// listeners.
func (a *Agent) interfaces(ctx context.Context) []wire.NIC {
	known, err := net.Interfaces()
	if err != nil {
		return nil
	}
	kinds, ports := parseLinks(a.said(ctx, "ip", "-json", "-details", "link", "show"))
	over := parseDefaults(a.said(ctx, "ip", "-json", "-4", "route", "show", "table", "all"), a.said(ctx, "ip", "-json", "-6", "route", "show", "table", "all"))
	var all []wire.NIC
	for _, l := range known {
		if strings.HasPrefix(l.Name, listenerName) {
			continue
		}
		nic := wire.NIC{
			Name: l.Name, MAC: l.HardwareAddr.String(), MTU: l.MTU, Up: l.Flags&net.FlagUp != 0,
			Kind: kinds[l.Name], Ports: ports[l.Name], Default: over[l.Name],
		}
		addresses, err := l.Addrs()
		if err != nil {
			continue
		}
		for _, address := range addresses {
			nic.Addresses = append(nic.Addresses, address.String())
		}
		all = append(all, nic)
	}
	return all
}

// parseLinks returns the kind of each interface and the ports of each bridge.
func parseLinks(text string) (kinds map[string]string, ports map[string][]string) {
	kinds, ports = map[string]string{}, map[string][]string{}
	var links []link
	if json.Unmarshal([]byte(text), &links) != nil {
		return kinds, ports
	}
	for _, l := range links {
		kinds[l.Name] = l.Info.Kind
		if l.Master != "" {
			ports[l.Master] = append(ports[l.Master], l.Name)
		}
	}
	return kinds, ports
}

// parseDefaults returns the interfaces of default routes, in any table. Routes to
// half of all addresses count too: a VPN uses two such routes instead of a default
// one.
func parseDefaults(listings ...string) map[string]bool {
	over := map[string]bool{}
	for _, text := range listings {
		var routes []route
		if json.Unmarshal([]byte(text), &routes) != nil {
			continue
		}
		for _, r := range routes {
			switch r.To {
			case "default", "0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1", "2000::/3":
				if r.Over != "" && (r.Type == "" || r.Type == "unicast") {
					over[r.Over] = true
				}
			}
		}
	}
	return over
}
