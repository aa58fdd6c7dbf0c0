package guard

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/testkey"
	"cairn/internal/throwaway"
	"cairn/internal/wire"
)

// hostName is the host's name in its lab.
const hostName = "guarded"

// guardDir is the guard's directory on a real host.
const guardDir = "/var/lib/cairn/runs/r1/guards/gate"

// realHost is a throw-away host for one test.
type realHost struct {
	t         *testing.T
	rehearsal *throwaway.Hosts
	owner     ssh.Signer
	trial     bool // the guard waits for a trial login
	before    string
}

// newRealHost boots a host with the user ops. The user has a key, sudo and the
// group that may log in.
func newRealHost(t *testing.T) *realHost {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a real host")
	}
	signer := testkey.New(t)
	l := &lab.Lab{
		Name:    "guard",
		Network: lab.Network{CIDR: netip.MustParsePrefix("10.86.0.0/24"), Gateway: netip.MustParseAddr("10.86.0.1")},
		Hosts:   []lab.Host{{Name: hostName, Address: netip.MustParseAddr("10.86.0.10"), Port: 22}},
	}
	r, err := throwaway.Start(t.Context(), throwaway.Options{Lab: l, RunID: "guard-" + strings.ToLower(rand.Text()[:8]), Key: signer.PublicKey()})
	if err != nil {
		t.Fatalf("Docker is needed to make a host: run `make need` as root; -short leaves this test out.\n%v", err)
	}
	t.Cleanup(func() { must(t, r.Close()) })
	h := &realHost{t: t, rehearsal: r, owner: signer}
	program, err := testProgram()
	must(t, err)
	h.pipe(bytes.NewReader(program), "cat > "+hostProgram+" && chmod 0755 "+hostProgram)
	h.sh(`useradd --create-home --shell /bin/bash ops; groupadd --system ssh-users; usermod --append --groups ssh-users ops
		echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops; chmod 0440 /etc/sudoers.d/ops
		install -d -m 0700 -o ops -g ops /home/ops/.ssh; mkdir -p ` + guardDir)
	h.pipe(bytes.NewReader(ssh.MarshalAuthorizedKey(signer.PublicKey())), `cat > /home/ops/.ssh/authorized_keys; chown ops:ops /home/ops/.ssh/authorized_keys; chmod 0600 /home/ops/.ssh/authorized_keys`)
	return h
}

// testProgram is this test as a program that needs nothing from the host.
var testProgram = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guard-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "guard-test")
	cmd := exec.Command("go", "test", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(path)
})

func (h *realHost) sh(script string) string { h.t.Helper(); return h.pipe(nil, script) }

func (h *realHost) pipe(input io.Reader, script string) string {
	h.t.Helper()
	out, stderr, err := h.rehearsal.Exec(h.t.Context(), hostName, []string{"sh", "-c", script}, input)
	if err != nil {
		h.t.Fatalf("%s: %v\n%s%s", script, err, out, stderr)
	}
	return string(out) + string(stderr)
}

// await polls until the condition holds.
func (h *realHost) await(what string, holds func() bool) {
	h.t.Helper()
	for limit := time.Now().Add(90 * time.Second); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			h.t.Fatalf("waited in vain for %s; the guard is %+v\n%s", what, h.state(),
				h.sh("systemctl list-units --all 'cairn*' 'guard*'; journalctl --no-pager --lines=80"))
		}
	}
}

func (h *realHost) state() State {
	h.t.Helper()
	var s State
	if body := h.sh("cat " + guardDir + "/" + stateFile + " 2>/dev/null || true"); body != "" {
		must(h.t, json.Unmarshal([]byte(body), &s))
	}
	return s
}

func (h *realHost) awaitPhase(phases ...Phase) State {
	h.t.Helper()
	var s State
	h.await(fmt.Sprint("one of ", phases), func() bool {
		s = h.state()
		for _, phase := range phases {
			if s.Phase == phase {
				return true
			}
		}
		return false
	})
	return s
}

// picture is the part of the host that a guard answers for. It has every file
// below /etc and /home with content, mode, owner and time. It also has the
// firewall, the SSH server's effective configuration, and units.
func (h *realHost) picture() string {
	h.t.Helper()
	return h.sh(`skip='( -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf -o -path /etc/.pwd.lock )'
		find /etc /home $skip -prune -o -type d -printf '%p %M %u:%g\n' -o -printf '%p %M %u:%g %T@ %l\n' | sort
		find /etc /home $skip -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
		nft list ruleset | grep -v 127.0.0.11; mkdir -p /run/sshd; /usr/sbin/sshd -T
		systemctl list-unit-files --no-legend | grep -i cairn; ls /etc/systemd/system/*/ | grep -i cairn; ls /run/systemd/transient 2>/dev/null | grep cairn-guard; true`)
}

// begin starts a guard as the agent does, in a unit of its own.
func (h *realHost) begin(p hostPlan, resources ...resource.Guardable) {
	h.t.Helper()
	for _, r := range resources {
		spec, err := resource.Encode(r)
		must(h.t, err)
		p.Steps = append(p.Steps, spec)
	}
	body, err := wire.Encode(p)
	must(h.t, err)
	h.trial = p.Trial
	h.sh("rm -rf " + guardDir)
	h.before = h.picture()
	h.pipe(bytes.NewReader(body), "cat > /var/lib/cairn/plan.cbor; systemctl reset-failed guard-run.service 2>/dev/null; systemd-run --quiet --collect --unit=guard-run "+hostProgram+" execute "+guardDir+" /var/lib/cairn/plan.cbor")
}

// signal does what a serving process of the agent does for the controller.
func (h *realHost) signal(words ...string) {
	h.t.Helper()
	argv := append([]string{hostProgram, words[0], guardDir}, words[1:]...)
	if _, stderr, err := h.rehearsal.Exec(h.t.Context(), hostName, argv, nil); err != nil {
		h.t.Fatalf("%s: %v: %s", words[0], err, stderr)
	}
}

// control plays the controller to the end. It makes a trial login, and after the
// change a new connection with sudo.
func (h *realHost) control() State {
	h.t.Helper()
	if h.trial && h.awaitPhase(Prepared, Refused).Phase == Prepared {
		if err := h.trialLogin(); err != nil {
			h.signal("abort", "the owner could not log in through the new configuration: "+err.Error())
		} else {
			h.signal("proceed")
		}
	}
	s := h.awaitPhase(Refused, Settled, RolledBack, Stuck)
	if s.Phase == Settled {
		if err := h.login(); err != nil {
			h.signal("abort", "the owner could not get in after the change: "+err.Error())
		} else {
			h.signal("confirm", nonce)
		}
		s = h.awaitPhase(Persisted, RolledBack, Stuck)
	}
	h.await("the process to end", func() bool {
		return strings.TrimSpace(h.sh("systemctl is-active guard-run.service || true")) != "active"
	})
	return s
}

func (h *realHost) sshConfig() *ssh.ClientConfig {
	// No host key is needed: this test made the host.
	return &ssh.ClientConfig{
		User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(h.owner)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 4 * time.Second,
	}
}

// login connects anew from outside the host and uses sudo.
func (h *realHost) login() error {
	client, err := ssh.Dial("tcp", net.JoinHostPort(h.rehearsal.All()[0].Address.String(), "22"), h.sshConfig())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	if out, err := session.CombinedOutput("sudo -n id -u"); err != nil || string(out) != "0\n" {
		return fmt.Errorf("sudo says %q: %w", out, err)
	}
	return nil
}

// trialLogin logs in to the server that runs on the staged configuration.
func (h *realHost) trialLogin() error {
	cmd := exec.Command("docker", "exec", "--interactive", h.rehearsal.All()[0].Container, hostProgram, "trial", guardDir)
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	_ = near.SetDeadline(time.Now().Add(20 * time.Second))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Stdout = far
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _, _ = io.Copy(stdin, far); _ = stdin.Close() }()
	go func() { _ = cmd.Wait(); _ = far.Close() }()
	conn, channels, requests, err := ssh.NewClientConn(near, "trial", h.sshConfig())
	if err != nil {
		return err
	}
	client := ssh.NewClient(conn, channels, requests)
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	return session.Run("true")
}

// mustBeAsBefore waits until the alarm is gone, and compares the host with its
// state when the guard began.
func (h *realHost) mustBeAsBefore() {
	h.t.Helper()
	h.await("the alarm to be taken away", func() bool {
		return h.sh("ls /etc/systemd/system /etc/systemd/system/*/ /run/systemd/transient 2>/dev/null | grep cairn-guard || true") == ""
	})
	after := h.picture()
	if after == h.before {
		return
	}
	had := strings.Split(h.before, "\n")
	for line := range strings.SplitSeq(after, "\n") {
		if !strings.Contains(h.before, line) {
			h.t.Errorf("the host has %q", line)
		}
	}
	for _, line := range had {
		if !strings.Contains(after, line) {
			h.t.Errorf("the host had %q", line)
		}
	}
	if !h.t.Failed() {
		h.t.Error("the host is not as it was, in the order of things")
	}
}

// mustLetIn checks that the owner still gets in.
func (h *realHost) mustLetIn() {
	h.t.Helper()
	if err := h.login(); err != nil {
		h.t.Errorf("the owner does not get in any more: %v", err)
	}
}

// restart is a power cut: no process is told to end.
func (h *realHost) restart() {
	h.t.Helper()
	must(h.t, h.rehearsal.PowerCycle(h.t.Context(), hostName))
}

// shutDownAndStart is an orderly restart: every process is told to end.
func (h *realHost) shutDownAndStart() {
	h.t.Helper()
	must(h.t, h.rehearsal.Restart(h.t.Context(), hostName))
}
