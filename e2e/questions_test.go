package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairn/internal/testkey"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// TestInterruptedQuestions presses Ctrl-C at every kind of question, on a terminal
// of the program's own. The program ends at once and leaves the terminal as it
// was. What is typed afterwards goes to the next reader of the terminal.
func TestInterruptedQuestions(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	s := newSSHServer(t)
	for name, q := range map[string]struct {
		question string
		args     []string
		pinned   bool
		end      func(p *sitter)
		typed    string // after that, before the program has ended
	}{
		"a new host's key":                {"Is it this one?", []string{"host", "add", "box"}, false, (*sitter).interrupt, ""},
		"a login password":                {"Password of root on box", []string{"host", "add", "box", "--ask-password"}, true, (*sitter).interrupt, ""},
		"a login password, and typing on": {"Password of root on box", []string{"host", "add", "box", "--ask-password"}, true, (*sitter).interruptAndTypeOn, "hunter2\n"},
		"a passphrase":                    {"Passphrase of ", []string{"plan", "--first-user", "root"}, true, (*sitter).interrupt, ""},
		"the end of a case":               {"[yes/no]", []string{"case", "close", "--why", "tired"}, true, (*sitter).interrupt, ""},
		"a password, killed":              {"Password of root on box", []string{"plan", "--ask-password"}, true, (*sitter).terminate, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.owner(t, q.pinned)
			p := sit(t, o.command(q.args...))
			p.reads(q.question)
			q.end(p)
			if code := p.ended(2 * time.Second); code != 130 {
				t.Errorf("ended with %d:\n%s", code, p.seen())
			}
			if mode := p.mode(); mode != p.before {
				t.Errorf("the terminal has the mode %#x, and had %#x", mode, p.before)
			}
			if strings.Count(p.seen(), q.question) != 1 {
				t.Errorf("asked again:\n%s", p.seen())
			}
			p.types("for the shell\n")
			if before := p.hears("for the shell\n"); before != q.typed {
				t.Errorf("the next reader of the terminal first gets %q, not %q", before, q.typed)
			}
		})
	}
}

// sshServer is an sshd of this machine. Nobody gets in without a question.
type sshServer struct {
	dir, port string
	key       ssh.PublicKey // of the host
}

func newSSHServer(t *testing.T) *sshServer {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		t.Skip("no sshd here: install openssh-server")
	}
	s := &sshServer{dir: t.TempDir()}
	s.key = testkey.Write(t, filepath.Join(s.dir, "host_key"), "").PublicKey()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", rand.Text(), "-f", filepath.Join(s.dir, "locked")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	sshd := exec.Command("/usr/sbin/sshd", "-D", "-f", "/dev/null", "-h", filepath.Join(s.dir, "host_key"), "-p", s.port, "-o", "ListenAddress=127.0.0.1",
		"-o", "PidFile=none", "-o", "PermitRootLogin=yes", "-o", "StrictModes=no", "-o", "AuthorizedKeysFile="+filepath.Join(s.dir, "locked.pub"))
	if err := sshd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sshd.Process.Kill()
		_ = sshd.Wait()
	})
	eventually(t, 10*time.Second, "sshd listens", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return s
}

// owner returns an owner with a lab of that server, whose user the owner does not
// know.
func (s *sshServer) owner(t *testing.T, pinned bool) *owner {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{t: t, program: path, dir: t.TempDir()}
	o.write("lab.yaml", fmt.Sprintf(`lab: questions
ssh: {key: %s}
network: {cidr: 127.0.0.0/8, admin: [127.0.0.0/8]}
hosts: {box: {address: 127.0.0.1, port: %s, user: nobody-has-this-name}}
`, filepath.Join(s.dir, "locked"), s.port))
	if pinned {
		o.write(".cairn/known_hosts", "box "+string(ssh.MarshalAuthorizedKey(s.key)))
	}
	return o
}

// sitter is a person at a terminal on which a program runs.
type sitter struct {
	t        *testing.T
	cmd      *exec.Cmd
	keyboard *os.File
	screen   *os.File // the program's end of the terminal
	before   uint32   // the terminal's mode
	exit     chan int

	mu   sync.Mutex
	text bytes.Buffer
}

// sit starts a program on a terminal of its own, so that Ctrl-C sends it a signal.
func sit(t *testing.T, cmd *exec.Cmd) *sitter {
	t.Helper()
	screen, keyboard := terminalPair(t)
	p := &sitter{t: t, cmd: cmd, keyboard: keyboard, screen: screen, exit: make(chan int, 1)}
	p.before = p.mode()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = screen, screen, screen
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		p.exit <- cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go p.look()
	return p
}

func (p *sitter) look() {
	part := make([]byte, 4096)
	for {
		n, err := p.keyboard.Read(part)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.text.Write(part[:n])
		p.mu.Unlock()
	}
}

// seen returns what the terminal shows.
func (p *sitter) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *sitter) reads(text string) {
	p.t.Helper()
	eventually(p.t, 30*time.Second, text, func() bool { return strings.Contains(p.seen(), text) })
	time.Sleep(100 * time.Millisecond) // the program begins to read after it has asked
}

func (p *sitter) types(text string) {
	p.t.Helper()
	if _, err := p.keyboard.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// hears reads the terminal as the shell does once the program has ended. The shell
// also gets what was typed before that. hears returns it.
func (p *sitter) hears(want string) (before string) {
	p.t.Helper()
	for line := make([]byte, 80); ; before += string(line) {
		n, err := p.screen.Read(line[:80])
		if err != nil || n == 0 {
			p.t.Fatalf("the terminal cannot be read: %v", err)
		}
		if line = line[:n]; string(line) == want {
			return before
		}
	}
}

func (p *sitter) interrupt() { p.types("\x03") }

// interruptAndTypeOn does not wait for the program to end before it types on.
func (p *sitter) interruptAndTypeOn() {
	p.interrupt()
	time.Sleep(20 * time.Millisecond) // nobody types faster
	p.types("hunter2\n")
}

func (p *sitter) terminate() { _ = p.cmd.Process.Signal(syscall.SIGTERM) }

// ended waits for the program to end.
func (p *sitter) ended(limit time.Duration) int {
	p.t.Helper()
	select {
	case code := <-p.exit:
		return code
	case <-time.After(limit):
		p.t.Fatalf("the program does not end:\n%s", p.seen())
		return 0
	}
}

// mode is how the terminal treats what is typed (termios(3), local modes).
func (p *sitter) mode() uint32 {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.screen.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return state.Lflag
}
