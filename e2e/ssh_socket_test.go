package e2e

import (
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
)

// socketListens has systemd listen for SSH, as Ubuntu does since 22.10.
const socketListens = `systemctl disable --now ssh.service && systemctl enable --now ssh.socket`

// eachConnection has the socket start a server for every connection.
const eachConnection = `systemctl stop ssh.service ssh.socket
	mkdir -p /etc/systemd/system/ssh.socket.d
	printf '[Socket]\nAccept=yes\n' >/etc/systemd/system/ssh.socket.d/accept.conf
	ln -sf /usr/lib/systemd/system/sshd@.service /etc/systemd/system/ssh@.service
	systemctl daemon-reload && systemctl start ssh.socket`

// TestSSHSocket makes guarded changes, one that holds and one that is taken back,
// where systemd listens for SSH: for one server that the first login starts, and
// for a server for each connection. The first change finds no server at all.
func TestSSHSocket(t *testing.T) {
	b := newBed(t, "socketed")
	b.run("socketed", socketListens)
	b.closeGates("socketed")
	b.changesHold("socketed", "7")
	b.run("socketed", eachConnection)
	b.changesHold("socketed", "8")
}

// changesHold makes a change that holds, and one that shuts the host's port and is
// taken back.
func (b *bed) changesHold(name, sessions string) {
	b.t.Helper()
	sound := change{deadline: time.Minute, resources: []resource.Resource{b.policy(name, resource.SSHOption{Keyword: "MaxSessions", Value: sessions})}}
	if err := b.make(b.t.Context(), b.engine(), name, sound); err != nil {
		b.t.Errorf("a change of the policy: %v", err)
	}
	if got := b.run(name, "mkdir -p /run/sshd; /usr/sbin/sshd -T | grep -i maxsessions"); got != "maxsessions "+sessions+"\n" {
		b.t.Errorf("the server has %s", got)
	}
	b.reachable(name)
	wrong := change{deadline: time.Minute, resources: []resource.Resource{
		b.policy(name), table(func(rules string) string { return strings.ReplaceAll(rules, "dport 22 ", "dport 23 ") })(b, name),
	}}
	if err := b.make(b.t.Context(), b.engine(), name, wrong); problem.CodeOf(err) != problem.GuardRolledBack {
		b.t.Errorf("with the port shut: %v", err)
	}
	b.reachable(name)
	if got := b.run(name, "systemctl is-active ssh.socket"); got != "active\n" {
		b.t.Errorf("ssh.socket is %s", got)
	}
	if failed := b.run(name, "systemctl list-units --failed --plain --no-legend 'ssh*'"); failed != "" {
		b.t.Errorf("failed: %s", failed)
	}
}
