package task

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
)

func TestLooksFrom(t *testing.T) {
	atlas := lab.Host{Name: "atlas", Address: netip.MustParseAddr("192.168.1.10")}
	inside := lab.Host{Name: "borea", Address: netip.MustParseAddr("192.168.1.11"), Address6: netip.MustParseAddr("fd83::b")}
	outside := lab.Host{Name: "ceres", Address: netip.MustParseAddr("192.168.2.12")}
	visitor := lab.Host{Name: "vesta", Address: netip.MustParseAddr("192.168.3.13"), Roles: []lab.Role{lab.VantageRole}}
	for _, c := range []struct {
		name  string
		hosts []lab.Host
		want  []string
	}{
		{"alone", []lab.Host{atlas}, []string{"192.168.1.0/24"}},
		{"others", []lab.Host{atlas, inside, outside}, []string{"192.168.1.0/24", "192.168.2.12/32", "fd83::b/128"}},
		{"with a vantage", []lab.Host{atlas, inside, visitor}, []string{"192.168.1.0/24", "192.168.3.13/32"}},
	} {
		l := &lab.Lab{Network: lab.Network{Admin: prefixes("192.168.1.7/24")}, Hosts: c.hosts}
		if d := cmp.Diff(c.want, LooksFrom(l, atlas)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}
