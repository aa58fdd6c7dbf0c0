package host

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/wire"
)

// passwordHolder answers each prompt with the right password for it.
type passwordHolder struct {
	passwords map[string]string // by the prompt
	mu        sync.Mutex
	asked     []string
}

// Password implements [Prompter].
func (k *passwordHolder) Password(_ context.Context, prompt string) (secret.Text, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, prompt)
	return secret.New(k.passwords[prompt]), nil
}

// Confirm implements [Prompter].
func (k *passwordHolder) Confirm(context.Context, string) (bool, error) { return true, nil }

func (k *passwordHolder) wantAsked(t *testing.T, prompts ...string) {
	t.Helper()
	if !slices.Equal(k.asked, prompts) {
		t.Errorf("asked %q, want %q", k.asked, prompts)
	}
	k.asked = nil
}

const (
	noSudo        = "rm -f /usr/bin/sudo; "
	suPromptOfBox = "Password of root on box, for su: "
	plainLogsIn   = "Password of plain on box, to log in: "
	plainsSudo    = "Password of plain on box, for sudo: "
)

// The user logs in, and root's password opens root. There is no sudo, or sudo
// refuses the user.
func TestSu(t *testing.T) {
	for name, prepare := range map[string]string{"no sudo": noSudo, "not in sudoers": ""} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, prepare)
			prompts := []string{plainsSudo, suPromptOfBox}
			if prepare == "" {
				m.needs("sudo")
			} else {
				prompts = prompts[1:]
			}
			someone := &passwordHolder{passwords: map[string]string{suPromptOfBox: rootPassword, plainsSudo: plainPassword}}
			c := m.connector(func(o *Options) { o.Ask = someone })
			s := m.connect(c, m.as("plain"), Login{AskSudo: true})
			someone.wantAsked(t, prompts...)
			if s.LoginUser() != "plain" || s.Hello().Facts.User != "plain" || s.RootBy() != bySu {
				t.Errorf("logged in as %s, root by %s", s.LoginUser(), s.RootBy())
			}
			if owner := m.sh("stat -c %U " + m.agentFiles()); owner != "root" {
				t.Errorf("the agent is %s's", owner)
			}
			if seen := m.arguments(); strings.Contains(seen, rootPassword) || strings.Contains(seen, plainPassword) || !strings.Contains(seen, "su -s /bin/sh -c") {
				t.Error("a password is in the arguments or the environment of a process, or su does not run")
			}
			if log := m.sh("cat /var/log/sudo /var/log/auth.log 2>/dev/null || true"); strings.Contains(log, "of a test") {
				t.Error("a password is in a log")
			}

			someone.passwords[suPromptOfBox] = "wrong"
			_, err := c.Connect(t.Context(), m.as("plain"), Login{AskSudo: true})
			wantCode(t, err, problem.HostNoSudo, "does not accept root's password", "Authentication failure")
			if fix := problem.Of(err).Remedy(); !strings.Contains(fix, "usermod -aG sudo plain") || strings.Contains(err.Error(), "wrong") {
				t.Errorf("the fix is %q, the error %v", fix, err)
			}
			_, err = c.Connect(t.Context(), m.as("plain"), Login{})
			wantCode(t, err, problem.HostNoSudo)
			_, err = c.Connect(t.Context(), m.as("plain"), Login{OwnerOnly: true, AskSudo: true})
			wantCode(t, err, problem.HostNoSudo)
		})
	}
}

// keysOfTheirOwn gives each user a file of keys. Only prepare puts keys there.
const keysOfTheirOwn = "sed -i s,/etc/ssh/authorized_keys,%h/keys, /etc/ssh/sshd_test; "

// The next command logs in as `host add` found out, until the owner's own login
// works. No password is kept.
func TestRemembered(t *testing.T) {
	m := boot(t, noSudo+keysOfTheirOwn)
	someone := &passwordHolder{passwords: map[string]string{plainLogsIn: plainPassword, suPromptOfBox: rootPassword}}
	o := m.options()
	o.Ask = someone
	c := must1(New(o))(t)
	box := m.as("nobody-yet")
	s := m.connect(c, box, Login{User: "plain", AsNeeded: true})
	someone.wantAsked(t, plainLogsIn, suPromptOfBox)
	must(t, c.Remember(s))

	file := filepath.Join(o.Dir, firstLoginsFile)
	kept := string(must1(os.ReadFile(file))(t))
	if strings.Contains(kept, "of a test") || !strings.Contains(kept, `"user": "plain"`) {
		t.Errorf("kept is %s", kept)
	}
	m.connect(must1(New(o))(t), box, Login{}) // without a flag
	someone.wantAsked(t, plainLogsIn, suPromptOfBox)
	// The owner's flag wins, and takes nothing over from another user.
	_, err := must1(New(o))(t).Connect(t.Context(), box, Login{User: "asks"})
	wantCode(t, err, problem.HostLoginRefused, "neither nobody-yet nor asks")
	someone.wantAsked(t)
	// A guard uses none of this.
	_, err = must1(New(o))(t).Connect(t.Context(), box, Login{OwnerOnly: true})
	wantCode(t, err, problem.HostLoginRefused, "nobody-yet")
	someone.wantAsked(t)

	m.sh("cp /etc/ssh/authorized_keys /root/keys")
	m.connect(must1(New(o))(t), m.as("root"), Login{})
	someone.wantAsked(t)
	if kept := string(must1(os.ReadFile(file))(t)); strings.Contains(kept, "plain") {
		t.Errorf("still kept is %s", kept)
	}
}

func TestRememberedIsDamaged(t *testing.T) {
	m := boot(t, "")
	o := m.options()
	must(t, os.WriteFile(filepath.Join(o.Dir, firstLoginsFile), []byte("{"), 0o600))
	_, err := must1(New(o))(t).Connect(t.Context(), m.host, Login{})
	wantCode(t, err, problem.HostFirstLogins, firstLoginsFile)
}

// Each host has its own first user. A password goes only to the host and user that
// it was asked for.
func TestFirstUserOfEachHost(t *testing.T) {
	m := boot(t, keysOfTheirOwn)
	m.needs("sudo")
	declared, told, silent := m.as("nobody-yet"), m.as("nobody-yet"), m.as("nobody-yet")
	declared.Name, declared.FirstUser = "declared", "asks"
	told.Name = "told"
	silent.Name = "silent"
	passwords := map[string]string{
		"Password of asks on declared, to log in: ": asksPassword, "Password of asks on declared, for sudo: ": asksPassword,
		"Password of root on told, to log in: ": rootPassword, "Password of root on silent, to log in: ": "wrong",
	}
	someone := &passwordHolder{passwords: passwords}
	c := m.connector(func(o *Options) { o.Ask = someone })
	how := Login{Users: map[string]string{"told": "root"}, AskPassword: true, AskSudo: true}
	for _, h := range []lab.Host{declared, told} {
		if s := m.connect(c, h, how); s.Host().Name != h.Name {
			t.Error("another host")
		}
	}
	_, err := c.Connect(t.Context(), silent, how)
	wantCode(t, err, problem.HostLoginRefused, "silent", "neither nobody-yet nor root")
	if fix := problem.Of(err).Remedy(); !strings.Contains(fix, "--first-user NAME") {
		t.Errorf("the fix is %q", fix)
	}
	for prompt := range passwords {
		if !slices.Contains(someone.asked, prompt) {
			t.Errorf("nobody asked %q, only %q", prompt, someone.asked)
		}
	}
	// The flag takes precedence over the lab file.
	_, err = c.Connect(t.Context(), declared, Login{Users: map[string]string{"declared": "plain"}})
	wantCode(t, err, problem.HostLoginRefused, "nor plain")
}

// If a host says which user to log in as, Cairn does so.
func TestSentToAnother(t *testing.T) {
	m := boot(t, keysOfTheirOwn+`useradd --create-home debian; cp /etc/ssh/authorized_keys /home/debian/keys
		echo "debian ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/90-cloud-init-users
		sed "s/^/command=\"echo 'Please login as the user \\\\\"debian\\\\\" rather than the user \\\\\"root\\\\\".';echo;sleep 0.1;exit 142\" /" /etc/ssh/authorized_keys >/root/keys`)
	m.needs("sudo")
	var told []string
	c := m.connector(func(o *Options) { o.Progress = func(_, text string) { told = append(told, text) } })
	if s := m.connect(c, m.as("nobody-yet"), Login{}); s.LoginUser() != "debian" {
		t.Errorf("logged in as %s", s.LoginUser())
	}
	if len(told) == 0 || told[0] != "the host sends root away and wants debian to log in" {
		t.Errorf("told %q", told)
	}
}

// answers are what a host may print in place of a shell, and what the error says
// about it.
var answers = []struct {
	name, user, prepare string
	words               []string
}{
	{"a forced command", "forced", `sed 's/^/command="printf \\"\\033[2J\\033[1;31mBackup only\\007\\nno shell here\\n\\"" /' /etc/ssh/authorized_keys >~forced/keys`, []string{`it says "Backup only"`, "command="}},
	{"ForceCommand", "menu", `printf 'Match User menu\n  ForceCommand printf "1) Logout\\n2) Reboot\\nEnter an option: "; read x\n' >>/etc/ssh/sshd_test`, []string{`it says "1) Logout"`, "ForceCommand"}},
	{"a login that waits for Enter", "enter", `printf 'printf "Press Enter to continue"; read x\n' >~enter/.bashrc`, []string{`it says "Press Enter to continue"`}},
	{"no login", "nologin", "usermod -s /usr/sbin/nologin nologin", []string{"This account is currently not available."}},
	{"a start file that ends the shell", "ends", "echo exit >~ends/.bashrc", []string{"says nothing", "~/.bashrc"}},
	{"a start file that replaces the shell", "replaced", "echo 'exec cat >/dev/null' >~replaced/.bashrc", []string{"says nothing", "~/.bashrc"}},
	{"a restricted shell", "rbash", "usermod -s /bin/rbash rbash", []string{"the shell of rbash does not run", "restricted"}},
	{"file transfer only", "sftp", `printf 'Match User sftp\n  ForceCommand internal-sftp\n' >>/etc/ssh/sshd_test`, []string{"This service allows sftp connections only."}},
	{"no session", "jump", `printf 'Match User jump\n  MaxSessions 0\n' >>/etc/ssh/sshd_test`, []string{"to no session"}},
	{"a command that repeats what it was asked", "parrot", `printf 'Match User parrot\n  ForceCommand echo "refused: $SSH_ORIGINAL_COMMAND" | head -c 60\n' >>/etc/ssh/sshd_test`, []string{"something other than a shell", "refused: exec sh"}},
}

// The error quotes the first line of what answers in a shell's place, with the
// reason. A first user who is known gets in all the same.
func TestSomethingElseAnswers(t *testing.T) {
	prepare := keysOfTheirOwn + "cp /etc/ssh/authorized_keys /root/keys\n"
	for _, a := range answers {
		prepare += fmt.Sprintf("useradd --create-home --shell /bin/bash %[1]s; cp /etc/ssh/authorized_keys ~%[1]s/keys\n%[2]s\n", a.user, a.prepare)
	}
	m := boot(t, prepare)
	t.Run("all", func(t *testing.T) {
		for _, a := range answers {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				m := m.of(t)
				c := m.connector(nil)
				c.doubt = 3 * time.Second
				_, err := c.Connect(t.Context(), m.as(a.user), Login{OwnerOnly: true})
				wantCode(t, err, problem.HostNoShell, append(a.words, "box", a.user)...)
				if strings.ContainsAny(err.Error(), "\x1b\x07") || strings.Contains(err.Error(), "CAIRN-NEED") {
					t.Errorf("the error repeats the host's output unchanged: %q", err)
				}
				if problem.Of(err) == nil || strings.Contains(problem.Of(err).Remedy(), "run the command again") {
					t.Errorf("the fix of %v", err)
				}
				h := m.as(a.user)
				h.FirstUser = "root"
				if s := m.connect(c, h, Login{}); s.LoginUser() != "root" {
					t.Errorf("logged in as %s", s.LoginUser())
				}
			})
		}
	})
	// The first user may be refused too. Then the first answer counts.
	m.sh("rm /root/keys")
	_, err := m.connector(nil).Connect(t.Context(), m.as("forced"), Login{})
	wantCode(t, err, problem.HostNoShell, "does not let root in", "Backup only")
}

// vantageOf is the machine as a host that is only a vantage.
func (m *machine) vantageOf(user string) lab.Host {
	h := m.as(user)
	h.Roles = []lab.Role{lab.VantageRole}
	return h
}

// traces lists what a look could leave: files of its user, and Cairn's own.
func (m *machine) traces() string {
	m.t.Helper()
	return m.sh(`find /tmp /var/tmp /dev/shm /home/plain /run \( -user plain -o -name '.cairn*' \) -printf '%p %s\n' 2>/dev/null; ls -d /var/lib/cairn /run/cairn 2>/dev/null || true`)
}

// A vantage needs no sudo, and nothing stays on it.
func TestLookingNeedsNoRoot(t *testing.T) {
	m := boot(t, noSudo)
	before := m.traces()
	s := m.connect(m.connector(nil), m.vantageOf("plain"), Login{})
	if during := difference(before, m.traces()); during != "" {
		t.Errorf("while it looks there is\n%s", during)
	}
	if who := m.sh("ps -o user= -C cairn-agent 2>/dev/null || true"); strings.Contains(who, "root") {
		t.Error("the agent runs as root")
	}
	reply := must1(s.Scan(t.Context(), wire.ScanRequest{Address: "127.0.0.1", First: m.host.Port, Last: m.host.Port, Timeout: time.Second}))(t)
	if len(reply.Open) != 1 {
		t.Errorf("the scan says %+v", reply)
	}
	conn := must1(s.Dial(t.Context(), "tcp", m.endpoint()))(t)
	must(t, conn.Close())
	if err := s.Purge(t.Context()); problem.CodeOf(err) != problem.HostAgentBroken || !strings.Contains(err.Error(), "does not purge") {
		t.Errorf("Purge = %v", err)
	}
	if _, err := s.Check(t.Context(), nil); err == nil {
		t.Error("a vantage's session also checks")
	}
	must(t, s.Close())
	if after := difference(before, m.traces()); after != "" {
		t.Errorf("left behind is\n%s", after)
	}
}

// difference returns the lines of the second list that the first one lacks.
func difference(before, after string) string {
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	is = slices.DeleteFunc(is, func(line string) bool { return slices.Contains(was, line) })
	return strings.Join(is, "\n")
}

// awaitNothingLeft waits until there is no more than before. If that fails, it
// logs what is left.
func (m *machine) awaitNothingLeft(before string) {
	m.t.Helper()
	var left string
	defer func() {
		if m.t.Failed() {
			m.t.Logf("left is\n%s\n%s", left, m.sh("ps -ef | grep -v ' ps -ef' | tail -20"))
		}
	}()
	m.await("nothing to be left", func() bool { left = difference(before, m.traces()); return left == "" })
}

// The connection breaks while the program is being sent, or while it looks.
func TestLookingThatBreaksOff(t *testing.T) {
	m := boot(t, "")
	before := m.traces()
	for _, after := range []int64{20_000, 200_000, 1_000_000} {
		c := m.connector(func(o *Options) {
			o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				cut := &cutConn{Conn: conn}
				cut.left.Store(after)
				return cut, err
			}
		})
		_, err := c.Connect(t.Context(), m.vantageOf("plain"), Login{})
		wantCode(t, err, problem.HostConnection, "box")
		m.awaitNothingLeft(before)
	}
	// This is like kill -9 of the controller: the kernel closes its connections.
	var open net.Conn
	c := m.connector(func(o *Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			open = conn
			return conn, err
		}
	})
	m.connect(c, m.vantageOf("plain"), Login{})
	must(t, open.Close())
	m.await("no process and no file to be left", func() bool {
		return difference(before, m.traces()) == "" && m.sh("pgrep -u plain || true") == ""
	})
}

func TestNoPlaceToLookFrom(t *testing.T) {
	forbid := "for d in /tmp /var/tmp /dev/shm /home/plain; do mount -t tmpfs -o noexec none $d; chmod 1777 $d; done"
	m := boot(t, forbid)
	_, err := m.connector(nil).Connect(t.Context(), m.vantageOf("plain"), Login{})
	wantCode(t, err, problem.HostAgentUpload, "/tmp: ", "/var/tmp: ", "Permission denied", "/home/plain: ")
	if fix := problem.Of(err).Remedy(); !strings.Contains(fix, "noexec") {
		t.Errorf("the fix is %q", fix)
	}
	if left := m.sh("ls -A /tmp /var/tmp /dev/shm /home/plain | grep cairn || true"); left != "" {
		t.Errorf("left behind is %s", left)
	}
	m.sh("umount /var/tmp")
	m.connect(m.connector(nil), m.vantageOf("plain"), Login{})
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m and\ttab\r": "red and tab", "\x1b]0;title\x07name": "name", "\x1b]8;;http://x\x1b\\link": "link",
		"a\x00b\x9bc": "a b c", "Grüße, 世界": "Grüße, 世界", "\u202eevil": "evil", "\x1bcreset": "reset", "": "",
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
	if got := []rune(brief(strings.Repeat("ä", 500))); len(got) != shownRunes+1 {
		t.Errorf("%d characters are shown", len(got))
	}
}

// Shells of other families understand the lines too.
func TestOtherShells(t *testing.T) {
	for _, shell := range []string{"bash", "dash", "fish", "zsh", "mksh"} {
		t.Run(shell, func(t *testing.T) {
			transport := &localTransport{shell: []string{shell, "-c"}}
			p, err := transport.start(command(asRootScript, "printf 'CAIRN-%s!\\n' \"$1\"", "n"), io.Discard)
			if err != nil {
				t.Skipf("there is no %s here", shell)
			}
			said, _ := io.ReadAll(p)
			_ = p.Close()
			if string(said) != "CAIRN-n!\n" {
				t.Errorf("%s makes %q of it", shell, said)
			}
			b := &bootstrap{transport: transport, connector: &Connector{doubt: doubtTime}}
			if !b.echoes(t.Context()) {
				t.Errorf("%s does not echo", shell)
			}
		})
	}
}
