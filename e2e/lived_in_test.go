package e2e

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// banned are the commands that show the banned addresses, by program.
var banned = map[string]string{
	"fail2ban": "fail2ban-client banned",
	"sshguard": "nft list set ip sshguard attackers",
}

// lived is what an owner did to a host before Cairn. There are programs that ban
// addresses, with the distribution's settings and an exemption. There is a time
// daemon, which may not touch the clock of the test machine. There are another
// shell and a repository that wants to be paid. As in many containers, the
// kernel's settings are the machine's.
const lived = `set -e; export DEBIAN_FRONTEND=noninteractive; mkdir -p /etc/default; echo 'DAEMON_OPTS="-x"' >/etc/default/chrony
	apt-get -q update; apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends fail2ban sshguard chrony zsh
	printf '[sshd]\nignoreip = 192.0.2.1\n' >/etc/fail2ban/jail.local; systemctl restart fail2ban
	useradd --create-home --shell /usr/bin/zsh --comment 'Ann O.' ops
	rm -rf /var/lib/apt/lists/*_*; echo 'deb http://127.0.0.1:9/ stable main' >/etc/apt/sources.list.d/paid.list
	mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys`

// TestALivedInHost takes over a host that somebody has used for long. What is
// there stays as it is. The proofs are many refused logins, yet no vantage is
// banned. A stranger still is.
func TestALivedInHost(t *testing.T) {
	b := newBed(t, "lived", "visitor", "outsider")
	outsider := b.letIn("outsider")
	b.run("lived", lived)

	first := b.up()
	for program := range banned {
		if !slices.ContainsFunc(first.Plan.Hosts[0].Notes, func(n engine.Note) bool { return strings.HasPrefix(n.Text, program+" keeps running") }) {
			t.Errorf("the plan does not announce an exemption in %s: %+v", program, first.Plan.Hosts[0].Notes)
		}
	}
	if !slices.ContainsFunc(first.Plan.Hosts[0].Notes, func(n engine.Note) bool {
		return strings.Contains(n.Text, "cannot be set here") && strings.Contains(n.Text, "net.ipv4.tcp_syncookies")
	}) {
		t.Errorf("the plan does not name what it leaves out: %+v", first.Plan.Hosts[0].Notes)
	}
	for range 4 {
		if _, err := b.engine().Check(t.Context(), engine.CheckOptions{Checkpoints: []string{"foundation.ssh-access"}}); err != nil {
			t.Errorf("check: %v", err)
		}
	}
	for program, look := range banned {
		if bans := b.run("lived", look); strings.Contains(bans, b.lab.Network.Gateway.String()) || strings.Contains(bans, b.host("visitor").Address.String()) {
			t.Errorf("%s bans a vantage: %s", program, bans)
		}
	}
	for look, want := range map[string]string{
		"fail2ban-client get sshd ignoreip": "192.0.2.1", "getent passwd ops": "Ann O.:/home/ops:/usr/bin/zsh",
		"systemctl is-active chrony": "active", "test -e /usr/lib/systemd/system/systemd-timesyncd.service && echo there || echo none": "none",
	} {
		if got := b.run("lived", look); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not in %s", look, want, got)
		}
	}
	if !slices.ContainsFunc(b.seen(), func(e engine.Event) bool {
		return e.Type == string(wire.StepNote) && strings.Contains(e.Text, "http://127.0.0.1:9")
	}) {
		t.Error("no event names the failed repository")
	}
	if report := b.up(); report.Plan.Changes() != 0 {
		t.Errorf("the second up finds %+v", report.Plan.Hosts)
	}
	// One after the other: the first program's ban would keep the stranger from the
	// second. Connections that a ban cuts would be waited for.
	for _, program := range []string{"sshguard", "fail2ban"} {
		b.run("outsider", `for n in 1 2 3 4 5 6; do
			timeout 5 ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=2 stranger$n@`+b.host("lived").Address.String()+` true 2>/dev/null; done; true`)
		eventually(t, 30*time.Second, program+" bans a stranger", func() bool { return strings.Contains(b.run("lived", banned[program]), outsider) })
		b.run("lived", "systemctl stop "+program+"; nft flush set ip sshguard attackers 2>/dev/null || true")
	}
}

// letIn makes a host a stranger to the lab. The stranger reaches the SSH servers
// of all hosts; apart from it, only the controller and the visitor do. letIn
// returns its address.
func (b *bed) letIn(stranger string) string {
	address := b.host(stranger).Address
	b.lab.Network.Admin = []netip.Prefix{netip.PrefixFrom(b.lab.Network.Gateway, 32), netip.PrefixFrom(b.host("visitor").Address, 32)}
	b.lab.Hosts = slices.DeleteFunc(slices.Clone(b.lab.Hosts), func(h lab.Host) bool { return h.Name == stranger })
	for i := range b.lab.Hosts {
		b.lab.Hosts[i].Open = []lab.Opening{{Protocol: "tcp", Port: 22, From: []netip.Prefix{netip.PrefixFrom(address, 32)}}}
	}
	return address.String()
}
