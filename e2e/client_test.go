package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// client is an owner's machine as OpenSSH's client sees it: a configuration, keys,
// an SSH agent.
type client struct {
	t      *testing.T
	b      *bed
	dir    string
	socket string // of the agent
	accept []string
	opener string // the public key that opens the host, itself or by its certificate
}

// clientSetUp is one way in which owners log in. If their ssh can become root
// before the gates close, it can log in as the declared user afterwards.
type clientSetUp struct {
	name    string
	prepare func(c *client)
	// fails is the error that the change must end with. It is set where the owner's
	// ssh could no longer log in afterwards, and empty elsewhere.
	fails string
}

var clientSetUps = []clientSetUp{
	{name: "a key per host, other keys in the agent", prepare: func(c *client) {
		c.hold(c.key("other1"), c.key("other2"))
		c.accepted("homelab")
		c.config("IdentityFile "+c.path("homelab"), "IdentitiesOnly yes")
	}},
	{name: "seven other keys in the agent, IdentitiesOnly", prepare: func(c *client) {
		for i := range 7 {
			c.hold(c.key(fmt.Sprintf("other%d", i)))
		}
		c.accepted("homelab")
		c.config("IdentityFile "+c.path("homelab"), "IdentitiesOnly yes")
	}},
	{name: "the second of the agent's keys, without a file", prepare: func(c *client) {
		c.hold(c.key("other"), c.accepted("held"))
		c.remove("other", "held")
		c.config("IdentityFile none")
	}},
	{name: "a key of the agent, named by its public half", prepare: func(c *client) {
		c.hold(c.key("other"), c.accepted("held"))
		c.remove("held")
		c.config("IdentityFile "+c.path("held.pub"), "IdentitiesOnly yes")
	}},
	{name: "a certificate beside the key", prepare: func(c *client) {
		c.certify(c.key("certified"))
		c.config("IdentityFile "+c.path("certified"), "IdentitiesOnly yes")
	}},
	{name: "through another host", prepare: func(c *client) {
		c.accepted("homelab")
		c.config("IdentityFile "+c.path("homelab"), "IdentitiesOnly yes", "ProxyJump root@gate")
	}},
	{name: "over a command", prepare: func(c *client) {
		c.accepted("homelab")
		c.config("IdentityFile "+c.path("homelab"), "IdentitiesOnly yes", "ProxyCommand "+c.ssh("-W", "[%h]:%p", "root@gate"))
	}},
	{name: "a security key", prepare: func(c *client) {
		provider := securityKeys(c.t)
		c.keygen("-t", "ed25519-sk", "-w", provider, "-N", "", "-f", c.path("token"))
		c.accepted("token")
		c.config("IdentityFile "+c.path("token"), "IdentitiesOnly yes", "SecurityKeyProvider "+provider)
	}},
	{name: "a certificate without its key", fails: "certificate", prepare: func(c *client) {
		c.certify(c.key("certified"))
		c.hold(c.path("certified"))
		c.run("ssh-add", "-q", "-d", "-k", c.path("certified")) // the key; its certificate stays
		c.remove("certified", "certified.pub", "certified-cert.pub")
		c.config("IdentityFile none")
	}},
	{name: "the fifth key that is offered", fails: "rolled back|refused", prepare: func(c *client) {
		for i := range 4 {
			c.hold(c.key(fmt.Sprintf("other%d", i)))
		}
		c.accepted("homelab")
		c.config("IdentityFile " + c.path("homelab"))
	}},
}

// TestClientSetUps tries each set-up with a real OpenSSH client, before and after.
func TestClientSetUps(t *testing.T) {
	b := newBed(t, "box", "visitor")
	t.Run("the plan names the key", func(t *testing.T) { planNamesTheKey(t, b) })
	for _, row := range clientSetUps {
		t.Run(row.name, func(t *testing.T) {
			c := newClient(t, b)
			row.prepare(c)
			c.begin()
			c.getsIn("root", true)
			err := b.closeGatesOf(b.engineOver(c.connector(), b.take), c.connector(), "box")
			if row.fails == "" {
				if err != nil {
					t.Fatalf("the gates do not close: %v", err)
				}
				c.getsIn("ops", true)
				c.getsIn("root", false)
				// The agent holds another key that would let the owner in too, today.
				if keys := b.run("box", "cat ~ops/.ssh/authorized_keys"); !strings.Contains(keys, strings.Fields(c.opener)[1]) {
					t.Errorf("key %s opened the host, but these keys were set up: %s", c.opener, keys)
				}
				return
			}
			if err == nil || !containsOne(err.Error(), strings.Split(row.fails, "|")) {
				t.Errorf("the change ended with %v", err)
			}
			c.getsIn("root", true)
		})
	}
}

// planNamesTheKey reads what the program says about the key before its question,
// and then presses Ctrl-C.
func planNamesTheKey(t *testing.T, b *bed) {
	t.Helper()
	c := newClient(t, b)
	c.hold(c.key("other"))
	c.accepted("homelab")
	c.config("IdentityFile "+c.path("homelab"), "IdentitiesOnly yes")
	c.begin()
	o := newOwner(t, b, "box")
	o.write("lab.yaml", strings.Replace(labFile(b, []string{"box"}), fmt.Sprintf("ssh: {key: %s}\n", b.lab.SSH.Key), "", 1))
	o.write(".ssh/config", c.read("config"))
	cmd := o.command("up", "--first-user", "root")
	cmd.Env = append(cmd.Env, "SSH_AUTH_SOCK="+c.socket)
	p := sit(t, cmd)
	p.reads("Make these changes? [yes/no]")
	fingerprint := strings.Fields(c.run("ssh-keygen", "-l", "-f", c.path("homelab.pub")))[1]
	for _, word := range []string{fingerprint, `"homelab@here"`, c.path("homelab"), "ssh ops@box"} {
		if !strings.Contains(p.seen(), word) {
			t.Errorf("the plan does not say %s:\n%s", word, p.seen())
		}
	}
	p.interrupt()
	if code := p.ended(5 * time.Second); code != 130 {
		t.Errorf("ended with %d:\n%s", code, p.seen())
	}
	if b.run("box", "getent passwd ops || true") != "" {
		t.Error("something was changed")
	}
}

func containsOne(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// securityKeys is OpenSSH's own library that stands in for a security key. It
// comes from OpenSSH's regression tests (Debian: openssh-tests).
func securityKeys(t *testing.T) string {
	t.Helper()
	path := os.Getenv("CAIRN_SK_PROVIDER")
	if path == "" {
		path = "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("no library that stands in for a security key: install openssh-tests, or name one as CAIRN_SK_PROVIDER")
	}
	return path
}

// newClient starts an agent without keys.
func newClient(t *testing.T, b *bed) *client {
	t.Helper()
	// Not t.TempDir: the path of a socket must be short (unix(7)), and OpenSSH splits
	// its arguments at blanks.
	dir, err := os.MkdirTemp("", "cairn-client-")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, b: b, dir: dir, socket: filepath.Join(dir, "agent")}
	agent := exec.Command("ssh-agent", "-D", "-a", c.socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Kill()
		_ = agent.Wait()
		_ = os.RemoveAll(dir)
	})
	eventually(t, 10*time.Second, "the agent listens", func() bool {
		_, err := os.Stat(c.socket)
		return err == nil
	})
	return c
}

func (c *client) path(name string) string { return filepath.Join(c.dir, name) }

func (c *client) read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(c.path(name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

// run runs one of OpenSSH's programs with the client's agent.
func (c *client) run(program string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+c.socket)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func (c *client) keygen(args ...string) {
	c.t.Helper()
	c.run("ssh-keygen", append([]string{"-q"}, args...)...)
}

// key makes a key that opens nothing, and returns its path.
func (c *client) key(name string) string {
	c.t.Helper()
	c.keygen("-t", "ed25519", "-N", "", "-C", name+"@here", "-f", c.path(name))
	return c.path(name)
}

// accepted is a key that logs in as root on the host. It is made if there is none
// yet.
func (c *client) accepted(name string) string {
	c.t.Helper()
	if _, err := os.Stat(c.path(name)); err != nil {
		c.key(name)
	}
	c.opener = c.read(name + ".pub")
	c.accept = append(c.accept, c.opener)
	return c.path(name)
}

// certify makes the certificate beside a key. The host trusts its authority.
func (c *client) certify(path string) {
	c.t.Helper()
	c.opener = c.read(filepath.Base(path) + ".pub")
	c.keygen("-s", c.authority(), "-I", "owner", "-n", "root,ops", "-V", "+10m", path+".pub")
}

func (c *client) authority() string {
	if _, err := os.Stat(c.path("authority")); err != nil {
		c.key("authority")
	}
	return c.path("authority")
}

func (c *client) hold(paths ...string) {
	c.t.Helper()
	c.run("ssh-add", append([]string{"-q"}, paths...)...)
}

func (c *client) remove(names ...string) {
	for _, name := range names {
		_ = os.Remove(c.path(name))
	}
}

// config writes the client's configuration for the host, and for the jump host,
// which accepts the bed's own key.
func (c *client) config(lines ...string) {
	c.t.Helper()
	common := fmt.Sprintf("  UserKnownHostsFile %s\n  StrictHostKeyChecking accept-new\n", c.path("known_hosts"))
	text := fmt.Sprintf("Host box\n  HostName %s\n  %s\n%s", c.b.host("box").Address, strings.Join(lines, "\n  "), common)
	if _, is := c.b.lab.Host("visitor"); is {
		text += fmt.Sprintf("Host gate\n  HostName %s\n  IdentityFile %s\n  IdentitiesOnly yes\n%s", c.b.host("visitor").Address, c.b.lab.SSH.Key, common)
	}
	for _, name := range []string{"config", ".ssh/config"} {
		if err := os.MkdirAll(filepath.Dir(c.path(name)), 0o700); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// ssh is the client's command line.
func (c *client) ssh(args ...string) string {
	return "ssh -F " + c.path("config") + " -o BatchMode=yes " + strings.Join(args, " ")
}

// begin makes the host fresh again. Its root accepts the keys of the client's
// set-up.
func (c *client) begin() {
	c.t.Helper()
	authority := ""
	if _, err := os.Stat(c.path("authority")); err == nil {
		authority = c.read("authority.pub")
	}
	c.b.run("box", fmt.Sprintf(`
		pkill -KILL -u ops; userdel --remove --force ops 2>/dev/null
		rm -rf /etc/sudoers.d/cairn-* /etc/ssh/sshd_config.d/00-cairn.conf /var/lib/cairn
		nft delete table inet cairn 2>/dev/null
		printf '%%s' '%s' >/root/.ssh/authorized_keys
		printf '%%s' '%s' >/etc/ssh/authority.pub
		echo "TrustedUserCAKeys /etc/ssh/authority.pub" >/etc/ssh/sshd_config.d/90-authority.conf
		systemctl restart ssh`, strings.Join(c.accept, ""), authority))
}

// getsIn checks whether the real client gets in as a user who can become root.
func (c *client) getsIn(user string, want bool) {
	c.t.Helper()
	line := c.ssh(user+"@box", "sudo -n true")
	cmd := exec.CommandContext(c.t.Context(), "sh", "-c", line)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+c.socket)
	out, err := cmd.CombinedOutput()
	if (err == nil) != want {
		c.t.Errorf("%s: %v\n%s", line, err, out)
	}
}

// connector is Cairn's connector with the client's configuration.
func (c *client) connector() *host.Connector {
	c.t.Helper()
	l := *c.b.lab
	l.SSH.Key = ""
	connector, err := host.New(host.Options{
		Lab: &l, Dir: engine.StateDirOf(c.b.lab), Home: c.dir, AgentSocket: c.socket, Now: time.Now, Ask: acceptingPerson{},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return connector
}

// acceptingPerson accepts host keys and knows no password.
type acceptingPerson struct{}

// Password implements [host.Prompter].
func (acceptingPerson) Password(context.Context, string) (secret.Text, error) {
	return secret.Text{}, problem.New(problem.HostPromptNeeded, "", "the test has no password")
}

// Confirm implements [host.Prompter].
func (acceptingPerson) Confirm(context.Context, string) (bool, error) { return true, nil }
