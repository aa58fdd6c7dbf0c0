package probe

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// scansOf is a vantage that finds something different at each address.
type scansOf struct {
	loopback
	at map[string]wire.ScanReply
}

func (s scansOf) Scan(_ context.Context, r wire.ScanRequest) (wire.ScanReply, error) {
	return s.at[r.Address], nil
}

// A port that answers only at a further address is as bad as any other. An
// address that the vantage cannot reach shows nothing.
func TestFurtherAddressesAreScanned(t *testing.T) {
	ssh := freePort(t)
	open := func(ports ...uint16) wire.ScanReply {
		return wire.ScanReply{Open: ports, Silent: 65535 - len(ports)}
	}
	for _, c := range []struct {
		name           string
		first, further wire.ScanReply
		want           evidence.Outcome
		reason         string
	}{
		{"the same at both", open(ssh), open(ssh), evidence.Proven, ""},
		{"no way there", open(ssh), open(), evidence.Proven, ""},
		{"one more at the second", open(ssh), open(ssh, 9000), evidence.Refuted, "port 9000 answers"},
		{"one more at the first", open(ssh, 9000), open(ssh), evidence.Refuted, "port 9000 answers"},
		{"the second half scanned", open(ssh), wire.ScanReply{Open: []uint16{ssh}}, evidence.Unproven, "some ports"},
		{"the first half scanned, one more at the second", wire.ScanReply{Open: []uint16{ssh}}, open(ssh, 9000), evidence.Refuted, "port 9000 answers"},
	} {
		target := factsTarget(healthyFacts())
		target.Host.Address, target.Host.Port = netip.MustParseAddr("127.0.0.1"), ssh
		target.Host.Also = []netip.Addr{netip.MustParseAddr("127.0.0.2")}
		target.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
		target.Expect.Openings = []lab.Opening{{Protocol: "tcp", Port: ssh}}
		from := scansOf{at: map[string]wire.ScanReply{"127.0.0.1": c.first, "127.0.0.2": c.further}}
		if got := portScanIPv4(t.Context(), from, target); got.Outcome != c.want || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %s, %q", c.name, got.Outcome, got.Reason)
		}
	}
}

// onlyIPv6 is a host without an IPv4 address, in a lab whose declared router has one.
func onlyIPv6(interfaces ...wire.NIC) Target {
	facts := healthyFacts()
	facts.Interfaces = interfaces
	facts.Routes = []string{"fe80::1"}
	target := factsTarget(facts)
	target.Host.Address, target.Host.Address6 = netip.Addr{}, netip.MustParseAddr("fd84::5")
	return target
}

func TestAHostWithOnlyIPv6(t *testing.T) {
	six := wire.NIC{Name: "eth0", Addresses: []string{"fd84::5/64", "fe80::1/64"}}
	docker := wire.NIC{Name: "docker0", Addresses: []string{"172.17.0.1/16"}}
	target := onlyIPv6(six, docker)
	if got := network(t.Context(), hostVantage{name: "atlas"}, target); got.Outcome != evidence.Proven {
		t.Errorf("its network is %s, %s", got.Outcome, got.Reason)
	}
	if got := portScanIPv4(t.Context(), loopback{}, target); got.Outcome != evidence.Proven {
		t.Errorf("without IPv4: %s, %s", got.Outcome, got.Reason)
	}
	six.Addresses = append(six.Addresses, "10.0.0.5/24")
	if got := portScanIPv4(t.Context(), loopback{}, onlyIPv6(six, docker)); got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, "IPv4 address that lab.yaml does not declare") {
		t.Errorf("with an IPv4 address from a router: %s, %s", got.Outcome, got.Reason)
	}
}

// An address that nobody declared comes with the lines that declare it.
func TestAnUndeclaredAddressSaysHowToDeclareIt(t *testing.T) {
	facts := healthyFacts()
	facts.Interfaces = []wire.NIC{{Name: "eth0", Addresses: []string{"10.0.0.5/24", "fd84::77/128"}}}
	got := portScanIPv6(t.Context(), loopback{}, factsTarget(facts))
	for _, want := range []string{"`address6: \"fd84::77\"`", "`cidr6: \"fd84::/64\"`"} {
		if got.Outcome != evidence.Refuted || !strings.Contains(got.Remedy, want) {
			t.Errorf("%s, but its remedy does not say %s: %s", got.Outcome, want, got.Remedy)
		}
	}
}

// What a vantage may reach depends on which of its addresses it uses. That is the
// one on the network that it reaches.
func TestAVantageComesFromTheNetworkThatItGoesTo(t *testing.T) {
	target := factsTarget(healthyFacts())
	target.Lab = &lab.Lab{
		Network:  lab.Network{CIDR: netip.MustParsePrefix("10.0.0.0/24")},
		Networks: []lab.Subnet{{Name: "iot", CIDR: netip.MustParsePrefix("10.1.0.0/24")}},
	}
	target.Sources = []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("fd84::9"), netip.MustParseAddr("10.1.0.9")}
	for to, want := range map[string]string{"10.0.0.5": "10.0.0.9", "10.1.0.5": "10.1.0.9", "10.2.0.5": "10.0.0.9", "fd84::5": "fd84::9"} {
		if got := sourceFor(target, netip.MustParseAddr(to)); got.String() != want {
			t.Errorf("to %s it comes from %s, not %s", to, got, want)
		}
	}
}
