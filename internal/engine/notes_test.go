package engine

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

var (
	newTable    = StepPlan{ID: "nft-table inet cairn", Diff: resource.Diff{Changes: []resource.Change{{Property: "rule", To: "table inet cairn {"}}}}
	newPolicy   = StepPlan{ID: "sshd-dropin 00-cairn.conf", Diff: resource.Diff{Changes: []resource.Change{{Property: "PermitRootLogin", From: "not set", To: "no"}}}}
	newSudoers  = StepPlan{ID: "sudoers cairn-ops", Diff: resource.Diff{Changes: []resource.Change{{Property: "content", From: "absent", To: "2 lines"}}}}
	newResolver = StepPlan{ID: "unit cairn-names.service", Diff: resource.Diff{Changes: []resource.Change{{Property: "runs", From: "no", To: "yes"}}}}
	lastLogin   = time.Date(2026, 11, 20, 7, 8, 9, 0, time.UTC)
)

func aboutHost(open []lab.Opening, survey wire.Survey, steps ...StepPlan) noteInput {
	h := lab.Host{Name: "atlas", Address: netip.MustParseAddr("10.84.0.10"), Port: 22, User: "ops", Open: open}
	return noteInput{
		lab: &lab.Lab{Network: lab.Network{Admin: []netip.Prefix{netip.MustParsePrefix("10.84.0.0/24")}}}, host: h, survey: survey, steps: steps,
		facts: wire.Facts{Interfaces: []wire.NIC{
			{Name: "eth0", Addresses: []string{"10.84.0.10/24", "fd84::10/64"}}, {Name: "lxdbr0", Addresses: []string{"10.9.0.1/24"}},
		}},
	}
}

// TestNotes compares the notes about all kinds of hosts with their expected words.
func TestNotes(t *testing.T) {
	jellyfin := wire.Listener{Protocol: "tcp", Port: 8096, Program: "jellyfin"}
	for name, c := range map[string]struct {
		about noteInput
		want  string
	}{
		"nothing changes": {aboutHost(nil, wire.Survey{
			Accounts: []wire.Account{{Name: "root", Keys: 1}}, Listeners: []wire.Listener{jellyfin}, Allowed: []wire.Allowed{{By: "ufw", Protocol: "tcp", First: 80, Last: 80}},
		}), ""},
		"accounts": {aboutHost(nil, wire.Survey{Accounts: []wire.Account{
			{Name: "alice", UID: 1001, Keys: 2, Password: true, Last: lastLogin},
			{Name: "bob", UID: 1002, Password: true},
			{Name: "carol", UID: 1003, Keys: 1, Groups: []string{"carol", "ssh-users"}},
			{Name: "dave", UID: 1004, Keys: 1, Password: true, Groups: []string{"ssh-users"}},
			{Name: "ops", UID: 1000, Password: true},
			{Name: "eve", UID: 1005, Asleep: 1},
			{Name: "frank", UID: 1006, Asleep: 1, Groups: []string{"ssh-users"}},
			{Name: "root", Keys: 1, Last: lastLogin},
		}}, newPolicy), `
			no-longer-gets-in: alice can log in with 2 keys or a password today and will no longer get in over SSH. Last login: 2026-11-20.
			no-longer-gets-in: bob can log in with a password today and will no longer get in over SSH.
			no-longer-gets-in: dave can log in with a password today; only its key will work.
			no-longer-gets-in: ops can log in with a password today; only the key that is installed will work.
			no-longer-gets-in: root can log in with a key today and will no longer get in over SSH. You become root with sudo. Last login: 2026-11-20.
			no-longer-gets-in: These keys stay in authorized_keys, but will open nothing: alice (2), eve (1), root (1). After a release they open the host again.
			  fix: take out what nobody needs any more
			restarted: The SSH server reads its configuration again. Sessions that are open stay open.`},
		"a resolver is there": {aboutHost(nil, wire.Survey{Listeners: []wire.Listener{
			{Protocol: "udp", Port: 53, Program: "dnsmasq", Addresses: []string{"10.9.0.1"}}, {Protocol: "udp", Port: 53, Program: "pihole-FTL"}, {Protocol: "tcp", Port: 53, Program: "pihole-FTL"},
		}}, newResolver), `
			restarted: Will be started: cairn-names.service.
			conflict: pihole-FTL answers at port 53 of all addresses, so the lab's resolver cannot start.
			  fix: Write ` + "`names: own`" + ` under ` + "`choose`" + ` in lab.yaml, and enter there what ` + "`cairn names`" + ` lists. Or turn it off.`},
		"only guests have a resolver": {aboutHost(nil, wire.Survey{Listeners: []wire.Listener{{Protocol: "udp", Port: 53, Program: "dnsmasq", Addresses: []string{"10.9.0.1"}}}}, newResolver), `
			restarted: Will be started: cairn-names.service.`},
		"ports": {aboutHost(nil, wire.Survey{
			Listeners: []wire.Listener{
				{Protocol: "tcp", Port: 22, Program: "sshd"},
				{Protocol: "udp", Port: 53, Program: "dnsmasq", Addresses: []string{"10.9.0.1"}},
				{Protocol: "tcp", Port: 2222, Program: "sshd"},
				{Protocol: "tcp", Port: 8080, Program: "docker-proxy"},
				jellyfin,
				{Protocol: "tcp", Port: 9000, Addresses: []string{"10.84.0.10", "10.9.0.1"}},
				{Protocol: "udp", Port: 51820},
			},
			Published: []wire.Listener{{Protocol: "tcp", Port: 8080, To: "172.17.0.2:80"}},
			Allowed: []wire.Allowed{
				{By: "ufw", Protocol: "tcp", First: 22, Last: 22}, {By: "ufw", Protocol: "tcp", First: 8096, Last: 8096},
				{By: "ufw", Protocol: "udp", First: 25565, Last: 25570}, {By: "firewalld", Protocol: "tcp", First: 8443, Last: 8443},
			},
		}, newTable), `
			no-longer-reached: 8080/tcp is published for 172.17.0.2:80 and will be closed.
			no-longer-reached: 2222/tcp sshd listens on all addresses and will be closed.
			no-longer-reached: 8096/tcp jellyfin listens on all addresses and will be closed.
			no-longer-reached: 9000/tcp listens on 10.84.0.10 and 10.9.0.1 and will be closed.
			no-longer-reached: 51820/udp listens on all addresses and will be closed.
			no-longer-reached: 25565-25570/udp is open in ufw, although nothing listens there now. It will be closed.
			no-longer-reached: 8443/tcp is open in firewalld, although nothing listens there now. It will be closed.
			  fix: To keep ports open for others, give the host a line in lab.yaml: open: [8080/tcp, 8096/tcp, 9000/tcp, 51820/udp, 8443/tcp]`},
		"a port that the lab file has open": {aboutHost([]lab.Opening{{Protocol: "tcp", Port: 8096}}, wire.Survey{Listeners: []wire.Listener{
			jellyfin, {Protocol: "udp", Port: 8096, Program: "jellyfin"},
		}}, newTable), `
			no-longer-reached: 8096/udp jellyfin listens on all addresses and will be closed.
			  fix: To keep ports open for others, add them to ` + "`open`" + ` of the host in lab.yaml: 8096/udp`},
		"a port that is taken out of a table in force": {aboutHost(nil, wire.Survey{Listeners: []wire.Listener{
			jellyfin, {Protocol: "tcp", Port: 80, Program: "nginx"},
		}}, StepPlan{ID: "nft-table inet cairn", Diff: resource.Diff{Changes: []resource.Change{{Property: "rule", From: "tcp dport 80 accept"}}}}), `
			no-longer-reached: 80/tcp nginx listens on all addresses and will be closed.
			  fix: To keep ports open for others, give the host a line in lab.yaml: open: [80/tcp]`},
		"what comes and goes": {aboutHost(nil, wire.Survey{},
			StepPlan{ID: "packages sudo", Diff: resource.Diff{Changes: []resource.Change{
				{Property: "sudo", From: "absent", To: "installed"}, {Property: "chrony", From: "installed", To: "absent"}, {Property: "nftables", From: "absent", To: "installed"},
			}}},
			StepPlan{ID: "unit a.timer", Diff: resource.Diff{Changes: []resource.Change{{Property: "runs", From: "no", To: "yes"}}}},
			StepPlan{ID: "unit b.service", Diff: resource.Diff{Changes: []resource.Change{{Property: "runs", From: "yes", To: "no"}}}}, newSudoers), `
			restarted: Will be installed: sudo, nftables.
			restarted: Will be removed: chrony.
			restarted: Will be started: a.timer.
			restarted: Will be stopped: b.service.
			key: sudo will ask ops for no password: anybody with the key is root.`},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, n := range c.about.notes() {
				fmt.Fprintf(&got, "%s: %s\n", n.Kind, n.Text)
				if n.Fix != "" {
					fmt.Fprintf(&got, "  fix: %s\n", n.Fix)
				}
			}
			want := strings.ReplaceAll(strings.TrimPrefix(c.want, "\n"), "\t", "")
			if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got.String())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
