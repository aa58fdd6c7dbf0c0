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
)

func mustSigners(t testing.TB, c *Connector) []ssh.Signer {
	t.Helper()
	signers, err := c.OwnerSigners(context.Background())
	must(t, err)
	return signers
}

func newKey(t testing.TB) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	key, err := ssh.NewPublicKey(public)
	must(t, err)
	return key
}

func newRSAKey(t testing.TB) ssh.PublicKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	key, err := ssh.NewPublicKey(&private.PublicKey)
	must(t, err)
	return key
}

// keyAgent is an SSH agent with so many keys, and those that are given; it returns
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
	// Not t.TempDir: the path of a socket is short (unix(7)).
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
	return writeKey(h.t, filepath.Join(h.dir, name), passphrase)
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

// wantKeys checks which keys there are, by their order.
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
		wantKeys(t, mustSigners(t, c), named)
		line, err := c.OwnerKeyLine(t.Context())
		must(t, err)
		if want := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(named.PublicKey()))) + " cairn-home"; line != want {
			t.Errorf("OwnerKeyLine = %q, want %q", line, want)
		}
	})
	t.Run("the agent's, then the usual ones, each once", func(t *testing.T) {
		h := newHome(t)
		rsaKey, ed := h.key(".ssh/id_rsa", ""), h.key(".ssh/id_ed25519", "")
		held, err := ssh.ParseRawPrivateKey(must1(os.ReadFile(h.dir + "/.ssh/id_rsa"))(t))
		must(t, err)
		c := h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 0, held) })
		wantKeys(t, mustSigners(t, c), rsaKey, ed)
	})
	t.Run("those that ~/.ssh/config names for every host", func(t *testing.T) {
		h := newHome(t)
		h.key(".ssh/id_ed25519", "")
		named := h.key(".ssh/other", "")
		writeFile(t, h.dir+"/.ssh/config", "Host elsewhere\n  IdentityFile ~/.ssh/none\nHost *\n  IdentityFile \"%d/.ssh/other\"\n  IdentityAgent none\n")
		c := h.connector(func(o *Options) { o.AgentSocket = keyAgent(t, 1) })
		wantKeys(t, mustSigners(t, c), named)
	})
	t.Run("IdentityAgent", func(t *testing.T) {
		h := newHome(t)
		t.Setenv("CAIRN_TEST_AGENT", keyAgent(t, 1))
		writeFile(t, h.dir+"/.ssh/config", "Host *\n  IdentityAgent $CAIRN_TEST_AGENT\n")
		if signers := mustSigners(t, h.connector(nil)); len(signers) != 1 {
			t.Errorf("%d keys", len(signers))
		}
	})
	t.Run("none", func(t *testing.T) {
		_, err := newHome(t).connector(nil).OwnerSigners(t.Context())
		wantCode(t, err, problem.HostNoKey)
	})
	t.Run("named and not there", func(t *testing.T) {
		_, err := newHome(t).connector(func(o *Options) { o.Lab.SSH.Key = "~/lost" }).OwnerSigners(t.Context())
		wantCode(t, err, problem.HostNoKey, "~/lost", "no such file")
	})
	t.Run("no key at all", func(t *testing.T) {
		h := newHome(t)
		writeFile(t, h.dir+"/.ssh/id_rsa", "rubbish")
		_, err := h.connector(nil).OwnerSigners(t.Context())
		wantCode(t, err, problem.HostNoKey, "id_rsa")
	})
}

func TestPassphrase(t *testing.T) {
	t.Run("asked for once", func(t *testing.T) {
		h, someone := newHome(t), &person{password: "open sesame"}
		locked := h.key(".ssh/id_ed25519", someone.password)
		c := h.connector(func(o *Options) { o.Ask = someone })
		wantKeys(t, mustSigners(t, c), locked)
		wantKeys(t, mustSigners(t, c), locked)
		if someone.asked.Load() != 1 || !strings.Contains(someone.questions.String(), "id_ed25519") {
			t.Errorf("asked %q", &someone.questions)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		h := newHome(t)
		h.key("key", "open sesame")
		c := h.connector(func(o *Options) { o.Ask, o.Lab.SSH.Key = &person{password: "wrong"}, "~/key" })
		_, err := c.OwnerSigners(t.Context())
		wantCode(t, err, problem.HostNoKey, "~/key")
		if strings.Contains(err.Error(), "wrong") {
			t.Errorf("the passphrase is in %q", err)
		}
	})
	t.Run("nobody to ask", func(t *testing.T) {
		h := newHome(t)
		h.key("key", "open sesame")
		_, err := h.connector(func(o *Options) { o.Lab.SSH.Key = "~/key" }).OwnerSigners(t.Context())
		wantCode(t, err, problem.HostPromptNeeded)
	})
	t.Run("not needed while there is another key", func(t *testing.T) {
		h := newHome(t)
		h.key(".ssh/id_ed25519", "open sesame")
		plain := h.key(".ssh/id_rsa", "")
		wantKeys(t, mustSigners(t, h.connector(nil)), plain)
	})
	t.Run("not needed for what the agent holds", func(t *testing.T) {
		h := newHome(t)
		locked := h.key("key", "open sesame")
		held, err := ssh.ParseRawPrivateKeyWithPassphrase(must1(os.ReadFile(h.dir+"/key"))(t), []byte("open sesame"))
		must(t, err)
		c := h.connector(func(o *Options) { o.Lab.SSH.Key, o.AgentSocket = "~/key", keyAgent(t, 1, held) })
		wantKeys(t, mustSigners(t, c), locked)
	})
}

func TestKeysForFirstContact(t *testing.T) {
	h := newHome(t)
	owner, named := h.key(".ssh/id_ed25519", ""), h.key("cloud", "")
	h.key("locked", "open sesame")
	writeFile(t, h.dir+"/.ssh/config", "Host box 10.0.0.9\n  IdentityFile ~/cloud\n  IdentityFile ~/locked\n  IdentityFile ~/lost\n  IdentityFile ~/.ssh/id_ed25519\n")
	c := h.connector(nil)
	wantKeys(t, c.firstSigners(hostAt("box", "10.0.0.1"), mustSigners(t, c)), owner, named)
	wantKeys(t, c.firstSigners(hostAt("other", "10.0.0.9"), mustSigners(t, c)), owner, named)
	wantKeys(t, c.firstSigners(hostAt("other", "10.0.0.1"), mustSigners(t, c)), owner)
}

// must1 is must for calls that also return something.
func must1[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T { t.Helper(); must(t, err); return value }
}
