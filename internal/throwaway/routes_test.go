package throwaway

import (
	"testing"

	"net/netip"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var comparePrefixes = cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})

func TestParseRoutes(t *testing.T) {
	const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
tun0	00000000	010200C0	0003	0	0	0	00000080	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
`
	if diff := cmp.Diff(prefixes("172.17.0.0/16", "192.0.2.0/24"), parseRoutes(table), comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

func TestParseRoutes6(t *testing.T) {
	const table = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
`
	if diff := cmp.Diff(prefixes("fd00::/64"), parseRoutes6(table), comparePrefixes); diff != "" {
		t.Error(diff)
	}
}

func TestParseSubnets(t *testing.T) {
	got, err := parseSubnets([]byte(`[{"Subnet":"10.83.0.0/24","Gateway":"10.83.0.1"},{"Subnet":"fd83::/64"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(prefixes("10.83.0.0/24", "fd83::/64"), got, comparePrefixes); diff != "" {
		t.Error(diff)
	}
	if got, err := parseSubnets([]byte("null")); err != nil || got != nil {
		t.Errorf("the host network gave %v, %v", got, err)
	}
}
