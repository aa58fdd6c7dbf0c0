package host

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host/agents"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/testkey"
)

// treeVariable names the root tree of another Debian or Ubuntu. Machines are made
// of it. Without it, they are made of this machine's own tree.
const treeVariable = "CAIRN_HOST_TREE"

// machine is a host for one test, with a real sshd and real users. It has a root
// tree of its own; everything written there is gone afterwards.
//
//	root   with the owner's key
//	ops    with the owner's key, and sudo that asks for nothing
//	asks   with the owner's key, and sudo that asks for a password
//	plain  with the owner's key, and no sudo
type machine struct {
	t     testing.TB
	dir   string // on this machine; the tree is mounted on dir/root, for the machine only
	pid   int    // the machine has its mounts
	host  lab.Host
	owner ssh.Signer
}

// Passwords of the machine's users.
const (
	rootPassword  = "root of a test"
	asksPassword  = "asks of a test"
	plainPassword = "plain of a test"
)

// boot makes a machine. prepare is shell that runs on it before its sshd starts.
func boot(t testing.TB, prepare string) *machine {
	t.Helper()
	if len(agents.All()) == 0 {
		t.Skip("the agents are not built: run `make agents`")
	}
	if out, err := exec.Command("unshare", "--mount", "--pid", "--fork", "true").CombinedOutput(); err != nil {
		t.Skipf("no namespaces can be made here: %s", out)
	}
	// Not t.TempDir: a test's name may have characters that an option of mount may
	// not.
	dir, err := os.MkdirTemp("", "cairn-host")
	must(t, err)
	m := &machine{t: t, dir: dir}
	m.owner = testkey.Write(t, filepath.Join(m.dir, "id_ed25519"), "")
	hostKey := testkey.Write(t, filepath.Join(m.dir, "ssh_host_ed25519_key"), "")
	must(t, os.WriteFile(filepath.Join(m.dir, "authorized_keys"), ssh.MarshalAuthorizedKey(m.owner.PublicKey()), 0o644))
	must(t, os.WriteFile(filepath.Join(m.dir, "ssh_host_ed25519_key.pub"), ssh.MarshalAuthorizedKey(hostKey.PublicKey()), 0o644))
	must(t, os.WriteFile(filepath.Join(m.dir, "passwords"), []byte("root:"+rootPassword+"\nasks:"+asksPassword+"\nplain:"+plainPassword+"\n"), 0o600))
	m.host = lab.Host{Name: "box", Address: netip.MustParseAddr("127.0.0.1"), Port: freePort(t), User: "ops"}
	m.run(prepare)
	m.await("sshd", func() bool {
		conn, err := net.Dial("tcp", m.endpoint())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return m
}

// bootScript makes the tree and becomes its sshd. $1 is the tree that it is made
// of, $2 the machine's directory, $3 the port.
const bootScript = `
set -eu
mount -t tmpfs none "$2/disk"
mkdir "$2/disk/upper" "$2/disk/work"
mount -t overlay -o "lowerdir=$1,upperdir=$2/disk/upper,workdir=$2/disk/work" none "$2/root"
cd "$2/root"
mount -t proc none proc
mount --rbind /dev dev
mount -t tmpfs none run
mkdir -m 0755 run/sshd
for d in tmp var/tmp dev/shm; do mount -t tmpfs -o mode=1777 none "$d"; done # what this machine's other tests write must not show here
rm -rf var/lib/cairn
mount -t tmpfs -o mode=0700 none root # to take away what root keeps on this machine would take seconds
cp "$2/ssh_host_ed25519_key" "$2/ssh_host_ed25519_key.pub" "$2/authorized_keys" "$2/passwords" etc/ssh/
printf '%s\n' "auth required pam_unix.so nodelay" "account required pam_permit.so" "session required pam_permit.so" >etc/pam.d/sshd
cp etc/pam.d/sshd etc/pam.d/sudo
mkdir -p etc/sudoers.d
echo "ops ALL=(ALL:ALL) NOPASSWD: ALL" >etc/sudoers.d/ops
echo "asks ALL=(ALL:ALL) ALL" >etc/sudoers.d/asks
echo "Defaults logfile=/var/log/sudo" >etc/sudoers.d/log
chmod 0440 etc/sudoers.d/*
printf '%s\n' "Port $3" "ListenAddress 127.0.0.1" "HostKey /etc/ssh/ssh_host_ed25519_key" "AuthorizedKeysFile /etc/ssh/authorized_keys" \
  "StrictModes no" "UsePAM yes" "PermitRootLogin yes" "MaxStartups 200" "PidFile none" "PasswordAuthentication yes" >etc/ssh/sshd_test
echo "PerSourcePenalties no" >>etc/ssh/sshd_test # OpenSSH 9.8 and later
chroot . /usr/sbin/sshd -t -f /etc/ssh/sshd_test 2>/dev/null || sed -i /PerSourcePenalties/d etc/ssh/sshd_test
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot . /bin/sh -euc "$4"
`

// users and all below run inside the tree.
const users = `
for name in ops asks plain; do useradd --create-home --shell /bin/bash "$name"; done
chpasswd </etc/ssh/passwords
%s
exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_test
`

func (m *machine) run(prepare string) {
	m.t.Helper()
	tree := os.Getenv(treeVariable)
	if tree == "" {
		tree = "/"
	}
	for _, name := range []string{"disk", "root"} {
		must(m.t, os.Mkdir(filepath.Join(m.dir, name), 0o700))
	}
	log, err := os.Create(filepath.Join(m.dir, "log"))
	must(m.t, err)
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL",
		"sh", "-c", bootScript, "boot", tree, m.dir, fmt.Sprint(m.host.Port), fmt.Sprintf(users, prepare))
	cmd.Stdout, cmd.Stderr = log, log
	must(m.t, cmd.Start())
	m.pid = cmd.Process.Pid
	m.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if m.t.Failed() {
			text, _ := os.ReadFile(log.Name())
			m.t.Logf("the machine's log:\n%s", text)
		}
		_ = log.Close()
		must(m.t, os.RemoveAll(m.dir))
	})
}

// inside is the start of a command that runs on the machine.
func (m *machine) inside() []string {
	ns := fmt.Sprintf("/proc/%d/ns/", m.pid)
	return []string{"nsenter", "--mount=" + ns + "mnt", "--pid=" + ns + "pid_for_children", "chroot", filepath.Join(m.dir, "root"), "sh", "-c"}
}

// sh runs a script on the machine.
func (m *machine) sh(script string) string {
	m.t.Helper()
	argv := append(m.inside(), script)
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// needs skips the test if the machine lacks a program.
func (m *machine) needs(program string) {
	m.t.Helper()
	if m.sh("command -v "+program+" || true") == "" {
		m.t.Skipf("no %s on this machine; %s names a tree that has it", program, treeVariable)
	}
}

// await polls until the condition holds.
func (m *machine) await(what string, holds func() bool) {
	m.t.Helper()
	for limit := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			m.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// of is the machine for a part of the test.
func (m *machine) of(t testing.TB) *machine {
	part := *m
	part.t = t
	return &part
}

func (m *machine) endpoint() string { return netip.AddrPortFrom(m.host.Address, m.host.Port).String() }

// as is the machine as a host with another user in the lab.
func (m *machine) as(user string) lab.Host {
	h := m.host
	h.User = user
	return h
}

// options are those of an owner who knows the machine already.
func (m *machine) options() Options {
	l := &lab.Lab{Name: "test", SSH: lab.SSH{Key: filepath.Join(m.dir, "id_ed25519")}, Hosts: []lab.Host{m.host}}
	return Options{Lab: l, Dir: m.t.TempDir(), Fingerprint: m.fingerprint()}
}

func (m *machine) fingerprint() string { m.t.Helper(); return ssh.FingerprintSHA256(m.hostKey()) }

func (m *machine) hostKey() ssh.PublicKey {
	m.t.Helper()
	line, err := os.ReadFile(filepath.Join(m.dir, "ssh_host_ed25519_key.pub"))
	must(m.t, err)
	key, _, _, _, err := ssh.ParseAuthorizedKey(line)
	must(m.t, err)
	return key
}

func (m *machine) connector(change func(*Options)) *Connector {
	m.t.Helper()
	o := m.options()
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	must(m.t, err)
	return c
}

// connect returns a session that ends with the test.
func (m *machine) connect(c *Connector, h lab.Host, how Login) *Session {
	m.t.Helper()
	s, err := c.Connect(context.Background(), h, how)
	must(m.t, err)
	m.t.Cleanup(func() { _ = s.Close() })
	return s
}

// local returns a session without SSH, as a process on the machine.
func (m *machine) local() *Session {
	m.t.Helper()
	c := m.connector(nil)
	b := &bootstrap{connector: c, host: m.host, transport: &localTransport{shell: m.inside()}, user: c.options.User, how: Login{OwnerOnly: true}}
	s, err := b.start(context.Background())
	must(m.t, err)
	m.t.Cleanup(func() { _ = s.Close() })
	return s
}

// arguments are the arguments and environments of every running process.
func (m *machine) arguments() string {
	m.t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		paths, err := filepath.Glob(pattern)
		must(m.t, err)
		for _, path := range paths {
			text, _ := os.ReadFile(path) // the process may have ended
			all.Write(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
		}
	}
	return all.String()
}

// agentFiles lists the files where agents are put.
func (m *machine) agentFiles() string {
	m.t.Helper()
	return m.sh("find /var/lib/cairn /run/cairn -type f 2>/dev/null || true")
}

func freePort(t testing.TB) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, l.Close()) }()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// person answers the questions of a Prompter, and counts them.
type person struct {
	password  string
	yes       bool
	questions bytes.Buffer
	asked     atomic.Int64
}

// Password implements [Prompter].
func (p *person) Password(_ context.Context, prompt string) (secret.Text, error) {
	p.asked.Add(1)
	p.questions.WriteString(prompt + "\n")
	return secret.New(p.password), nil
}

// Confirm implements [Prompter].
func (p *person) Confirm(_ context.Context, question string) (bool, error) {
	p.asked.Add(1)
	p.questions.WriteString(question + "\n")
	return p.yes, nil
}

// wantCode checks a problem's code, its place, and some words in it.
func wantCode(t testing.TB, err error, code problem.Code, words ...string) {
	t.Helper()
	p := problem.Of(err)
	if p == nil || p.Code != code {
		t.Fatalf("got %v, want a problem %s", err, code)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if p.Remedy() == "" {
		t.Errorf("%s has no fix", code)
	}
}
