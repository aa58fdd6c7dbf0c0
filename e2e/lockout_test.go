package e2e

import (
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/task"
)

// lockOut is a change that would lock the owner out, and how it must end.
type lockOut struct {
	name   string
	change func(b *bed, host string) resource.Resource
	ends   problem.Code // guard.refused if PREPARE can know, else guard.rolled-back
}

func ssh1(keyword, value string) func(*bed, string) resource.Resource {
	return func(b *bed, name string) resource.Resource {
		return b.policy(name, resource.SSHOption{Keyword: keyword, Value: value})
	}
}

func file(path, content string, mode uint32) func(*bed, string) resource.Resource {
	return func(*bed, string) resource.Resource {
		return resource.File{Path: path, Content: resource.Inline(content), Mode: mode}
	}
}

func table(body func(rules string) string) func(*bed, string) resource.Resource {
	return func(b *bed, name string) resource.Resource {
		h := b.host(name)
		policy, err := task.FirewallPolicy(h.Port, b.lab.Network.Admin, nil, task.Sides{})
		if err != nil {
			b.t.Fatal(err)
		}
		return resource.NftTable{Family: "inet", Name: task.FirewallTable, Body: resource.Inline(body(policy.Nft()))}
	}
}

func sudoers(content string) func(*bed, string) resource.Resource {
	return func(*bed, string) resource.Resource {
		return resource.Sudoers{Name: "cairn-ops", Content: resource.Inline(content)}
	}
}

// keysForAll makes the owner's file of keys writable for everybody, with the same
// content.
func keysForAll(b *bed, name string) resource.Resource {
	keys := "/home/ops/.ssh/authorized_keys"
	return resource.File{Path: keys, Content: resource.Inline(b.run(name, "cat "+keys)), Owner: "ops", Group: "ops", Mode: 0o666}
}

// shellTakenAway is the file of accounts with another shell for the owner. The
// kind "user" cannot do that: it leaves a shell that allows logins.
func shellTakenAway(b *bed, name string) resource.Resource {
	accounts := b.run(name, "sed '/^ops:/s,[^:]*$,/usr/sbin/nologin,' /etc/passwd")
	return resource.File{Path: "/etc/passwd", Content: resource.Inline(accounts), Mode: 0o644}
}

var lockOuts = []lockOut{
	{"AllowUsers without the owner", ssh1("AllowUsers", "nobody"), problem.GuardRefused},
	{"DenyUsers with the owner", ssh1("DenyUsers", "ops"), problem.GuardRefused},
	{"DenyGroups with the owner's", ssh1("DenyGroups", "ssh-users"), problem.GuardRefused},
	{"an option that sshd does not know", ssh1("NoSuchOption", "yes"), problem.GuardRefused},
	{"a value that sshd does not know", ssh1("PermitRootLogin", "perhaps"), problem.GuardRefused},
	{"no login by key", ssh1("PubkeyAuthentication", "no"), problem.GuardRefused},
	{"another file of keys", ssh1("AuthorizedKeysFile", "/etc/ssh/nobodys-keys"), problem.GuardRefused},
	{"a method that the owner has not", ssh1("AuthenticationMethods", "hostbased"), problem.GuardRefused},
	{"only keys of another kind", ssh1("PubkeyAcceptedAlgorithms", "ecdsa-sha2-nistp256"), problem.GuardRefused},
	{"a key exchange that the controller has not", ssh1("KexAlgorithms", "diffie-hellman-group18-sha512"), problem.GuardRefused},
	{"another host key", ssh1("HostKeyAlgorithms", "ecdsa-sha2-nistp256"), problem.GuardRefused},
	{"no sessions", ssh1("MaxSessions", "0"), problem.GuardRefused},
	{"a locked account that only PAM would let in", ssh1("UsePAM", "no"), problem.GuardRefused},
	{"sshd on another port than the firewall's", ssh1("Port", "2222"), problem.GuardRefused},
	{"sshd on loopback only", ssh1("ListenAddress", "127.0.0.1"), problem.GuardRolledBack},
	{"another command than the owner's", ssh1("ForceCommand", "/bin/false"), problem.GuardRefused},
	{"a root directory that is not there", ssh1("ChrootDirectory", "/nowhere"), problem.GuardRefused},
	{"no SSH port in the firewall", table(func(r string) string { return strings.ReplaceAll(r, "tcp dport 22", "tcp dport 2222") }), problem.GuardRolledBack},
	{"only others' networks in the firewall", table(func(r string) string {
		return strings.ReplaceAll(strings.ReplaceAll(r, "ip saddr", "ip daddr 203.0.113.1 ip saddr"), "ip6 saddr {", "ip6 daddr 2001:db8::1 ip6 saddr {")
	}), problem.GuardRolledBack},
	{"established connections dropped too", table(func(string) string {
		return "chain input {\ntype filter hook input priority filter; policy drop;\n}\n"
	}), problem.GuardRolledBack},
	{"rules that nft does not understand", table(func(string) string { return "chain input {\nnonsense\n}\n" }), problem.GuardRefused},
	{"sudo with a password", sudoers("ops ALL=(ALL:ALL) ALL\n"), problem.GuardRolledBack},
	{"sudo forbidden", sudoers("ops ALL=(ALL:ALL) NOPASSWD: !ALL\n"), problem.GuardRolledBack},
	{"sudoers that sudo cannot read", sudoers("ops ALL=(ALL NOPASSWD: ALL\n"), problem.GuardRefused},
	{"the owner's key removed", file("/home/ops/.ssh/authorized_keys", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5sMAFyzWQYjLjmMvAdHCgbYRr+gTSVbBpJRsPWGKYf other\n", 0o600), problem.GuardRolledBack},
	{"keys that others may write", keysForAll, problem.GuardRolledBack},
	{"logins closed by pam_nologin", file("/etc/nologin", "closed\n", 0o644), problem.GuardRolledBack},
	{"the account's shell taken away", shellTakenAway, problem.GuardRolledBack},
}

// TestLockOuts makes changes on real hosts that would each lock the owner out.
// Each must be refused or rolled back with a reason. The host must be as it was,
// byte for byte, and the owner must get in.
func TestLockOuts(t *testing.T) {
	names := []string{"h1", "h2", "h3", "h4"}
	b := newBed(t, names...)
	b.closeGates(names...)
	spread(names, lockOuts, func(name string, c lockOut) {
		t.Run(c.name, func(t *testing.T) { tryLockOut(t, b, name, c) })
	})
}

func tryLockOut(t *testing.T, b *bed, name string, c lockOut) {
	before := b.fingerprint(name)
	started := time.Now()
	err := b.make(t.Context(), b.engine(), name, change{deadline: 20 * time.Second, resources: []resource.Resource{c.change(b, name)}})
	if code := problem.CodeOf(err); code != c.ends {
		t.Errorf("ended as %s, want %s: %v", code, c.ends, err)
	}
	if p := problem.Of(err); p == nil || p.Cause == nil {
		t.Errorf("no reason is given: %v", err)
	}
	if d := difference(before, b.fingerprint(name)); d != "" {
		t.Errorf("the host is not as it was:\n%s", d)
	}
	b.reachable(name)
	t.Logf("after %.1fs: %v", time.Since(started).Seconds(), err)
}
