package e2e

import (
	"fmt"
	"strings"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/problem"
)

// shut closes a port to everybody, whatever Cairn's table says.
const shut = `nft 'table inet fault { chain c { type filter hook input priority -200; tcp dport %d drop; }; }'`

// moveTo declares another SSH port for all hosts.
func (b *bed) moveTo(port uint16) {
	for i := range b.lab.Hosts {
		b.lab.Hosts[i].Port = port
	}
}

// listensOn returns those of the two TCP ports on which the host listens.
func (b *bed) listensOn(name string) string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.run(name, `ss -Htln | awk '{print $4}' | sed 's/.*://' | grep -xE '22|2222' | sort -nu`)), " ")
}

// TestSSHPort moves SSH servers to another port and back. One listens itself, a
// socket starts the second, and the third's socket listens where a generator says.
// Both ports are open until the owner got in by the new one. A move that fails
// leaves the host at the old port.
func TestSSHPort(t *testing.T) {
	long(t)
	b := newBed(t, "plain", "socketed", "generated")
	b.run("socketed", socketListens)
	b.run("generated", generatorListens)
	b.closeGates("plain", "socketed", "generated")
	for _, name := range []string{"plain", "socketed", "generated"} {
		if got := b.listensOn(name); got != "22" {
			t.Fatalf("%s listens on %s", name, got)
		}
	}

	// A fault in the middle: nobody gets in by the new port.
	b.moveTo(2222)
	b.run("socketed", fmt.Sprintf(shut, 2222))
	_, err := b.engine().Up(t.Context(), engine.UpOptions{})
	if problem.CodeOf(err) != problem.GuardRolledBack {
		t.Errorf("with the new port shut: %v", err)
	}
	if got := b.listensOn("socketed"); got != "22" {
		t.Errorf("socketed listens on %s after the move was taken back", got)
	}
	b.met("socketed", 22)
	for _, name := range []string{"plain", "generated"} {
		if got := b.listensOn(name); got != "2222" {
			t.Errorf("%s listens on %s: one host's failure stopped the others", name, got)
		}
	}
	b.run("socketed", "nft delete table inet fault")

	b.up()
	b.mustBeAt(2222)
	b.moveTo(22)
	b.up()
	b.mustBeAt(22)

	// This port would come into force only when systemd reads its units again, for
	// example at boot. It must not.
	b.run("generated", "echo Port 2222 >/etc/ssh/sshd_config.d/10-owner.conf")
	b.up()
	b.run("generated", "systemctl daemon-reload; systemctl stop ssh.service; systemctl restart ssh.socket")
	b.mustBeAt(22)
}

// met connects as a new program would and checks the port.
func (b *bed) met(name string, port uint16) {
	b.t.Helper()
	session, err := b.connector().Connect(b.t.Context(), b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		b.t.Errorf("%s: the owner is locked out: %v", name, err)
		return
	}
	defer func() { _ = session.Close() }()
	if got := session.Hello().Facts.SSH.Port; got != port {
		b.t.Errorf("%s was met at %d, not at %d", name, got, port)
	}
}

// mustBeAt checks that all hosts listen there and nowhere else, also after a
// restart of their servers. Another up must have nothing to do.
func (b *bed) mustBeAt(port uint16) {
	b.t.Helper()
	for _, h := range b.lab.Hosts {
		if got := b.listensOn(h.Name); got != fmt.Sprint(port) {
			b.t.Errorf("%s listens on %s, not on %d", h.Name, got, port)
		}
		b.met(h.Name, port)
		if table := b.run(h.Name, "nft list table inet cairn"); strings.Count(table, "dport") == 0 || strings.Contains(table, "dport 2222") != (port == 2222) {
			b.t.Errorf("%s: %s", h.Name, table)
		}
	}
	plan, err := b.engine().Plan(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, h := range plan.Hosts {
		for _, s := range h.Steps {
			if s.Changes() && strings.HasPrefix(s.ID, "sshd-dropin") {
				b.t.Errorf("%s would change again: %+v %s", h.Host, s.Diff.Changes, s.Problem)
			}
		}
	}
}
