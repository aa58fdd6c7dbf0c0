package throwaway

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// home is a lab in the same range as its owner's machine.
func home() *lab.Lab {
	return &lab.Lab{
		Name: "home",
		Network: lab.Network{
			CIDR: netip.MustParsePrefix("192.168.1.0/24"), Gateway: netip.MustParseAddr("192.168.1.1"),
			DNS:   []netip.Addr{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("9.9.9.9")},
			Admin: prefixes("192.168.1.5/32", "198.51.100.0/24"),
		},
		Hosts: []lab.Host{
			{Name: "atlas", Address: netip.MustParseAddr("192.168.1.10"), Open: []lab.Opening{{Protocol: "tcp", Port: 443, From: prefixes("192.168.1.0/25")}}},
			{Name: "visitor", Address: netip.MustParseAddr("192.168.1.20")},
		},
	}
}

func TestMirrorOfAFreeLabIsTheLab(t *testing.T) {
	original := twoHosts()
	m, err := mirrorOf(original, "run", true, prefixes("172.17.0.0/16"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(original, m.lab, comparePrefixes); diff != "" {
		t.Error(diff)
	}
	if len(m.notes) > 0 {
		t.Errorf("notes %q", m.notes)
	}
	if m.layout.gateway6.String() != "fd84::1" {
		t.Errorf("gateway %s", m.layout.gateway6)
	}
}

// TestMirrorResolvesItsNames: an owner's resolver does not know throw-away hosts.
func TestMirrorResolvesItsNames(t *testing.T) {
	original := twoHosts()
	original.Choose = map[string]string{"names": lab.OwnResolver}
	m, err := mirrorOf(original, "run", true, prefixes("172.17.0.0/16"))
	if err != nil {
		t.Fatal(err)
	}
	if m.lab.Choose["names"] != lab.Dnsmasq || original.Choose["names"] != lab.OwnResolver || !strings.Contains(strings.Join(m.notes, "\n"), "your resolver does not know them") {
		t.Errorf("%v instead of %v, notes %q", m.lab.Choose, original.Choose, m.notes)
	}
}

func TestMirrorMovesALabWhoseRangeIsInUse(t *testing.T) {
	original, untouched := home(), home()
	m, err := mirrorOf(original, "run", true, prefixes("192.168.1.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	want := home()
	want.Network.CIDR = netip.MustParsePrefix("10.83.0.0/24")
	want.Network.Gateway = netip.MustParseAddr("10.83.0.1")
	want.Network.DNS[0] = netip.MustParseAddr("10.83.0.1")
	want.Network.Admin = prefixes("10.83.0.5/32", "198.51.100.0/24", "10.83.0.1/32")
	want.Hosts[0].Address = netip.MustParseAddr("10.83.0.10")
	want.Hosts[0].Open[0].From = prefixes("10.83.0.0/25")
	want.Hosts[1].Address = netip.MustParseAddr("10.83.0.20")
	if diff := cmp.Diff(want, m.lab, comparePrefixes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(untouched, original, comparePrefixes); diff != "" {
		t.Errorf("the owner's lab was changed: %s", diff)
	}
	notes := strings.Join(m.notes, "\n")
	if !strings.Contains(notes, "192.168.1.0/24 is public or in use here") || !strings.Contains(notes, "network.admin now includes") {
		t.Errorf("notes %q", notes)
	}
	for _, p := range m.layout.places {
		if !m.layout.cidr6.Contains(p.address6) {
			t.Errorf("%s has no IPv6 address: %v", p.name, p.address6)
		}
	}
}

// Hosts of two networks must keep their numbers within their part of one
// throw-away network, in both families.
func TestMirrorJoinsNetworks(t *testing.T) {
	original := home()
	original.Networks = []lab.Subnet{
		{Name: "guests", CIDR: netip.MustParsePrefix("172.16.8.0/22")},
		{Name: "iot", CIDR: netip.MustParsePrefix("192.168.20.0/24"), CIDR6: netip.MustParsePrefix("fd99:0:0:20::/64")},
	}
	original.Hosts = append(original.Hosts,
		lab.Host{Name: "camera", Address: netip.MustParseAddr("192.168.20.10"), Address6: netip.MustParseAddr("fd99:0:0:20::10")},
		lab.Host{Name: "guest", Address: netip.MustParseAddr("172.16.9.7")})
	original.Network.Admin = prefixes("192.168.1.5/32", "192.168.20.0/24")
	m, err := mirrorOf(original, "run", true, prefixes("192.168.1.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[netip.Addr]string{}
	for _, h := range m.lab.Hosts {
		if !m.layout.cidr.Contains(h.Address) || seen[h.Address] != "" {
			t.Errorf("%s is %s in %s, beside %q", h.Name, h.Address, m.layout.cidr, seen[h.Address])
		}
		seen[h.Address] = h.Name
	}
	if m.layout.cidr.Bits() != 20 || len(m.lab.Networks) != 0 || m.lab.Network.CIDR != m.layout.cidr {
		t.Errorf("the rehearsal has %s, %+v", m.layout.cidr, m.lab.Networks)
	}
	camera, _ := m.lab.Host("camera")
	if !m.layout.cidr6.Contains(camera.Address6) || camera.Address.As4()[3] != 10 {
		t.Errorf("the camera is %s, %s in %s", camera.Address, camera.Address6, m.layout.cidr6)
	}
	if admin := m.lab.Network.Admin; !admin[1].Contains(camera.Address) || admin[0].Overlaps(admin[1]) {
		t.Errorf("admin networks %v", admin)
	}
	if !strings.Contains(strings.Join(m.notes, "\n"), "the lab's 3 networks become one") {
		t.Errorf("notes %q", m.notes)
	}
}

func TestMirrorWithoutIPv6(t *testing.T) {
	m, err := mirrorOf(twoHosts(), "run", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.layout.cidr6.IsValid() || m.lab.Network.CIDR6.IsValid() || m.lab.Hosts[0].Address6.IsValid() || m.layout.places[0].address6.IsValid() {
		t.Errorf("IPv6 was kept: %+v", m.layout)
	}
	if len(m.notes) != 1 {
		t.Errorf("notes %q", m.notes)
	}
}

func TestMirrorKeepsHostsApart(t *testing.T) {
	original := twoHosts()
	original.Hosts[0].Address6 = netip.Addr{}
	original.Hosts[1].Address6 = netip.MustParseAddr("fd84::2")
	original.Network.Gateway = original.Hosts[0].Address // a router that is a host of the lab
	m, err := mirrorOf(original, "run", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.layout.places[0].address6.String(); got != "fd84::3" {
		t.Errorf("the host without an address got %s", got)
	}
	if got := m.layout.gateway.String(); got != "10.84.0.1" {
		t.Errorf("the gateway is %s", got)
	}
}

func TestMirrorSaysWhatHasNoPlace(t *testing.T) {
	tests := map[string]func(*lab.Lab){
		"a host outside the network": func(l *lab.Lab) { l.Hosts[0].Address = netip.MustParseAddr("10.99.0.1") },
		"no range":                   func(l *lab.Lab) { l.Network.CIDR = netip.Prefix{} },
		"a range too large":          func(l *lab.Lab) { l.Network.CIDR = netip.MustParsePrefix("10.0.0.0/8") },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			l := twoHosts()
			spoil(l)
			if _, err := mirrorOf(l, "run", true, prefixes("10.1.0.0/16")); problem.CodeOf(err) != problem.RehearsalNoNetwork {
				t.Errorf("got %v", err)
			}
		})
	}
}
