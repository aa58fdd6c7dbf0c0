package host

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host/agents"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/testkey"
)

func TestColdAndWarmStart(t *testing.T) {
	m := boot(t, "")
	var told []string
	c := m.connector(func(o *Options) { o.Progress = func(host, text string) { told = append(told, host+": "+text) } })
	cold := m.connect(c, m.as("root"), Login{})
	if len(told) != 1 || !strings.HasPrefix(told[0], "box: copying the agent") {
		t.Errorf("the owner was told %q", told)
	}
	hello := cold.Hello()
	want := "/var/lib/cairn/agents/" + hello.Agent + "/cairn-agent"
	if hello.Agent != agents.Sums()[hello.Facts.Arch] || m.agentFiles() != want {
		t.Errorf("agent %s, files %s", hello.Agent, m.agentFiles())
	}
	if mode := m.sh("stat -c '%U %a' /var/lib/cairn " + want); mode != "root 700\nroot 755" {
		t.Errorf("the agent has the owners and modes %q", mode)
	}
	if hello.Facts.User != "root" || hello.Facts.Peer != "127.0.0.1" || cold.LoginUser() != "root" {
		t.Errorf("logged in as %q, %q from %q", cold.LoginUser(), hello.Facts.User, hello.Facts.Peer)
	}

	warm := m.connect(c, m.as("root"), Login{})
	if trips := warm.RoundTrips(); trips > loginTrips+2 {
		t.Errorf("a warm start took %d round trips", trips)
	}
	if len(told) != 1 {
		t.Errorf("the agent was copied again: %q", told)
	}
}

// loginTrips are the round trips of an SSH login with a key. They are the
// versions, two for the key exchange, the service, and three for public key
// authentication. The last are "none", "which key" and "signed" (RFC 4252 section
// 7).
const loginTrips = 7

func TestLoginTrips(t *testing.T) {
	m := boot(t, "")
	c := m.connector(nil)
	must(t, c.known.pin(m.host.Name, m.hostKey()))
	login, err := c.enterAsOwner(context.Background(), m.host, false)
	must(t, err)
	defer func() { must(t, login.Close()) }()
	if login.roundTrips() > loginTrips {
		t.Errorf("a login took %d round trips", login.roundTrips())
	}
}

func TestSudo(t *testing.T) {
	m := boot(t, "")
	m.needs("sudo")
	c := m.connector(nil)
	m.connect(c, m.as("ops"), Login{}) // brings the agent
	warm := m.connect(c, m.as("ops"), Login{OwnerOnly: true})
	if facts := warm.Hello().Facts; facts.User != "ops" || warm.LoginUser() != "ops" {
		t.Errorf("the agent knows of %q", facts.User)
	}
	if trips := warm.RoundTrips(); trips > loginTrips+2 {
		t.Errorf("a warm start took %d round trips", trips)
	}
	if uses := strings.Count(m.sh("cat /var/log/sudo"), "COMMAND="); uses != 4 {
		t.Errorf("sudo was used %d times; it takes one for a warm start and three for a cold one", uses)
	}
}

func TestSudoPassword(t *testing.T) {
	m := boot(t, "")
	m.needs("sudo")
	t.Run("right", func(t *testing.T) {
		someone := &person{password: asksPassword}
		c := m.connector(func(o *Options) { o.Ask = someone })
		s := m.connect(c, m.as("asks"), Login{AskSudo: true})
		if s.Hello().Facts.User != "asks" || someone.asked.Load() != 1 {
			t.Errorf("as %q, asked %s", s.Hello().Facts.User, &someone.questions)
		}
		if seen := m.arguments(); strings.Contains(seen, asksPassword) || !strings.Contains(seen, "sudo -k -S -p cairn-") {
			t.Error("the password is in the arguments of a process, or sudo does not run")
		}
		if log := m.sh("cat /var/log/sudo"); strings.Contains(log, asksPassword) {
			t.Error("the password is in sudo's log")
		}
	})
	t.Run("wrong", func(t *testing.T) {
		c := m.connector(func(o *Options) { o.Ask = &person{password: "wrong"} })
		_, err := c.Connect(t.Context(), m.as("asks"), Login{AskSudo: true})
		wantCode(t, err, problem.HostNoSudo, "does not accept the password")
	})
	t.Run("not given", func(t *testing.T) {
		_, err := m.connector(nil).Connect(t.Context(), m.as("asks"), Login{})
		wantCode(t, err, problem.HostNoSudo, "asks", "password is required")
	})
	t.Run("nobody to ask", func(t *testing.T) {
		_, err := m.connector(nil).Connect(t.Context(), m.as("asks"), Login{AskSudo: true})
		wantCode(t, err, problem.HostPromptNeeded)
	})
	t.Run("not even with a password", func(t *testing.T) {
		m.sh("echo 'plain:plain' | chpasswd")
		c := m.connector(func(o *Options) { o.Ask = &person{password: "plain"} })
		_, err := c.Connect(t.Context(), m.as("plain"), Login{AskSudo: true})
		wantCode(t, err, problem.HostNoSudo, "plain may not use sudo")
	})
}

func TestNoSudoOnTheHost(t *testing.T) {
	m := boot(t, "rm -f /usr/bin/sudo")
	c := m.connector(func(o *Options) { o.Ask = &person{password: "any"} })
	_, err := c.Connect(t.Context(), m.as("plain"), Login{AskSudo: true})
	wantCode(t, err, problem.HostNoSudo, "no sudo")
	if m.agentFiles() != "" {
		t.Errorf("something was left: %s", m.agentFiles())
	}
}

func TestFirstContact(t *testing.T) {
	m := boot(t, "cp /etc/ssh/authorized_keys /root/keys; sed -i s,/etc/ssh/authorized_keys,%h/keys, /etc/ssh/sshd_test")
	t.Run("root by key", func(t *testing.T) {
		s := m.connect(m.connector(nil), m.as("nobody-yet"), Login{})
		if s.LoginUser() != "root" {
			t.Errorf("logged in as %q", s.LoginUser())
		}
	})
	t.Run("not for a guard", func(t *testing.T) {
		_, err := m.connector(nil).Connect(t.Context(), m.as("nobody-yet"), Login{OwnerOnly: true})
		wantCode(t, err, problem.HostLoginRefused, "nobody-yet", ssh.FingerprintSHA256(m.owner.PublicKey()))
	})
	m.sh("rm /root/keys")
	t.Run("refused", func(t *testing.T) {
		_, err := m.connector(nil).Connect(t.Context(), m.as("nobody-yet"), Login{})
		wantCode(t, err, problem.HostLoginRefused, "neither nobody-yet nor root")
	})
	t.Run("wrong password", func(t *testing.T) {
		someone := &person{password: "wrong"}
		c := m.connector(func(o *Options) { o.Ask = someone })
		_, err := c.Connect(t.Context(), m.as("nobody-yet"), Login{AskPassword: true})
		wantCode(t, err, problem.HostLoginRefused, "root", "a password")
		if strings.Contains(err.Error(), "wrong") || someone.asked.Load() != 1 {
			t.Errorf("%v, after %d questions", err, someone.asked.Load())
		}
	})
	t.Run("nobody to ask", func(t *testing.T) {
		_, err := m.connector(nil).Connect(t.Context(), m.as("nobody-yet"), Login{AskPassword: true})
		wantCode(t, err, problem.HostPromptNeeded)
	})
	t.Run("password", func(t *testing.T) {
		c := m.connector(func(o *Options) { o.Ask = &person{password: rootPassword} })
		m.connect(c, m.as("nobody-yet"), Login{AskPassword: true})
	})
	t.Run("another user, named in ~/.ssh/config", func(t *testing.T) {
		home := t.TempDir()
		writeFile(t, home+"/.ssh/config", "Host box\n  User asks\n")
		c := m.connector(func(o *Options) { o.Ask, o.Home = &person{password: "wrong"}, home })
		_, err := c.Connect(t.Context(), m.as("nobody-yet"), Login{AskPassword: true})
		wantCode(t, err, problem.HostLoginRefused, "neither nobody-yet nor asks")
	})
}

func TestKeyboardInteractive(t *testing.T) {
	m := boot(t, "sed -i 's/^PasswordAuthentication.*/PasswordAuthentication no/' /etc/ssh/sshd_test; echo 'KbdInteractiveAuthentication yes' >>/etc/ssh/sshd_test; : >/etc/ssh/authorized_keys")
	c := m.connector(func(o *Options) { o.Ask = &person{password: rootPassword} })
	m.connect(c, m.as("ops"), Login{AskPassword: true})
}

func TestManyKeysAreTooMany(t *testing.T) {
	m := boot(t, "echo MaxAuthTries 2 >>/etc/ssh/sshd_test")
	c := m.connector(func(o *Options) { o.Lab.SSH.Key, o.AgentSocket = "", keyAgent(t, 5) })
	_, err := c.Connect(t.Context(), m.as("root"), Login{})
	wantCode(t, err, problem.HostLoginRefused, "and gave up")
}

func TestHostKey(t *testing.T) {
	m := boot(t, "")
	t.Run("shown and accepted", func(t *testing.T) {
		someone := &person{yes: true}
		c := m.connector(func(o *Options) { o.Fingerprint, o.Ask = "", someone })
		m.connect(c, m.as("root"), Login{})
		if !strings.Contains(someone.questions.String(), m.fingerprint()) || someone.asked.Load() != 1 {
			t.Errorf("asked %q", &someone.questions)
		}
		if key, known := c.HostKey(m.host); !known || ssh.FingerprintSHA256(key) != m.fingerprint() {
			t.Error("the key is not pinned")
		}
		m.connect(c, m.as("root"), Login{})
		if someone.asked.Load() != 1 {
			t.Errorf("asked again: %q", &someone.questions)
		}
		must(t, c.Forget(m.host))
		if _, known := c.HostKey(m.host); known {
			t.Error("the key is not forgotten")
		}
	})
	t.Run("shown and not accepted", func(t *testing.T) {
		c := m.connector(func(o *Options) { o.Fingerprint, o.Ask = "", &person{} })
		_, err := c.Connect(t.Context(), m.as("root"), Login{})
		wantCode(t, err, problem.HostKeyUnknown, "not accepted")
		if _, known := c.HostKey(m.host); known {
			t.Error("the key is pinned all the same")
		}
	})
	t.Run("nobody to show it to", func(t *testing.T) {
		c := m.connector(func(o *Options) { o.Fingerprint = "" })
		_, err := c.Connect(t.Context(), m.as("root"), Login{})
		wantCode(t, err, problem.HostKeyUnknown, m.fingerprint())
	})
	t.Run("not the one given", func(t *testing.T) {
		c := m.connector(func(o *Options) { o.Fingerprint = "SHA256:other" })
		_, err := c.Connect(t.Context(), m.as("root"), Login{})
		wantCode(t, err, problem.HostKeyChanged, m.fingerprint(), "--fingerprint")
	})
	for name, other := range map[string]ssh.PublicKey{"changed": testkey.New(t).PublicKey(), "of another kind": newRSAKey(t)} {
		t.Run(name, func(t *testing.T) {
			c := m.connector(nil)
			must(t, c.known.pin(m.host.Name, other))
			_, err := c.Connect(t.Context(), m.as("root"), Login{})
			wantCode(t, err, problem.HostKeyChanged)
			if pinned, _ := c.HostKey(m.host); keyText(pinned) != keyText(other) {
				t.Error("the pinned key was replaced")
			}
		})
	}
}

func TestNoise(t *testing.T) {
	m := boot(t, `for f in /root/.bashrc /home/ops/.bashrc; do printf 'echo Welcome; printf "CAIRN-HELLO no\nCAIRN-NEED no"; echo oops >&2
' >$f; done
		usermod --shell /bin/bash root`)
	s := m.connect(m.connector(nil), m.as("root"), Login{})
	if _, err := s.Facts(t.Context()); err != nil {
		t.Error(err)
	}
}

// Cloud images let root in, and then print which user to log in as.
func TestSentAway(t *testing.T) {
	m := boot(t, `sed "s/^/command=\"echo 'Please login as the user \\\\\"debian\\\\\" rather than the user \\\\\"root\\\\\".';echo;sleep 0.1;exit 142\" /" /etc/ssh/authorized_keys >/root/keys
		sed -i s,/etc/ssh/authorized_keys,%h/keys, /etc/ssh/sshd_test`)
	_, err := m.connector(nil).Connect(t.Context(), m.as("nobody-yet"), Login{})
	wantCode(t, err, problem.HostLoginRefused, "box", "root", "debian")
	if p := problem.Of(err); p == nil || p.Fix != "give --first-user debian" {
		t.Errorf("the fix of %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	key := t.TempDir() + "/key"
	testkey.Write(t, key, "")
	connect := func(t *testing.T, h lab.Host) error {
		c, err := New(Options{Lab: &lab.Lab{SSH: lab.SSH{Key: key}}, Dir: t.TempDir()})
		must(t, err)
		_, err = c.Connect(t.Context(), h, Login{})
		return err
	}
	t.Run("refused", func(t *testing.T) {
		h := lab.Host{Name: "box", Address: netip.MustParseAddr("127.0.0.1"), Port: freePort(t), User: "ops"}
		wantCode(t, connect(t, h), problem.HostUnreachable, "box", "refused")
	})
	t.Run("no SSH server", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer func() { must(t, l.Close()) }()
		go func() {
			conn, err := l.Accept()
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
				_ = conn.Close()
			}
		}()
		at := netip.MustParseAddrPort(l.Addr().String())
		wantCode(t, connect(t, lab.Host{Name: "box", Address: at.Addr(), Port: at.Port()}), problem.HostUnreachable, "no SSH server")
	})
	t.Run("given up", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
		must(t, err)
		defer func() { must(t, l.Close()) }()
		at := netip.MustParseAddrPort(l.Addr().String())
		c, err := New(Options{Lab: &lab.Lab{SSH: lab.SSH{Key: key}}, Dir: t.TempDir()})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if _, err := c.Connect(ctx, lab.Host{Name: "box", Address: at.Addr(), Port: at.Port()}, Login{}); err != context.Canceled {
			t.Errorf("Connect = %v, want %v", err, context.Canceled)
		}
	})
}

func TestTurnedAway(t *testing.T) {
	m := boot(t, "sed -i s/PerSourcePenalties.*/PerSourcePenalties\\ authfail:60/ /etc/ssh/sshd_test")
	if !strings.Contains(m.sh("cat /etc/ssh/sshd_test"), "PerSourcePenalties") {
		t.Skip("this sshd is too old for penalties")
	}
	c := m.connector(nil)
	for range 10 {
		_, err := c.Connect(t.Context(), m.as("nobody-yet"), Login{OwnerOnly: true})
		if problem.CodeOf(err) == problem.HostLoginRefused {
			continue
		}
		wantCode(t, err, problem.HostUnreachable, "no SSH server")
		if fix := problem.Of(err).Remedy(); !strings.Contains(fix, "wait a minute") {
			t.Errorf("the fix is %q", fix)
		}
		return
	}
	t.Error("the server never lost patience")
}

func TestLoginThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		testkey.Write(t, dir+"/key", "")
		near, far := net.Pipe() // nobody answers at the other end
		defer func() { must(t, far.Close()) }()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		c, err := New(Options{
			Lab: &lab.Lab{SSH: lab.SSH{Key: dir + "/key"}}, Dir: dir, User: "me",
			Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
		})
		must(t, err)
		_, err = c.Connect(t.Context(), lab.Host{Name: "box", Address: netip.MustParseAddr("127.0.0.1")}, Login{})
		wantCode(t, err, problem.HostTimeout, "box")
	})
}

func TestProxyJump(t *testing.T) {
	m := boot(t, "")
	home := t.TempDir()
	writeFile(t, home+"/.ssh/config", fmt.Sprintf(`
Host gate
  HostName 127.0.0.1
  Port %d
  User plain
Host box
  ProxyJump ops@127.0.0.1:%d,gate
`, m.host.Port, m.host.Port))
	dialled := 0
	c := m.connector(func(o *Options) {
		o.Home = home
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled++
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})
	s := m.connect(c, m.as("root"), Login{})
	// The key of every host on the way is pinned, each under its own name. That takes
	// a second connection each.
	for _, name := range []string{"box", "gate", "127.0.0.1"} {
		if _, known := c.known.key(name); !known {
			t.Errorf("the key of %s is not pinned", name)
		}
	}
	must(t, s.Close())
	before := dialled
	m.connect(c, m.as("root"), Login{})
	if dialled != before+1 {
		t.Errorf("%d connections were made from here for one session", dialled-before)
	}
}

// A jump host of the lab may not have the lab's user yet.
func TestProxyJumpOverAHostThatIsNotSetUp(t *testing.T) {
	m := boot(t, "")
	home := t.TempDir()
	writeFile(t, home+"/.ssh/config", "Host bastion\n  User plain\nHost box\n  ProxyJump bastion\n")
	c := m.connector(func(o *Options) {
		bastion := m.as("nobody-yet")
		bastion.Name = "bastion"
		o.Home, o.Lab.Hosts = home, []lab.Host{m.host, bastion}
	})
	login, err := c.enterAsOwner(t.Context(), m.host, false)
	must(t, err)
	must(t, login.Close())
}

func TestProxyJumpInACircle(t *testing.T) {
	home := t.TempDir()
	writeFile(t, home+"/.ssh/config", "Host box\n  ProxyJump gate\nHost gate\n  ProxyJump other\nHost other\n  ProxyJump gate\n")
	testkey.Write(t, home+"/key", "")
	c, err := New(Options{Lab: &lab.Lab{SSH: lab.SSH{Key: "~/key"}}, Dir: home, Home: home})
	must(t, err)
	_, err = c.Connect(t.Context(), lab.Host{Name: "box", Address: netip.MustParseAddr("127.0.0.1"), Port: 22}, Login{})
	wantCode(t, err, problem.HostSSHConfig, "circle")
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, []byte(content), 0o600))
}
