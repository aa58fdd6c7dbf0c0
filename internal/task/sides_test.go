package task

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

func sidesHost(container string, inside []string, nics ...wire.NIC) Host {
	return Host{
		Lab:   &lab.Lab{Network: lab.Network{CIDR: netip.MustParsePrefix("192.168.1.0/24"), CIDR6: netip.MustParsePrefix("fd83::/64")}},
		Host:  lab.Host{Inside: inside},
		Facts: wire.Facts{Container: container, Interfaces: append([]wire.NIC{{Name: "lo", Addresses: []string{"127.0.0.1/8"}}}, nics...)},
	}
}

func TestSides(t *testing.T) {
	uplink := wire.NIC{Name: "enp3s0", Default: true, Addresses: []string{"192.168.1.5/24"}}
	for name, c := range map[string]struct {
		host Host
		want Sides
	}{
		"a plain server": {sidesHost("", nil, uplink), Sides{Outside: []string{"enp3s0"}, Veths: true}},
		"a second card that nothing is known of is no guest's": {
			sidesHost("", nil, uplink, wire.NIC{Name: "enp4s0", Addresses: []string{"10.9.0.1/24"}}), Sides{Outside: []string{"enp3s0"}, Veths: true},
		},
		"the owner names it": {
			sidesHost("", []string{"enp4s0"}, uplink, wire.NIC{Name: "enp4s0"}), Sides{Outside: []string{"enp3s0"}, Inside: []string{"enp4s0"}, Veths: true},
		},
		"the owner cannot name what leads outside": {sidesHost("", []string{"enp3s0"}, uplink), Sides{Outside: []string{"enp3s0"}, Veths: true}},
		"guests of many makers": {
			sidesHost("", nil, uplink, wire.NIC{Name: "mynet", Kind: "bridge", Ports: []string{"veth1"}}, wire.NIC{Name: "veth1", Kind: "veth"},
				wire.NIC{Name: "docker0", Kind: "bridge"}, wire.NIC{Name: "wg0", Kind: "wireguard"}, wire.NIC{Name: "tailscale0", Kind: "tun"},
				wire.NIC{Name: "vnet0", Kind: "tun"}, wire.NIC{Name: "vms", Kind: "bridge", Ports: []string{"vnet0"}}, wire.NIC{Name: "flannel.1", Kind: "vxlan"},
				wire.NIC{Name: "cali1", Kind: "veth"}),
			Sides{Outside: []string{"enp3s0"}, Inside: []string{"flannel.1", "mynet", "tailscale0", "vms", "wg0"}, Veths: true},
		},
		"a bridge with a card in it is outside, whatever it is called": {
			sidesHost("", nil, wire.NIC{Name: "br-lan", Kind: "bridge", Ports: []string{"enp3s0", "vnet0"}}, wire.NIC{Name: "enp3s0"}, wire.NIC{Name: "vnet0", Kind: "tun"}),
			Sides{Outside: []string{"br-lan"}, Bridges: []string{"br-lan"}, Veths: true},
		},
		"a bridge with a VLAN of a card in it": {
			sidesHost("", nil, uplink, wire.NIC{Name: "dmz", Kind: "bridge", Ports: []string{"enp4s0.7"}}, wire.NIC{Name: "enp4s0.7", Kind: "vlan"}),
			Sides{Outside: []string{"dmz", "enp3s0"}, Bridges: []string{"dmz"}, Veths: true},
		},
		"a VPN that everything goes through": {
			sidesHost("", nil, uplink, wire.NIC{Name: "wg1", Kind: "wireguard", Default: true}), Sides{Outside: []string{"enp3s0", "wg1"}, Veths: true},
		},
		"a VPN that is the lab's network": {
			sidesHost("", nil, uplink, wire.NIC{Name: "wg1", Kind: "wireguard", Addresses: []string{"fd83::9/64"}}), Sides{Outside: []string{"enp3s0", "wg1"}, Veths: true},
		},
		"in a container a veth pair is the way out": {
			sidesHost("lxc", nil, wire.NIC{Name: "eth0", Kind: "veth", Default: true}, wire.NIC{Name: "eth1", Kind: "veth"}), Sides{Outside: []string{"eth0"}},
		},
	} {
		if diff := cmp.Diff(c.want, SidesOf(c.host)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBehind(t *testing.T) {
	s := Sides{Outside: []string{"br-lan"}, Inside: []string{"wg0", "gone0"}}
	got := s.Behind([]wire.NIC{{Name: "br-lan"}, {Name: "docker0"}, {Name: "wg0"}, {Name: "enp3s0"}})
	if want := []string{"docker0", "wg0"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
