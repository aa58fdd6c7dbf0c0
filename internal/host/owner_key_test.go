package host

import (
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// certificateOf is a user's certificate for a key.
func certificateOf(t testing.TB, key ssh.PublicKey, authority ssh.Signer) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{Key: key, CertType: ssh.UserCert, ValidPrincipals: []string{"ops"}, ValidBefore: ssh.CertTimeInfinity}
	must(t, c.SignCert(rand.Reader, authority))
	return c
}

// found returns the identity of a ring for a public key.
func found(t testing.TB, c *Connector, h lab.Host, user string, key ssh.PublicKey) *identity {
	t.Helper()
	ring, err := c.keysFor(t.Context(), h, user)
	must(t, err)
	for _, i := range ring.identities {
		if sameKey(i.public, key) {
			return i
		}
	}
	t.Fatalf("%s is not offered", ssh.FingerprintSHA256(key))
	return nil
}

// Cairn sets up the key that opened the host, never just the first.
func TestKeyThatOpenedTheHost(t *testing.T) {
	h := newHome(t)
	first, second := h.key(".ssh/id_rsa", ""), h.key("second", "")
	writePublic(t, h.dir+"/second")
	writeFile(t, h.dir+"/.ssh/config", "Host 10.0.0.1\n  IdentityFile ~/.ssh/id_rsa\n  IdentityFile ~/second\n")
	c := h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 2) })
	key, err := chosen(t, c, box, found(t, c, box, "root", second.PublicKey()))
	must(t, err)
	wantKeys(t, []ssh.Signer{key.Signer}, second)
	if key.Comment != "second@here" || key.From != h.dir+"/second" || key.Command != "ssh ops@10.0.0.1" || !key.Offered {
		t.Errorf("the key is %q from %q, used by %q", key.Comment, key.From, key.Command)
	}
	// A password opened it, so it is the first file that ssh(1) offers.
	key, err = chosen(t, c, box, nil)
	must(t, err)
	wantKeys(t, []ssh.Signer{key.Signer}, first)
}

// The configuration may offer a key for root only. With such a key, the owner
// would stay outside.
func TestKeyThatIsNotOfferedForTheUser(t *testing.T) {
	h := newHome(t)
	cloud := h.key("cloud", "")
	h.key(".ssh/id_ed25519", "")
	writeFile(t, h.dir+"/.ssh/config", "Match user root\n  IdentityFile ~/cloud\n")
	c := h.connector(nil)
	_, err := chosen(t, c, box, found(t, c, box, "root", cloud.PublicKey()))
	wantCode(t, err, problem.HostNoKey, ssh.FingerprintSHA256(cloud.PublicKey()), "ssh ops@box")
}

func TestSeveralKeysOfTheAgentAndNoneOpenedTheHost(t *testing.T) {
	h := newHome(t)
	_, err := chosen(t, h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 2) }), box, nil)
	wantCode(t, err, problem.HostNoKey, "2 keys")
	key, err := chosen(t, h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 1) }), box, nil)
	must(t, err)
	if key.From != "the SSH agent" {
		t.Errorf("the key is from %s", key.From)
	}
}

// The lab's key is what the owner wants, and the plan says how to use it.
func TestLabKeyThatSSHDoesNotOffer(t *testing.T) {
	h := newHome(t)
	named := h.key("keys/lab", "")
	for config, offered := range map[string]bool{"": false, "Host box\n  IdentityFile ~/keys/lab\n": true} {
		writeFile(t, h.dir+"/.ssh/config", config)
		c := h.connector(func(o *Options) { o.Lab.SSH.Key = "~/keys/lab" })
		key, err := chosen(t, c, box, found(t, c, box, "root", named.PublicKey()))
		must(t, err)
		if key.Offered != offered || strings.HasPrefix(key.Command, "ssh -i ~/keys/lab ") == offered || !strings.Contains(key.From, "lab.yaml") {
			t.Errorf("offered: %t, used by %q, from %q", key.Offered, key.Command, key.From)
		}
	}
}

// The owner can type the command. It says if it leads elsewhere.
func TestCommandOfTheOwner(t *testing.T) {
	h := newHome(t)
	h.key(".ssh/id_ed25519", "")
	moved := hostAt("box", "10.0.0.1")
	moved.Port = 2222
	for config, want := range map[string][2]string{
		"":                                     {"ssh -p 2222 ops@10.0.0.1"},
		"Host box\n  Port 2222\n":              {"ssh ops@box"},
		"Host box\n  HostName 10.0.0.1\n":      {"ssh -p 2222 ops@box"},
		"Host 10.0.*\n  User me\n":             {"ssh -p 2222 ops@10.0.0.1"},
		"Host box\n  HostName 10.0.0.99\n":     {"ssh -p 2222 ops@box", "10.0.0.99"},
		"Host box\n  HostName box.home.arpa\n": {"ssh -p 2222 ops@box"},
	} {
		writeFile(t, h.dir+"/.ssh/config", config)
		key, err := chosen(t, h.connector(nil), moved, nil)
		must(t, err)
		if key.Command != want[0] || key.Elsewhere != want[1] {
			t.Errorf("%q: %q, leading to %q", config, key.Command, key.Elsewhere)
		}
	}
}

// The lab may name the public half of a key that only the agent holds.
func TestLabKeyHeldByTheAgent(t *testing.T) {
	h := newHome(t)
	held := h.key("token", "")
	raw, err := ssh.ParseRawPrivateKey(must1(readPrivate(h.dir + "/token"))(t))
	must(t, err)
	public := writePublic(t, h.dir+"/token")
	c := h.connector(func(o *Options) { o.Lab.SSH.Key, o.AgentSocket = public, keyAgent(t, 3, raw) })
	wantKeys(t, offered(t, c, box), held)
	key, err := chosen(t, c, box, nil)
	must(t, err)
	wantKeys(t, []ssh.Signer{key.Signer}, held)
}

// If a certificate opened the host, the key in it is set up, or none at all.
func TestCertificateThatOpenedTheHost(t *testing.T) {
	h := newHome(t)
	authority := h.key("authority", "")
	key := h.key("key", "")
	certificate := certificateOf(t, key.PublicKey(), authority)
	opened := &identity{public: certificate, from: "the SSH agent"}
	t.Run("the key is there", func(t *testing.T) {
		writeFile(t, h.dir+"/.ssh/config", "IdentityFile ~/key\n")
		got, err := chosen(t, h.connector(nil), box, opened)
		must(t, err)
		wantKeys(t, []ssh.Signer{got.Signer}, key)
		if strings.Contains(got.Line(), "-cert-") {
			t.Errorf("the line is %s", got.Line())
		}
	})
	t.Run("it is not", func(t *testing.T) {
		writeFile(t, h.dir+"/.ssh/config", "")
		_, err := chosen(t, h.connector(nil), box, opened)
		wantCode(t, err, problem.HostNoKey, "a certificate from the SSH agent")
	})
	t.Run("another is", func(t *testing.T) {
		h.key(".ssh/id_ed25519", "")
		_, err := chosen(t, h.connector(nil), box, opened)
		wantCode(t, err, problem.HostNoKey, "a certificate from the SSH agent")
	})
}
