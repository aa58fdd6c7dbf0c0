package agent

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// The listings come from nft 1.1.3 on Debian 13, with firewalld and ufw set up.
const (
	firewalldListing = `table inet firewalld { # progname firewalld
	chain filter_INPUT {
		type filter hook input priority filter + 10; policy accept;
		ct state { established, related } accept
		iifname "lo" accept
		jump filter_INPUT_ZONES
		ct state invalid drop
		reject with icmpx admin-prohibited
	}

	chain filter_INPUT_ZONES {
		iifname "eth0" goto filter_IN_public
	}

	chain filter_IN_public {
		jump filter_IN_public_allow
		ip protocol icmp accept
	}

	chain filter_IN_public_allow {
		tcp dport 22 accept
		ip6 daddr fe80::/64 udp dport 546 accept
		tcp dport 8096 accept
		tcp dport { 9000, 9100-9110 } ct state { new, untracked } accept
	}

	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
		tcp dport 7777 accept
		reject with icmpx admin-prohibited
	}
}
`
	ufwListing = `# Warning: table ip filter is managed by iptables-nft, do not touch!
table ip filter {
	chain ufw-user-input {
		tcp dport 8096 counter accept
		udp dport 53 counter accept
	}

	chain ufw-before-input {
		counter jump ufw-user-input
	}

	chain INPUT {
		type filter hook input priority filter; policy drop;
		counter jump ufw-before-input
	}
}
`
	harmless = `table inet cairn {
	chain input {
		type filter hook input priority filter; policy drop;
		tcp dport 22 accept
	}
}
table inet f2b-table {
	chain f2b-chain {
		type filter hook input priority filter - 1; policy accept;
		tcp dport 22 ip saddr @addr-set-sshd reject
	}
}
table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter jump DOCKER
	}

	chain DOCKER {
		counter drop
	}
}
`
)

func TestFiltersOfOthers(t *testing.T) {
	for _, c := range []struct {
		name, listing string
		want          []wire.Filter
	}{
		{"firewalld", firewalldListing, []wire.Filter{{Table: "inet firewalld", Owner: "firewalld", Lets: []string{"22/tcp", "546/udp", "8096/tcp", "9000/tcp", "9100-9110/tcp"}}}},
		{"ufw", ufwListing, []wire.Filter{{Table: "ip filter", Owner: "ufw", Lets: []string{"53/udp", "8096/tcp"}}}},
		{"Cairn's own, fail2ban's and Docker's", harmless, nil},
		{"the owner's own", "table inet mine {\n\tchain in {\n\t\ttype filter hook input priority 5; policy accept;\n\t\ttcp dport 443 accept\n\t\tcounter drop\n\t}\n}\n",
			[]wire.Filter{{Table: "inet mine", Lets: []string{"443/tcp"}}}},
		{"nothing", "", nil},
	} {
		if diff := cmp.Diff(c.want, parseFilters(c.listing)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseLinks(t *testing.T) {
	kinds, ports := parseLinks(`[{"ifname":"eth0","linkinfo":{"info_kind":"veth"}},{"ifname":"enp3s0","master":"br0"},{"ifname":"br0","linkinfo":{"info_kind":"bridge"}}]`)
	if kinds["eth0"] != "veth" || kinds["br0"] != "bridge" || kinds["enp3s0"] != "" || !slices.Equal(ports["br0"], []string{"enp3s0"}) {
		t.Errorf("%v, %v", kinds, ports)
	}
	if kinds, ports := parseLinks("ip: not found"); len(kinds)+len(ports) != 0 {
		t.Errorf("%v, %v", kinds, ports)
	}
}

func TestParseDefaults(t *testing.T) {
	got := parseDefaults(
		`[{"dst":"default","dev":"eth0"},{"dst":"10.0.0.0/8","dev":"eth1"},{"dst":"default","dev":"wg0","table":"51820"},{"type":"unreachable","dst":"default","dev":"lo"}]`,
		`[{"dst":"2000::/3","dev":"tun0"}]`, "")
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"eth0", "tun0", "wg0"}) {
		t.Errorf("%v", names)
	}
}

// TestWhereRulesAreFlushed reads what units start: files of rules, their includes,
// and scripts. Comments do not count.
func TestWhereRulesAreFlushed(t *testing.T) {
	root := t.TempDir()
	for path, content := range map[string]string{
		"/etc/nftables.conf": "#!/usr/sbin/nft -f\n\nflush ruleset\n", "/etc/quiet.nft": "# flush ruleset\ntable inet a {}\n",
		"/etc/outer.nft": "include \"/etc/nft.d/*.nft\"\n", "/etc/nft.d/inner.nft": "flush  ruleset\n",
		"/usr/local/sbin/rules": "#!/bin/sh\niptables -F\nnft flush ruleset\n", "/usr/local/sbin/other": "#!/bin/sh\necho nothing\n",
	} {
		at := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a := &Agent{System: &system.System{Root: root}}
	command := func(words string) string {
		path, _, _ := strings.Cut(words, " ")
		return "{ path=" + path + " ; argv[]=" + words + " ; ignore_errors=no }\n"
	}
	for words, want := range map[string]string{
		"/usr/sbin/nft -f /etc/nftables.conf": "/etc/nftables.conf", "/usr/sbin/nft -f /etc/quiet.nft": "", "/usr/sbin/nft -f /etc/outer.nft": "/etc/nft.d/*.nft",
		"/usr/local/sbin/rules": "/usr/local/sbin/rules", "/usr/local/sbin/other": "", "/usr/sbin/nft flush ruleset": "its own command",
	} {
		if got := a.flushes(command(words)); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	for words, want := range map[string]bool{
		"/usr/sbin/nft -f /x": true, "/usr/local/sbin/rules": true, "/usr/local/sbin/other": false, "/usr/bin/softnft": false, "/bin/sh -c 'iptables-restore </x'": true,
	} {
		if got := a.changesRules(words); got != want {
			t.Errorf("%s: changes rules: %v", words, got)
		}
	}
}
