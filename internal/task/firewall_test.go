package task

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/golden"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// rules returns the policy as nft has it.
func rules(ssh uint16, admin []netip.Prefix, open []lab.Opening, sides Sides) string {
	policy, err := FirewallPolicy(ssh, admin, open, sides)
	if err != nil {
		panic(err)
	}
	return policy.Nft()
}

var firewallCases = map[string]string{
	"firewall-ssh-only.nft": rules(22, prefixes("192.168.1.0/24", "fd83::/64"), nil, Sides{Outside: []string{"eth0"}, Veths: true}),
	"firewall-openings.nft": rules(2222, prefixes("192.168.1.7/24"), []lab.Opening{
		{Protocol: "tcp", Port: 443},
		{Protocol: "udp", Port: 51820},
		{Protocol: "tcp", Port: 8006, From: prefixes("192.168.1.0/28", "fd83::/64")},
	}, Sides{}),
	"firewall-guests.nft": rules(22, prefixes("192.168.1.0/24"), []lab.Opening{{Protocol: "tcp", Port: 443}}, Sides{
		Outside: []string{"enp3s0", "vmbr0"}, Inside: []string{"lxdbr0", "mynet", "wg0"}, Bridges: []string{"vmbr0"}, Veths: true,
	}),
}

func TestFirewallRules(t *testing.T) {
	for name, text := range firewallCases {
		golden.Check(t, filepath.Join("testdata", name), text)
	}
}

// nft itself reads what is rendered, so a rule that nft does not know never
// reaches a host. That needs root: nft opens a netlink socket even for a check.
func TestFirewallRulesAreValidToNft(t *testing.T) {
	if testing.Short() && os.Geteuid() != 0 {
		t.Skip("nft needs root")
	}
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Fatal("nft is missing: apt-get install nftables")
	}
	for name, text := range firewallCases {
		cmd := exec.Command(nft, "-c", "-f", "-")
		cmd.Stdin = strings.NewReader("table inet " + FirewallTable + " {\n" + text + "}\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// An interface whose name would end one of nft's strings must stop the plan.
func TestAFirewallThatCannotBeSaidIsNoResource(t *testing.T) {
	h := Host{Lab: &lab.Lab{Network: lab.Network{Admin: prefixes("10.0.0.0/24")}}, Host: lab.Host{Port: 22}}
	if _, err := resource.Encode(firewallTable(h)); err != nil {
		t.Errorf("a plain host: %v", err)
	}
	h.Facts.Interfaces = []wire.NIC{{Name: `a" accept`, Kind: "wireguard"}}
	_, err := resource.Encode(firewallTable(h))
	if err == nil || !strings.Contains(err.Error(), "no firewall accepts an interface with the name") {
		t.Errorf("an odd name: %v", err)
	}
}
