package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/rehearse"
)

// programDir has the built program, if a test needed it.
var programDir string

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(programDir)
	_ = os.RemoveAll(releaseDir)
	os.Exit(code)
}

// program builds the controller once for all tests.
var program = sync.OnceValues(func() (path string, err error) {
	if programDir, err = os.MkdirTemp("", "cairn-e2e-"); err != nil {
		return "", err
	}
	path = filepath.Join(programDir, "cairn")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "cairn/cmd/cairn").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// owner is somebody who runs the real program on a lab file. Owners have a home
// directory of their own.
type owner struct {
	t       testing.TB
	program string
	dir     string // of lab.yaml
}

// newOwner writes a lab file for some hosts of a bed. It pins their keys.
func newOwner(t testing.TB, b *bed, hosts ...string) *owner {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{t: t, program: path, dir: t.TempDir()}
	pinned, err := os.ReadFile(filepath.Join(engine.StateDirOf(b.lab), "known_hosts"))
	if err != nil {
		t.Fatal(err)
	}
	o.write("lab.yaml", labFile(b, hosts))
	o.write(filepath.Join(engine.StateDir, "known_hosts"), string(pinned))
	return o
}

// labFile declares hosts of a bed as an owner would.
func labFile(b *bed, hosts []string) string {
	var text strings.Builder
	network := b.lab.Network
	fmt.Fprintf(&text, "lab: e2e\nssh: {key: %s}\nnetwork:\n  cidr: %s\n  gateway: %s\n  admin:\n", b.lab.SSH.Key, network.CIDR, network.Gateway)
	for _, admin := range network.Admin {
		fmt.Fprintf(&text, "  - %q\n", admin)
	}
	if network.CIDR6.IsValid() {
		fmt.Fprintf(&text, "  cidr6: %q\n", network.CIDR6)
	}
	text.WriteString("hosts:\n")
	for _, name := range hosts {
		h := b.host(name)
		fmt.Fprintf(&text, "  %s:\n    address: %s\n    user: %s\n    roles: [%s]\n", name, h.Address, h.User, h.Roles[0])
		if h.Address6.IsValid() {
			fmt.Fprintf(&text, "    address6: %q\n", h.Address6)
		}
	}
	return text.String() + waiversOfThrowAwayHosts()
}

// waiversOfThrowAwayHosts are lines for the lab file. A throw-away host has this
// machine's clock, so without these lines it proves less than a real host.
func waiversOfThrowAwayHosts() string {
	var text strings.Builder
	text.WriteString("waivers:\n")
	for _, w := range rehearse.Waivers(time.Now()) {
		fmt.Fprintf(&text, "- {checkpoint: %s, reason: %q, expires: %s}\n", w.Checkpoint, w.Reason, w.Expires.Format(time.DateOnly))
	}
	return text.String()
}

// write writes a file beside the lab file.
func (o *owner) write(name, content string) {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// command is the program with these arguments.
func (o *owner) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(o.t.Context(), o.program, args...)
	cmd.Dir = o.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SSH_AUTH_SOCK=") }), "HOME="+o.dir)
	return cmd
}

// outcome is how a command ended and what it printed.
type outcome struct {
	exit           int
	stdout, stderr string
}

// run runs the program to its end, with events and result as JSON lines.
func (o *owner) run(args ...string) outcome {
	o.t.Helper()
	return o.finish(o.command(append(args, "-o", "ndjson")...), nil)
}

// finish runs a command to its end.
func (o *owner) finish(cmd *exec.Cmd, stdin io.Reader) outcome {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err := cmd.Run()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		o.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustUp brings the lab up. It must work.
func (o *owner) mustUp() outcome {
	o.t.Helper()
	e := o.run("up", "--yes")
	if e.exit != 0 {
		o.t.Fatalf("up ended with %d:\n%s%s", e.exit, e.stdout, e.stderr)
	}
	return e
}

// noChanges checks that a plan finds nothing to do.
func (o *owner) noChanges() {
	o.t.Helper()
	if e := o.run("plan", "--exit-code"); e.exit != 0 {
		o.t.Errorf("plan ended with %d:\n%s%s", e.exit, e.stdout, e.stderr)
	}
}

// outputLine is a line of the program's output: an event, a result or an error.
type outputLine struct {
	Type    string `json:"type"`
	Host    string `json:"host"`
	Step    string `json:"step"`
	Guard   string `json:"guard"`
	Task    string `json:"task"`
	Probe   string `json:"probe"`
	Text    string `json:"text"`
	Code    string `json:"code"`
	Where   string `json:"where"`
	Summary string `json:"summary"`
	Cause   string `json:"cause"`
	Fix     string `json:"fix"`
}

// lines reads the output. Each line of it is JSON.
func (e outcome) lines(t *testing.T) []outputLine {
	t.Helper()
	var all []outputLine
	for line := range strings.Lines(e.stdout) {
		var s outputLine
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("not a line of JSON: %q: %v", line, err)
		}
		all = append(all, s)
	}
	return all
}
