package engine

import (
	"net/netip"
	"slices"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resolve"
)

// The host sees the controller by one address family only. A firewall that admits
// it by the other must not look open to strangers.
func TestSourcesOfTheControllerAreOfBothFamilies(t *testing.T) {
	both := lab.Host{Name: "atlas", Address: netip.MustParseAddr("127.0.0.1"), Address6: netip.IPv6Loopback()}
	l := &lab.Lab{Hosts: []lab.Host{both, {Name: "visitor", Address: netip.MustParseAddr("10.0.0.20")}}}
	for _, c := range []struct {
		name, vantage string
		to            lab.Host
		want          []netip.Addr
	}{
		{"both", resolve.FromController, both, []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.IPv6Loopback()}},
		{"a host without IPv6", resolve.FromController, lab.Host{Address: both.Address}, []netip.Addr{netip.MustParseAddr("10.0.0.9")}},
		{"another host", "visitor", both, []netip.Addr{netip.MustParseAddr("10.0.0.20")}},
		{"a host with only IPv6", resolve.FromController, lab.Host{Address6: netip.IPv6Loopback()}, []netip.Addr{netip.MustParseAddr("10.0.0.9")}},
		{"a further address", resolve.FromController, lab.Host{Address: netip.MustParseAddr("10.0.0.1"), Also: []netip.Addr{netip.MustParseAddr("127.0.0.2")}}, []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("127.0.0.1")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sourcesOf(l, c.vantage, c.to, "::ffff:10.0.0.9"); !slices.Equal(got, c.want) {
				t.Errorf("sources are %v, want %v", got, c.want)
			}
		})
	}
}
