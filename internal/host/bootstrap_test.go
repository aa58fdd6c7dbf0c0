package host

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairn/internal/host/agents"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

func TestWhereTheAgentGoes(t *testing.T) {
	for name, c := range map[string]struct {
		prepare string
		code    problem.Code // empty: it works
		words   []string     // of the problem, or where the agent is
	}{
		"no space": {
			"mkdir /var/lib/cairn; mount -t tmpfs -o size=64k none /var/lib/cairn", problem.HostDiskFull,
			[]string{"/var/lib/cairn/agents/", "No space left on device"},
		},
		"read-only, then /run": {
			"mkdir /var/lib/cairn; mount -t tmpfs -o ro none /var/lib/cairn", "", []string{"/run/cairn/agents/"},
		},
		"programs may not run, then /run": {
			"mkdir /var/lib/cairn; mount -t tmpfs -o noexec none /var/lib/cairn", "", []string{"/run/cairn/agents/"},
		},
		"nowhere": {
			"for d in /var/lib/cairn /run/cairn; do mkdir $d; done; mount -t tmpfs -o noexec none /var/lib/cairn; mount -t tmpfs -o ro none /run/cairn",
			problem.HostAgentUpload, []string{"/var/lib/cairn: ", "Permission denied", "/run/cairn: ", "Read-only file system"},
		},
		"another kind of processor": {
			`printf '#!/bin/sh\necho riscv64\n' >/usr/local/bin/uname; chmod 755 /usr/local/bin/uname; echo 'SetEnv PATH=/usr/local/bin:/usr/bin:/bin' >>/etc/ssh/sshd_test`,
			problem.HostUnsupported, []string{"riscv64"},
		},
		"another system": {
			`rm /etc/os-release; printf 'ID=arch\nPRETTY_NAME="Arch Linux"\n' >/etc/os-release`,
			problem.HostUnsupported, []string{"Arch Linux"},
		},
		"a system without a name": {"rm /etc/os-release", problem.HostUnsupported, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, c.prepare)
			s, err := m.connector(nil).Connect(t.Context(), m.as("root"), Login{})
			if c.code == "" {
				must(t, err)
				defer func() { must(t, s.Close()) }()
				if files := m.agentFiles(); !strings.HasPrefix(files, c.words[0]) {
					t.Errorf("the agent is at %s", files)
				}
				return
			}
			wantCode(t, err, c.code, append(c.words, "box")...)
			if files := m.sh("find /var/lib/cairn /run/cairn -name '.new*' -o -name 'cairn-agent' || true"); strings.Contains(files, "agent") {
				t.Errorf("something was left: %s", files)
			}
		})
	}
}

// Anything at the agent's path that is not the agent is replaced: a file that a
// power cut emptied, a damaged one, another program.
func TestAgentIsBroughtAgain(t *testing.T) {
	m := boot(t, "")
	m.connect(m.connector(nil), m.as("root"), Login{})
	path := m.agentFiles()
	for name, damage := range map[string]string{
		"empty": ": >$a", "damaged": "head -c 100000 $a >$a.cut; mv $a.cut $a; chmod 755 $a", "not executable": "chmod 644 $a", "script": "printf '#!/bin/sh\nexit 3\n' >$a",
	} {
		t.Run(name, func(t *testing.T) {
			m := m.of(t)
			m.sh("a=" + path + "; cp $a $a.kept; mv $a.kept $a; " + damage) // not the file that runs
			s := m.connect(m.connector(nil), m.as("root"), Login{})
			if sum := m.sh("sha256sum <" + path); !strings.HasPrefix(sum, s.Hello().Agent) {
				t.Errorf("the agent has the hash %s", sum)
			}
		})
	}
}

func TestAgentThatNeverStarts(t *testing.T) {
	m := boot(t, "mkdir /var/lib/cairn; touch /var/lib/cairn/epoch; echo rubbish >/var/lib/cairn/epoch")
	_, err := m.connector(nil).Connect(t.Context(), m.as("root"), Login{})
	wantCode(t, err, problem.HostAgentBroken, "does not start", "rubbish")
}

// TestHashIsChecked lets the host unpack something other than announced.
func TestHashIsChecked(t *testing.T) {
	m := boot(t, "")
	c := m.connector(nil)
	b := &bootstrap{connector: c, host: m.host, transport: &localTransport{shell: m.inside()}, user: "root"}
	for arch, agent := range agents.All() {
		said, err := b.asRoot(t.Context(), uploadScript, usualLimits.Upload, agent.Gzip, strings.Repeat("0", 64))
		if err != nil || said.need != "failed" || !strings.Contains(said.detail, "another hash") {
			t.Errorf("%s: the host said %+v, %v", arch, said, err)
		}
		said, err = b.asRoot(t.Context(), uploadScript, usualLimits.Upload, agent.Gzip[:len(agent.Gzip)/2], agent.Sum)
		if err != nil || said.need != "failed" || !strings.Contains(said.detail, "unexpected end of file") {
			t.Errorf("%s: the host said %+v, %v", arch, said, err)
		}
	}
	if left := m.sh("find /var/lib/cairn /run/cairn 2>/dev/null || true"); left != "" {
		t.Errorf("something was left: %s", left)
	}
}

// cutConn is a connection that breaks after that many bytes.
type cutConn struct {
	net.Conn
	left atomic.Int64
}

func (c *cutConn) Write(p []byte) (int, error) {
	if c.left.Add(-int64(len(p))) < 0 {
		return 0, errors.Join(errors.New("cut"), c.Close())
	}
	return c.Conn.Write(p)
}

func TestInterruptedUpload(t *testing.T) {
	m := boot(t, "")
	for _, after := range []int64{20_000, 200_000, 1_000_000} {
		c := m.connector(func(o *Options) {
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				cut := &cutConn{Conn: conn}
				cut.left.Store(after)
				return cut, err
			}
		})
		_, err := c.Connect(t.Context(), m.as("root"), Login{})
		wantCode(t, err, problem.HostConnection, "box")
		m.await("nothing to be left", func() bool { return m.sh("find /var/lib/cairn /run/cairn 2>/dev/null || true") == "" })
	}
	m.connect(m.connector(nil), m.as("root"), Login{})
}

// Two controllers that upload the agent at the same time do not hinder each other.
func TestUploadTwiceAtOnce(t *testing.T) {
	m := boot(t, "")
	results := make(chan error)
	for range 4 {
		c := m.connector(nil)
		go func() {
			s, err := c.Connect(context.Background(), m.as("root"), Login{})
			if err == nil {
				err = s.Close()
			}
			results <- err
		}()
	}
	for range 4 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if files := m.agentFiles(); strings.Contains(files, "\n") || !strings.HasSuffix(files, "/cairn-agent") {
		t.Errorf("there are the files %s", files)
	}
}

func TestSupported(t *testing.T) {
	for _, c := range []struct {
		uname, system string
		managed       bool
	}{
		{"x86_64", "debian 12 Debian GNU/Linux 12 (bookworm)", true},
		{"aarch64", "debian 13 Debian GNU/Linux 13 (trixie)", true},
		{"x86_64", "ubuntu 22.04 Ubuntu 22.04.5 LTS", true},
		{"x86_64", "ubuntu 22.10 Ubuntu 22.10", true},
		{"x86_64", "ubuntu 26.04 Ubuntu 26.04 LTS", true},
		{"x86_64", "debian 11 Debian GNU/Linux 11 (bullseye)", false},
		{"x86_64", "ubuntu 21.10 Ubuntu 21.10", false},
		{"x86_64", "ubuntu 20.04 Ubuntu 20.04 LTS", false},
		{"x86_64", "debian - Debian GNU/Linux forky/sid", false},
		{"x86_64", "fedora 43 Fedora Linux 43", false},
		{"x86_64", "", false},
		{"armv7l", "debian 13 Debian GNU/Linux 13 (trixie)", false},
	} {
		err := supportedHost(c.uname, c.system)
		if (err == nil) != c.managed {
			t.Errorf("%s, %q: %v", c.uname, c.system, err)
		}
		if err != nil {
			wantCode(t, err, problem.HostUnsupported)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, shell := range []string{"sh", "bash", "dash", "fish", "zsh"} {
		m := &localTransport{shell: []string{shell, "-c"}}
		p, err := m.start(command(`printf "%s|" "$@"`, "a b", "it's", `back\slash`, "new\nline", "$HOME `id` \"x\"", ""), io.Discard)
		if err != nil {
			continue // there is no such shell here
		}
		out, err := io.ReadAll(p)
		must(t, err)
		must(t, p.Close())
		if want := "a b|it's|back\\slash|new\nline|$HOME `id` \"x\"||"; string(out) != want {
			t.Errorf("%s makes %q of it", shell, out)
		}
	}
}

func TestScriptsHaveNoSecretsAndNoBashisms(t *testing.T) {
	for name, script := range map[string]string{"start": startScript, "upload": uploadScript, "look": lookScript, "as root": asRootScript, "sudo": sudoScript, "su": suScript} {
		p, err := (&localTransport{shell: []string{"sh", "-n", "-c"}}).start(script, os.Stderr)
		must(t, err)
		if err := p.wait(); err != nil {
			t.Errorf("%s is no shell script: %v", name, err)
		}
		if !strings.Contains(script, wire.NeedMark) && name != "sudo" && name != "su" {
			t.Errorf("%s has no word for the controller", name)
		}
	}
}

func TestChannelThatIsNeverAnswered(t *testing.T) {
	t.Parallel()
	transport := &localTransport{shell: []string{"sh", "-c"}}
	b := &bootstrap{connector: (&machine{t: t, dir: t.TempDir()}).bare(), host: lab.Host{Name: "box"}, transport: transport, user: "me"}
	channel, release, err := newChannel(t.Context(), transport, "echo thinking >&2; exec cat >/dev/null", 50*time.Millisecond, answer{})
	must(t, err)
	defer release()
	_, err = b.hear(t.Context(), channel, bufio.NewReader(channel), "nonce")
	wantCode(t, err, problem.HostTimeout, "thinking")
}

// bare is the connector of an owner who knows no host.
func (m *machine) bare() *Connector {
	m.t.Helper()
	c, err := New(Options{Lab: &lab.Lab{}, Dir: filepath.Join(m.dir, "state")})
	must(m.t, err)
	return c
}
