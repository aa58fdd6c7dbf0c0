package task

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// TestMovingThePort follows hosts through a move. Both ports stay until the
// login is at the new one. If nothing moves, an owner's further port stays.
func TestMovingThePort(t *testing.T) {
	for name, c := range map[string]struct {
		declared uint16
		ssh      wire.SSH
		want     []uint16 // where the server must listen; none leaves it alone
		old      string   // in the firewall, besides
	}{
		"nothing moves":                 {22, wire.SSH{Port: 22, Ports: []uint16{22}}, nil, ""},
		"a further port of the owner's": {22, wire.SSH{Port: 22, Ports: []uint16{22, 2200}}, nil, ""},
		"met at the old port":           {2222, wire.SSH{Port: 22, Ports: []uint16{22}}, []uint16{22, 2222}, "dport 22 "},
		"met at the new port":           {2222, wire.SSH{Port: 2222, Ports: []uint16{22, 2222}, Managed: true}, []uint16{2222}, ""},
		"cut off halfway":               {2222, wire.SSH{Port: 22, Ports: []uint16{22, 2222}, Managed: true}, []uint16{22, 2222}, "dport 22 "},
		"moved":                         {2222, wire.SSH{Port: 2222, Ports: []uint16{2222}, Managed: true}, []uint16{2222}, ""},
		"back":                          {22, wire.SSH{Port: 2222, Ports: []uint16{2222}, Managed: true}, []uint16{22, 2222}, "dport 2222 "},
		"back, met at the new port":     {22, wire.SSH{Port: 22, Ports: []uint16{22, 2222}, Managed: true}, []uint16{22}, ""},
		"the files cannot be read":      {2222, wire.SSH{Port: 22}, nil, ""},
	} {
		h := Host{Lab: &lab.Lab{Network: lab.Network{Admin: prefixes("10.0.0.0/24")}}, Host: lab.Host{Port: c.declared}, Facts: wire.Facts{SSH: c.ssh}}
		if got := sshDropin(h).Ports; !slices.Equal(got, c.want) {
			t.Errorf("%s: the server is to listen on %v, not %v", name, got, c.want)
		}
		rules := firewallTable(h).(resource.NftTable).Body.Text() + " "
		if c.old != "" && !strings.Contains(rules, c.old) || c.old == "" && strings.Count(rules, "saddr { 10.0.0.0/24 } tcp dport") != 1 {
			t.Errorf("%s: the firewall admits\n%s", name, rules)
		}
	}
}
