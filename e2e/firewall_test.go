package e2e

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// rival is another owner of the ruleset. It is set up on a host after Cairn.
type rival struct {
	host, packages string
	setup          string   // enables it, with rules that would let port 8080 in
	acts           []string // what it does to the ruleset, by itself or by its owner
}

var rivals = []rival{
	{
		host: "nftables", packages: "nftables",
		setup: "systemctl enable --now nftables",
		acts:  []string{"systemctl restart nftables", "systemctl reload nftables", "systemctl stop nftables", "nft flush ruleset", "nft -f /etc/nftables.conf"},
	},
	{
		host: "persistent", packages: "iptables-persistent",
		// Beside it is a unit of the owner's that flushes the rules once everything has
		// started.
		setup: `iptables -A INPUT -p tcp --dport 8080 -j ACCEPT; netfilter-persistent save; systemctl enable netfilter-persistent
			printf '#!/bin/sh\nnft flush ruleset\n' >/usr/local/sbin/late-rules; chmod 0755 /usr/local/sbin/late-rules
			printf '[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=/usr/local/sbin/late-rules\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/late-rules.service
			systemctl daemon-reload; systemctl enable --now late-rules`,
		acts: []string{
			"systemctl restart netfilter-persistent", "netfilter-persistent reload", "netfilter-persistent flush; iptables -F; iptables -X; nft flush ruleset",
			"until nft delete table inet cairn 2>/dev/null; do sleep 0.1; done",
		},
	},
	{
		host: "firewalld", packages: "firewalld",
		setup: "systemctl enable --now firewalld; firewall-cmd --permanent --add-port=8080/tcp; firewall-cmd --reload",
		acts:  []string{"systemctl restart firewalld", "systemctl reload firewalld", "firewall-cmd --complete-reload", "nft flush ruleset"},
	},
}

// TestFirewallOutlastsOthers enables each usual owner of a ruleset after Cairn. It
// lets each restart, reload and flush; then the host restarts. No command of
// Cairn's runs meanwhile. A port that is not declared is never open for more than
// five seconds.
func TestFirewallOutlastsOthers(t *testing.T) {
	var names []string
	for _, r := range rivals {
		names = append(names, r.host)
	}
	b := newBed(t, names...)
	b.closeGates(names...)
	var all sync.WaitGroup
	for _, r := range rivals {
		all.Go(func() { outlasts(b, r) })
	}
	all.Wait()
}

// listening keeps a service on a port that is not declared, after any restart.
const listening = `printf '[Socket]\nListenStream=8080\nAccept=yes\n[Install]\nWantedBy=sockets.target\n' >/etc/systemd/system/undeclared.socket
	printf '[Service]\nExecStart=/bin/true\nStandardInput=socket\n' >/etc/systemd/system/undeclared@.service
	systemctl enable --now undeclared.socket`

func outlasts(b *bed, r rival) {
	if _, stderr, err := b.rehearsal.Exec(b.t.Context(), r.host, []string{"sh", "-ec", `
		export DEBIAN_FRONTEND=noninteractive; rm -rf /var/lib/cairn /run/cairn
		apt-get -qq update; apt-get -qq install -y --no-install-recommends ` + r.packages + `; ` + listening + "\n" + r.setup}, nil); err != nil {
		b.t.Errorf("%s: %v: %s", r.host, err, stderr)
		return
	}
	address := b.host(r.host).Address
	b.onlyDeclared(r.host, address, "set up")
	for _, act := range r.acts {
		b.run(r.host, act)
		b.onlyDeclared(r.host, address, act)
	}
	if err := b.rehearsal.Restart(b.t.Context(), r.host); err != nil {
		b.t.Error(err)
		return
	}
	b.onlyDeclared(r.host, address, "a restart of the host")
	if state := strings.TrimSpace(b.run(r.host, "systemctl is-active undeclared.socket cairn-firewall | sort -u")); state != "active" {
		b.t.Errorf("%s: after the restart the service and the firewall are %s", r.host, state)
	}
}

// onlyDeclared waits at most five seconds until the undeclared port has been
// closed for one second. It also checks that SSH answers.
func (b *bed) onlyDeclared(name string, address netip.Addr, after string) {
	b.t.Helper()
	began := time.Now()
	opened := began // when it last answered
	for time.Since(opened) < time.Second {
		if b.answers(address, 8080) {
			opened = time.Now()
		}
		if time.Since(began) > 5*time.Second && time.Since(opened) < time.Second {
			b.t.Errorf("%s: after %q, port 8080 still answers: %s", name, after, b.run(name, "nft list tables; systemctl --no-pager status cairn-firewall; true"))
			return
		}
	}
	closed := opened.Sub(began)
	// The other filter may let nothing in while it works.
	for !b.answers(address, 22) {
		if time.Since(began) > 5*time.Second {
			b.t.Errorf("%s: after %q, SSH does not answer", name, after)
			return
		}
	}
	b.t.Logf("%s: closed %s after %q", name, closed.Round(time.Millisecond), after)
}

// answers reports whether a port answers at all; a refusal counts.
func (b *bed) answers(address netip.Addr, port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address.String(), fmt.Sprint(port)), 700*time.Millisecond)
	if err != nil {
		var failed net.Error
		return !errors.As(err, &failed) || !failed.Timeout()
	}
	_ = conn.Close()
	return true
}
