package host

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// offered are the keys that the owner's login offers to a host.
func offered(t testing.TB, c *Connector, h lab.Host) []ssh.Signer {
	t.Helper()
	offer, err := c.OwnerOffer(context.Background(), h)
	must(t, err)
	return offer.Signers(context.Background())
}

// box is a host that no configuration mentions.
var box = hostAt("box", "10.0.0.1")

// chosen is the key that is set up on the host after a key opened it, or a
// password.
func chosen(t testing.TB, c *Connector, h lab.Host, opened *identity) (OwnerKey, error) {
	t.Helper()
	return c.OwnerKey(context.Background(), &Session{host: h, transport: &client{used: opened}})
}

func newRSAKey(t testing.TB) ssh.PublicKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	key, err := ssh.NewPublicKey(&private.PublicKey)
	must(t, err)
	return key
}

// keyAgent starts an SSH agent with that many keys, and the given ones. It returns
// its socket.
func keyAgent(t testing.TB, number int, given ...any) string {
	t.Helper()
	ring := agent.NewKeyring()
	for range number {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		must(t, err)
		given = append(given, private)
	}
	for _, key := range given {
		must(t, ring.Add(agent.AddedKey{PrivateKey: key}))
	}
	// Not t.TempDir: the path of a socket must be short (unix(7)).
	dir, err := os.MkdirTemp("", "cairn")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "agent")
	l, err := net.Listen("unix", socket)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	return socket
}

// home is an owner's home directory for one test.
type home struct {
	t   *testing.T
	dir string
}

func newHome(t *testing.T) home { return home{t, t.TempDir()} }

func (h home) key(name, passphrase string) ssh.Signer {
	return testkey.Write(h.t, filepath.Join(h.dir, name), passphrase)
}

func (h home) connector(change func(*Options)) *Connector {
	h.t.Helper()
	o := Options{Lab: &lab.Lab{Name: "home"}, Dir: h.t.TempDir(), Home: h.dir}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	must(h.t, err)
	return c
}

// wantKeys checks the keys and their order.
func wantKeys(t *testing.T, got []ssh.Signer, want ...ssh.Signer) {
	t.Helper()
	lines := func(signers []ssh.Signer) string {
		var b strings.Builder
		for _, s := range signers {
			b.WriteString(ssh.FingerprintSHA256(s.PublicKey()) + "\n")
		}
		return b.String()
	}
	if lines(got) != lines(want) {
		t.Errorf("got the keys\n%swant\n%s", lines(got), lines(want))
	}
}

func TestOwnerKeys(t *testing.T) {
	t.Run("the one that the lab names, alone", func(t *testing.T) {
		h := newHome(t)
		named := h.key("keys/lab", "")
		h.key(".ssh/id_ed25519", "")
		c := h.connector(func(o *Options) { o.Lab.SSH.Key, o.AgentSocket = "~/keys/lab", keyAgent(t, 1) })
		wantKeys(t, offered(t, c, box), named)
		key, err := chosen(t, c, box, nil)
		must(t, err)
		line := key.Line()
		if want := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(named.PublicKey()))) + " cairn-home"; line != want {
			t.Errorf("Line = %q, want %q", line, want)
		}
	})
	t.Run("the agent's, then the usual ones, each once", func(t *testing.T) {
		h := newHome(t)
		rsaKey, ed := h.key(".ssh/id_rsa", ""), h.key(".ssh/id_ed25519", "")
		held, err := ssh.ParseRawPrivateKey(must1(os.ReadFile(h.dir + "/.ssh/id_rsa"))(t))
		must(t, err)
		c := h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 0, held) })
		wantKeys(t, offered(t, c, box), rsaKey, ed)
	})
	t.Run("those that ~/.ssh/config names for every host", func(t *testing.T) {
		h := newHome(t)
		h.key(".ssh/id_ed25519", "")
		named := h.key(".ssh/other", "")
		writeFile(t, h.dir+"/.ssh/config", "Host elsewhere\n  IdentityFile ~/.ssh/none\nHost *\n  IdentityFile \"%d/.ssh/other\"\n  IdentityAgent none\n")
		c := h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 1) })
		wantKeys(t, offered(t, c, box), named)
	})
	t.Run("IdentityAgent", func(t *testing.T) {
		h := newHome(t)
		t.Setenv("CAIRN_TEST_AGENT", keyAgent(t, 1))
		writeFile(t, h.dir+"/.ssh/config", "Host *\n  IdentityAgent $CAIRN_TEST_AGENT\n")
		if signers := offered(t, h.connector(nil), box); len(signers) != 1 {
			t.Errorf("%d keys", len(signers))
		}
	})
	t.Run("none", func(t *testing.T) {
		_, err := newHome(t).connector(nil).OwnerOffer(t.Context(), box)
		wantCode(t, err, problem.HostNoKey)
	})
	t.Run("named and not there", func(t *testing.T) {
		_, err := newHome(t).connector(func(o *Options) { o.Lab.SSH.Key = "~/lost" }).OwnerOffer(t.Context(), box)
		wantCode(t, err, problem.HostNoKey, "~/lost", "no such file")
	})
	t.Run("no key at all", func(t *testing.T) {
		h := newHome(t)
		writeFile(t, h.dir+"/.ssh/id_rsa", "rubbish")
		_, err := h.connector(nil).OwnerOffer(t.Context(), box)
		wantCode(t, err, problem.HostNoKey, "id_rsa")
	})
}

func TestPassphrase(t *testing.T) {
	t.Run("asked for once", func(t *testing.T) {
		h, someone := newHome(t), &person{password: "open sesame"}
		locked := h.key(".ssh/id_ed25519", someone.password)
		c := h.connector(func(o *Options) { o.Ask = someone })
		wantKeys(t, offered(t, c, box), locked)
		for range 2 {
			key, err := chosen(t, c, box, nil)
			must(t, err)
			if _, err := key.Signer.Sign(rand.Reader, []byte("text")); err != nil {
				t.Error(err)
			}
		}
		if someone.asked.Load() != 1 || !strings.Contains(someone.questions.String(), "id_ed25519") {
			t.Errorf("asked %q", &someone.questions)
		}
	})
	t.Run("not the right one", func(t *testing.T) {
		h := newHome(t)
		h.key("key", "open sesame")
		c := h.connector(func(o *Options) { o.Ask, o.Lab.SSH.Key = &person{password: "wrong"}, "~/key" })
		_, err := chosen(t, c, box, nil)
		wantCode(t, err, problem.HostNoKey, h.dir+"/key")
		if strings.Contains(err.Error(), "wrong") {
			t.Errorf("the passphrase is in %q", err)
		}
	})
	t.Run("nobody to ask", func(t *testing.T) {
		h := newHome(t)
		h.key("key", "open sesame")
		_, err := chosen(t, h.connector(func(o *Options) { o.Lab.SSH.Key = "~/key" }), box, nil)
		wantCode(t, err, problem.HostPromptNeeded)
	})
	t.Run("not needed while there is another key", func(t *testing.T) {
		h := newHome(t)
		locked := h.key(".ssh/id_ed25519", "open sesame")
		plain := h.key(".ssh/id_rsa", "")
		c := h.connector(nil)
		wantKeys(t, offered(t, c, box), plain, locked)
		key, err := chosen(t, c, box, nil)
		must(t, err)
		wantKeys(t, []ssh.Signer{key.Signer}, plain)
	})
	t.Run("not needed for what the agent holds", func(t *testing.T) {
		h := newHome(t)
		locked := h.key("key", "open sesame")
		held, err := ssh.ParseRawPrivateKeyWithPassphrase(must1(os.ReadFile(h.dir+"/key"))(t), []byte("open sesame"))
		must(t, err)
		c := h.connector(func(o *Options) { o.Lab.SSH.Key, o.AgentSocket = "~/key", keyAgent(t, 1, held) })
		key, err := chosen(t, c, box, nil)
		must(t, err)
		wantKeys(t, []ssh.Signer{key.Signer}, locked)
	})
}

func TestKeysForFirstContact(t *testing.T) {
	h := newHome(t)
	owner, named, locked := h.key(".ssh/id_ed25519", ""), h.key("cloud", ""), h.key("locked", "open sesame")
	writeFile(t, h.dir+"/.ssh/config", "Host box 10.0.0.9\n  IdentityFile ~/cloud\n  IdentityFile ~/locked\n  IdentityFile ~/lost\n  IdentityFile ~/.ssh/id_ed25519\n")
	c := h.connector(nil)
	for name, want := range map[string]struct {
		address string
		keys    []ssh.Signer
	}{
		"box":   {"10.0.0.1", []ssh.Signer{named, locked, owner}},
		"other": {"10.0.0.9", []ssh.Signer{named, locked, owner}},
		"third": {"10.0.0.1", []ssh.Signer{owner}},
	} {
		for _, user := range []string{"root", "ops"} {
			ring, err := c.keysFor(t.Context(), hostAt(name, want.address), user)
			must(t, err)
			wantKeys(t, (&Offer{ring: ring}).Signers(t.Context()), want.keys...)
		}
	}
}

// must1 is must for calls that also return something.
func must1[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T { t.Helper(); must(t, err); return value }
}
