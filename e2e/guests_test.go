package e2e

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/lab"
)

// guests are network namespaces behind four interfaces, as container and virtual
// machine managers make them. The first is a bridge with a name of its own
// (Compose, LXD). The second is a bridge with LXD's usual name. The third joins
// virtual machines, and the kernel shows their frames to the firewall
// (br_netfilter). The fourth is a routed pair that the lab file names. The host
// gives the guests addresses and names.
const guests = `
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update; apt-get -qq install -y --no-install-recommends dnsmasq-base busybox ufw >/dev/null
	sysctl -qw net.ipv4.ip_forward=1
	bridge() { # name, network
		ip link add $1 type bridge; ip address add $2.1/24 dev $1; ip link set $1 up
		guest $1 $2
	}
	guest() {
		ip netns add in-$1; ip link add p-$1 type veth peer name eth0 netns in-$1
		ip link set p-$1 master $1 up 2>/dev/null || ip link set p-$1 up
		ip -n in-$1 link set eth0 up; ip -n in-$1 address add $2.2/24 dev eth0; ip -n in-$1 route add default via $2.1
		nft "add table ip nat-$1; add chain ip nat-$1 post { type nat hook postrouting priority 100; }; add rule ip nat-$1 post ip saddr $2.0/24 masquerade"
		setsid dnsmasq --conf-file=/dev/null --pid-file --interface=$1 --bind-interfaces --except-interface=lo --dhcp-range=$2.50,$2.60 --leasefile-ro --address=/name.test/192.0.2.7 --no-resolv --no-hosts </dev/null >/dev/null 2>&1
	}
	bridge mynet 10.77.1; bridge lxdbr0 10.77.2
	ip netns add in-rt0; ip link add rt0 type veth peer name eth0 netns in-rt0; ip address add 10.77.3.1/24 dev rt0; ip link set rt0 up
	ip -n in-rt0 link set eth0 up; ip -n in-rt0 address add 10.77.3.2/24 dev eth0; ip -n in-rt0 route add default via 10.77.3.1
	nft 'add table ip nat-rt0; add chain ip nat-rt0 post { type nat hook postrouting priority 100; }; add rule ip nat-rt0 post ip saddr 10.77.3.0/24 masquerade'
	ip link add vmbr0 type bridge; ip link set vmbr0 up
	for i in 1 2; do
		ip netns add vm$i; ip link add p-vm$i type veth peer name eth0 netns vm$i; ip link set p-vm$i master vmbr0 up
		ip -n vm$i link set eth0 up; ip -n vm$i address add 10.77.4.$i/24 dev eth0
	done`

// guestWorks are things that guests can do. Each is a command that fails if they
// cannot.
func guestWorks(gateway string) []string {
	var all []string
	for guest, host := range map[string]string{"in-mynet": "10.77.1.1", "in-lxdbr0": "10.77.2.1"} {
		all = append(all,
			"ip netns exec "+guest+" ping -n -c 1 -W 3 "+gateway,
			"ip netns exec "+guest+" busybox nslookup name.test "+host+" | grep 192.0.2.7",
			"ip netns exec "+guest+" busybox udhcpc -i eth0 -n -q -f -t 3 -T 2 -s /bin/true")
	}
	all = append(all, "ip netns exec in-rt0 ping -n -c 1 -W 3 "+gateway, "ip netns exec vm1 ping -n -c 1 -W 3 10.77.4.2")
	slices.Sort(all)
	return all
}

// TestGuestsKeepTheirNetwork checks that a host's guests can do the same before
// and after Cairn's rules are in force. A published port must be closed all the
// same. Then it breaks, in turn, each thing that keeps the rules, and puts ufw
// beside them.
func TestGuestsKeepTheirNetwork(t *testing.T) {
	long(t)
	b := newBed(t, "server", "visitor")
	for i := range b.lab.Hosts {
		if b.lab.Hosts[i].Name == "server" {
			b.lab.Hosts[i].Inside = []string{"rt0"}
			b.lab.Hosts[i].Open = []lab.Opening{{Protocol: "tcp", Port: 443}}
		}
	}
	b.run("server", guests)
	b.guestsWork(t, "before")
	notes := b.notesOn(t, "server")
	if !strings.Contains(notes, "kept: The host forwards for machines behind lxdbr0, mynet, rt0, vmbr0.") {
		t.Errorf("the plan does not name the forwarded networks: %s", notes)
	}
	b.closeGates("server")
	b.guestsWork(t, "after")
	assertOutcome(t, b.lookAt(t, "canary-published", "canary-denied", "firewall-lasts"), evidence.Proven)
	t.Run("what keeps the rules", func(t *testing.T) { keepingRefutes(t, b) })
	t.Run("others beside them", func(t *testing.T) { othersBeside(t, b) })
}

func (b *bed) guestsWork(t *testing.T, when string) {
	t.Helper()
	for _, line := range guestWorks(b.lab.Network.Gateway.String()) {
		if out, stderr, err := b.rehearsal.Exec(t.Context(), "server", []string{"sh", "-c", line}, nil); err != nil {
			t.Errorf("%s: %s: %v\n%s%s", when, line, err, out, stderr)
		}
	}
}

// notesOn returns a plan's notes about a host, one a line.
func (b *bed) notesOn(t *testing.T, name string) string {
	t.Helper()
	plan, err := b.engine().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var notes strings.Builder
	for _, h := range plan.Hosts {
		for _, note := range h.Notes {
			if h.Host == name {
				notes.WriteString(string(note.Kind) + ": " + note.Text + " " + note.Fix + "\n")
			}
		}
	}
	return notes.String()
}

// keepingRefutes removes, one after the other, the things that the next start
// needs.
func keepingRefutes(t *testing.T, b *bed) {
	for _, c := range []struct{ name, do, undo, reason string }{
		{"its unit is not enabled", "systemctl disable cairn-firewall", "systemctl enable cairn-firewall", "does not start with the host"},
		{"its unit is masked", "mv /etc/systemd/system/cairn-firewall.service /root/; systemctl mask cairn-firewall",
			"systemctl unmask cairn-firewall; mv /root/cairn-firewall.service /etc/systemd/system/; systemctl daemon-reload; systemctl enable --now cairn-firewall", "is masked"},
		{"the rules cannot be read", "cp -p /etc/cairn/cairn.nft /root/; echo nonsense >/etc/cairn/cairn.nft", "mv /root/cairn.nft /etc/cairn/; systemctl restart cairn-firewall",
			"nft does not load /etc/cairn/cairn.nft"},
		{"the rules are others", "cp -p /etc/cairn/cairn.nft /root/; systemctl stop cairn-firewall; sed -i 's/dport 443/dport 444/' /etc/cairn/cairn.nft",
			"mv /root/cairn.nft /etc/cairn/; systemctl restart cairn-firewall", "would differ from the present one"},
		{"flushed while nobody watches", "systemctl stop cairn-firewall; systemctl restart nftables; until nft delete table inet cairn 2>/dev/null; do sleep 0.1; done", "systemctl restart cairn-firewall; systemctl stop nftables",
			"nftables.service flushes all rules (/etc/nftables.conf) and was last started at"},
	} {
		b.run("server", c.do)
		broken := b.lookAt(t, "firewall-lasts")
		b.run("server", c.undo)
		assertOutcome(t, broken, evidence.Refuted)
		if len(broken) == 0 || !strings.Contains(broken[0].Reason, c.reason) {
			t.Errorf("%s: %+v does not say %q", c.name, broken, c.reason)
		}
		assertOutcome(t, b.lookAt(t, "firewall-lasts"), evidence.Proven)
	}
}

// othersBeside puts two other filters beside Cairn's, in turn: ufw, and a table of
// the owner's own. Neither opens port 443, which is declared.
func othersBeside(t *testing.T, b *bed) {
	for _, c := range []struct{ name, do, undo string }{
		{"ufw", "ufw allow 22/tcp; ufw --force enable", "ufw --force disable"},
		{"the table inet mine", `nft 'table inet mine { chain in { type filter hook input priority 5; policy drop; iif lo accept; ct state established,related accept; tcp dport 22 accept; }; }'`,
			"nft delete table inet mine"},
	} {
		b.run("server", c.do)
		notes, records := b.notesOn(t, "server"), b.lookAt(t, "port-scan-ipv4")
		b.run("server", c.undo)
		for _, want := range []string{"conflict: Two firewalls: " + c.name + " filters here too", "conflict: " + c.name + " blocks 443/tcp, which lab.yaml opens"} {
			if !strings.Contains(notes, want) {
				t.Errorf("the plan does not say %q: %s", want, notes)
			}
		}
		assertOutcome(t, records, evidence.Refuted)
		if want := "port 443 is declared open but cannot be reached: " + c.name + " filters on the host too"; !strings.Contains(records[0].Reason, want) {
			t.Errorf("the reason is %q, not %q", records[0].Reason, want)
		}
	}
}
