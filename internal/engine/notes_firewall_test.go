package engine

import (
	"net/netip"
	"strings"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

func notedHost(facts wire.Facts, host lab.Host) noteInput {
	facts.Interfaces = append(facts.Interfaces, wire.NIC{Name: "eth0", Default: true, Up: true, Addresses: []string{"10.0.0.5/24"}})
	host.Port = 22
	return noteInput{lab: &lab.Lab{Network: lab.Network{CIDR: netip.MustParsePrefix("10.0.0.0/24")}}, host: host, facts: facts}
}

// TestFirewallNotes checks the notes for each state of a host's firewall. A plain
// host has none.
func TestFirewallNotes(t *testing.T) {
	ufw := wire.Filter{Table: "ip filter", Owner: "ufw", Lets: []string{"22/tcp", "8096/tcp", "6000-6010/udp"}}
	for _, c := range []struct {
		name string
		on   noteInput
		want []string // kind and some words
	}{
		{"a plain host", notedHost(wire.Facts{}, lab.Host{}), nil},
		{"ufw lets more in", notedHost(wire.Facts{Filters: []wire.Filter{ufw}}, lab.Host{}),
			[]string{"conflict Two firewalls: ufw ... `ufw disable`"}},
		{"ufw has a table for each family", notedHost(wire.Facts{Filters: []wire.Filter{ufw, {Table: "ip6 filter", Owner: "ufw", Lets: ufw.Lets}}}, lab.Host{}), []string{"conflict Two firewalls: ufw"}},
		{"ufw lets less in", notedHost(wire.Facts{Filters: []wire.Filter{{Table: "ip filter", Owner: "ufw", Lets: []string{"22/tcp"}}}}, lab.Host{Open: []lab.Opening{{Protocol: "tcp", Port: 443}}}),
			[]string{"conflict Two firewalls", "conflict ufw blocks 443/tcp"}},
		{"a range of the other filter holds the port", notedHost(wire.Facts{Filters: []wire.Filter{{Owner: "firewalld", Lets: []string{"20-30/tcp"}}}}, lab.Host{}),
			[]string{"conflict Two firewalls: firewalld ... `systemctl disable --now firewalld`"}},
		{"a table of the owner's", notedHost(wire.Facts{Filters: []wire.Filter{{Table: "inet mine", Lets: []string{"22/tcp", "8096/tcp"}}}}, lab.Host{}),
			[]string{"conflict Two firewalls: the table inet mine", "no-longer-reached the table inet mine lets in 8096/tcp. ... `open: [8096/tcp]`"}},
		{"other loaders", notedHost(wire.Facts{Loaders: []wire.Loader{
			{Unit: "nftables.service", Flushes: "/etc/nftables.conf"}, {Unit: "netfilter-persistent.service"}, {Unit: "docker.service"},
		}}, lab.Host{}), []string{"kept nftables.service flushes all rules (/etc/nftables.conf)", "kept netfilter-persistent.service loads rules too"}},
		{"guests", notedHost(wire.Facts{Forwards: []string{"IPv4"}, Interfaces: []wire.NIC{{Name: "lxdbr0", Kind: "bridge"}, {Name: "wg0", Kind: "wireguard"}}}, lab.Host{}),
			[]string{"kept The host forwards for machines behind lxdbr0, wg0"}},
		{"a card of which nothing is known", notedHost(wire.Facts{Forwards: []string{"IPv4"}, Interfaces: []wire.NIC{{Name: "eth1", Up: true, Addresses: []string{"10.9.0.1/24"}}}}, lab.Host{}),
			[]string{"stops-working The host forwards. Connections that begin behind eth1 ... `inside: [eth1]`"}},
		{"the owner named it", notedHost(wire.Facts{Forwards: []string{"IPv4"}, Interfaces: []wire.NIC{{Name: "eth1", Up: true, Addresses: []string{"10.9.0.1/24"}}}}, lab.Host{Inside: []string{"eth1"}}),
			[]string{"kept The host forwards for machines behind eth1"}},
		{"the owner named the way out", notedHost(wire.Facts{}, lab.Host{Inside: []string{"eth0"}}), []string{"conflict lab.yaml says that eth0 is inside"}},
	} {
		var got []string
		for _, source := range []func(noteInput) []Note{filterNotes, loaderNotes, guestNotes} {
			for _, note := range source(c.on) {
				got = append(got, string(note.Kind)+" "+note.Text+" "+note.Fix)
				if words := len(strings.Fields(note.Text)); words > 2*25 {
					t.Errorf("%s: %d words: %s", c.name, words, note.Text)
				}
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for i, want := range c.want {
			for part := range strings.SplitSeq(want, " ... ") {
				if !strings.Contains(got[i], part) {
					t.Errorf("%s: %q does not have %q", c.name, got[i], part)
				}
			}
		}
	}
}
