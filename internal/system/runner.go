package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// NewLocal is this machine.
func NewLocal() *System { return &System{Root: "/", Runner: Local{}} }

// Local runs programs on this machine.
type Local struct{}

// maxOutput bounds what is kept of a program's output, of each stream.
const maxOutput = 4 << 20

// environment is what programs get: the tools' messages are parsed, so they are
// in English, and nothing asks a question.
var environment = append(distro.Quiet(), "PATH="+strings.Join(programDirs, ":"), "LC_ALL=C.UTF-8", "HOME=/root")

// programDirs are searched for programs. The agent's own PATH is whatever the
// login gave it, and often lacks the directories of the administrator's programs.
var programDirs = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// program finds a program by its name, or by its path.
func program(name string) (path string, found bool) {
	if strings.Contains(name, "/") {
		_, err := exec.LookPath(name)
		return name, err == nil
	}
	for _, dir := range programDirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, true
		}
	}
	return "", false
}

// Run implements [Runner]. A program that is not there has the exit code 127, as
// in a shell.
func (Local) Run(ctx context.Context, c Command) (Output, error) {
	if len(c.Argv) == 0 {
		return Output{}, errors.New("no program named")
	}
	path, found := program(c.Argv[0])
	if !found {
		return Output{Exit: MissingProgram, Stderr: []byte(c.Argv[0] + ": not found")}, nil
	}
	if path == SSHD {
		PrepareSSHD()
	}
	cmd := exec.CommandContext(ctx, path, c.Argv[1:]...)
	// A program is asked to end before it is made to: a package manager that is
	// killed leaves more to repair.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second // nor is a daemon that keeps the pipes open waited for
	cmd.Env = slices.Concat(environment, c.Env)
	cmd.Stdin = bytes.NewReader(c.Stdin)
	watch := newSilence(c)
	stdout, stderr := &boundedBuffer{heard: watch.touch}, &boundedBuffer{heard: watch.touch}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if c.Shown != nil {
		cmd.Stdout = io.MultiWriter(stdout, &lineWriter{take: func(line string) { show(ctx, c.Shown(line)) }})
	}
	ended, err := followStatus(ctx, cmd, c, watch)
	if err != nil {
		return Output{}, err
	}
	err = cmd.Start()
	if err == nil {
		watch.watch(cmd)
		err = cmd.Wait()
	}
	ended()
	hung := watch.over()
	out := Output{Stdout: stdout.kept, Stderr: stderr.kept}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case hung != nil:
		return out, problem.Wrap(problem.CommandHung, "", "a program on this host hangs", hung)
	case errors.As(err, &exit):
		out.Exit = exit.ExitCode()
		return out, nil
	case errors.Is(err, exec.ErrWaitDelay):
		return out, nil
	case err != nil:
		return out, fmt.Errorf("running %s: %w", c.Argv[0], err)
	}
	return out, nil
}

// MissingProgram is the exit code of a program that is not installed.
const MissingProgram = 127

// boundedBuffer keeps the beginning of what is written.
type boundedBuffer struct {
	kept  []byte
	heard func() // called at every write
}

// Write implements [io.Writer] and never fails.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	b.heard()
	room := max(0, maxOutput-len(b.kept))
	b.kept = append(b.kept, p[:min(room, len(p))]...)
	return len(p), nil
}

// Run runs a program that has to succeed.
func (s *System) Run(ctx context.Context, argv ...string) (Output, error) {
	return s.RunWith(ctx, Command{Argv: argv})
}

// RunWith is [System.Run] for a command with more than arguments.
func (s *System) RunWith(ctx context.Context, c Command) (Output, error) {
	out, err := s.Runner.Run(ctx, c)
	if err != nil {
		return out, err
	}
	if out.Exit != 0 {
		out.Stdout, out.Stderr = without(out.Stdout, c.Stdin), without(out.Stderr, c.Stdin)
	}
	switch {
	case out.Exit < 0:
		return out, fmt.Errorf("%s was killed: %s", c.Argv[0], LastWords(out))
	case out.Exit > 0:
		return out, &ExitError{program: c.Argv[0], code: out.Exit, said: LastWords(out)}
	}
	return out, nil
}

// without leaves out of what a failed program says the lines that it was given to read:
// they may be secret, and what it says is kept and shown.
func without(said, given []byte) []byte {
	if len(given) == 0 {
		return said
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(given)) {
		known[strings.TrimSpace(line)] = true
	}
	var kept []byte
	for line := range strings.Lines(string(said)) {
		if text := strings.TrimSpace(line); text == "" || !known[text] {
			kept = append(kept, line...)
		}
	}
	return kept
}

// ExitError is a program that ran to its end and says that it failed.
type ExitError struct {
	program string
	code    int
	said    string
}

// Error implements error.
func (e *ExitError) Error() string {
	return fmt.Sprintf("%s failed with exit code %d: %s", e.program, e.code, e.said)
}

// Ask runs a program that only reads and may fail.
func (s *System) Ask(ctx context.Context, argv ...string) (Output, error) {
	return s.Runner.Run(ctx, Command{Argv: argv})
}

// LastWords is the end of what a program complained about.
func LastWords(out Output) string {
	text := strings.TrimSpace(string(out.Stderr))
	if text == "" {
		text = strings.TrimSpace(string(out.Stdout))
	}
	lines := strings.Split(text, "\n")
	if len(lines) > 4 {
		lines = lines[len(lines)-4:]
	}
	return strings.Join(lines, "; ")
}
