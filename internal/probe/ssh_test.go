package probe

import (
	"context"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/testkey"
)

// hardened is the part of the policy that the SSH probes judge.
var hardened = []string{
	"PermitRootLogin no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "AuthenticationMethods publickey",
	"KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256",
	"Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr",
	"MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
}

// TestSSHProbesBothWays tries every refusal probe on a server that refuses and on
// one that does not.
func TestSSHProbesBothWays(t *testing.T) {
	healthy := startSSHD(t, hardened...)
	for _, c := range []struct {
		probe  string
		broken []string
	}{
		{"ssh-root-refused", []string{"PermitRootLogin prohibit-password"}},
		{"ssh-password-refused", []string{"PasswordAuthentication yes", "KbdInteractiveAuthentication no"}},
		{"ssh-keyboard-interactive-refused", []string{"PasswordAuthentication no", "KbdInteractiveAuthentication yes", "UsePAM yes"}},
		{"ssh-weak-kex-refused", []string{"KexAlgorithms +diffie-hellman-group14-sha1"}},
	} {
		t.Run(c.probe, func(t *testing.T) {
			p, known := Find(All(), c.probe)
			if !known {
				t.Fatal("no such probe")
			}
			got := p.Look(context.Background(), loopback{}, healthy.target("root"))
			if got.Outcome != evidence.Proven {
				t.Errorf("healthy server: %s, %s, %v", got.Outcome, got.Reason, got.Observed)
			}
			got = p.Look(context.Background(), loopback{}, startSSHD(t, c.broken...).target("root"))
			if got.Outcome != evidence.Refuted {
				t.Errorf("broken server: %s, %s, %v", got.Outcome, got.Reason, got.Observed)
			}
		})
	}
}

// TestKeyLoginNeedsTheKey uses three servers. One knows the owner's key, one knows
// another key, and one has a wrong host key.
func TestKeyLoginIsRefuted(t *testing.T) {
	server := startSSHD(t, "PermitRootLogin prohibit-password")
	stranger := testkey.New(t)
	for name, change := range map[string]func(*Target){
		"the key is not known there": func(target *Target) { target.Owner = stranger },
		"the host key is another":    func(target *Target) { target.HostKey = stranger.PublicKey() },
		"the user does not exist":    func(target *Target) { target.Host.User = "nobody-of-this-name" },
	} {
		t.Run(name, func(t *testing.T) {
			target := server.target("root")
			change(&target)
			got := sshKeyLogin(context.Background(), loopback{}, target)
			if got.Outcome != evidence.Refuted || got.Reason == "" {
				t.Errorf("%s, %q, %v; want refuted", got.Outcome, got.Reason, got.Observed)
			}
		})
	}
}

// Only a server that refuses proves a refusal. A closed port, or another
// service on it, proves nothing.
func TestSSHProbesAreBlindWithoutAServer(t *testing.T) {
	signer := testkey.New(t)
	dead := sshServer{port: freePort(t), hostKey: signer.PublicKey(), owner: signer}
	mute := sshServer{port: muteServer(t), hostKey: signer.PublicKey(), owner: signer}
	for _, name := range []string{
		"ssh-key-login", "ssh-root-refused", "ssh-password-refused", "ssh-keyboard-interactive-refused", "ssh-weak-kex-refused",
	} {
		p, _ := Find(All(), name)
		for where, server := range map[string]sshServer{"closed port": dead, "another service": mute} {
			t.Run(name+"/"+where, func(t *testing.T) {
				got := p.Look(context.Background(), loopback{}, server.target("root"))
				if got.Outcome != evidence.Unproven || got.Reason == "" {
					t.Errorf("%s, %q; want unproven with a reason", got.Outcome, got.Reason)
				}
			})
		}
	}
}

func TestMethodTried(t *testing.T) {
	const text = "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain"
	for method, want := range map[string]bool{"none": true, "publickey": true, "public": false, "password": false} {
		if got := methodTried(errorText(text), method); got != want {
			t.Errorf("methodTried(%s) = %v, want %v", method, got, want)
		}
	}
}

type errorText string

func (e errorText) Error() string { return string(e) }

// Before the SSH server moves to its new port, the network must count as it is.
func TestAHostIsMetWhereItIs(t *testing.T) {
	server := startSSHD(t)
	target := server.target("root")
	target.Host.Port = freePort(t)
	if got := reachable(t.Context(), loopback{}, target); got.Outcome != evidence.Refuted {
		t.Errorf("at a port where nobody is: %s", got.Outcome)
	}
	target.Port = server.port
	if got := reachable(t.Context(), loopback{}, target); got.Outcome != evidence.Proven {
		t.Errorf("where it is: %s, %s", got.Outcome, got.Reason)
	}
}
