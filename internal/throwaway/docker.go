package throwaway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Docker says how to call the docker program. The zero value calls the one on
// PATH with the environment of this process. Several goroutines may use it at
// once.
type Docker struct {
	Program string   // path or name of the program; "" is "docker"
	Env     []string // its whole environment; nil is this process's own
}

// goodbye is how long a program may take to end once it was asked to.
const goodbye = 5 * time.Second

// call runs docker with these arguments and returns its standard output. An
// error contains what docker wrote to standard error.
func (d Docker) call(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := d.command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err := cmd.Run()
	return stdout.String(), explained(ctx, err, "docker "+args[0], stderr.String())
}

// finish is call for commands that create something. They run to their end, or
// limit, even if ctx is cancelled. An engine whose client leaves early may
// still create the thing, after everything was removed.
func (d Docker) finish(ctx context.Context, limit time.Duration, stdin io.Reader, args ...string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	out, err := d.call(bounded, stdin, args...)
	if err == nil {
		err = ctx.Err()
	}
	return out, err
}

func (d Docker) command(ctx context.Context, args ...string) *exec.Cmd {
	program := d.Program
	if program == "" {
		program = "docker"
	}
	cmd := polite(exec.CommandContext(ctx, program, args...))
	cmd.Env = d.Env
	return cmd
}

// polite gives a child its own process group, so that Ctrl-C at the terminal
// reaches only Cairn. When the context is cancelled, the child gets SIGTERM.
func polite(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = goodbye
	return cmd
}

// explained adds to a program's error the last words it wrote to standard
// error.
func explained(ctx context.Context, err error, name, stderr string) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", name, ctx.Err())
	}
	if said := lastWords(stderr); said != "" {
		return &commandError{name: name, said: said, err: err}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// commandError is a program that failed and said why.
type commandError struct {
	name, said string
	err        error
}

func (e *commandError) Error() string { return e.name + ": " + e.said }
func (e *commandError) Unwrap() error { return e.err }

// said reports whether a program's own words contain one of these, ignoring
// case.
func said(err error, words ...string) bool {
	var e *commandError
	if !errors.As(err, &e) {
		return false
	}
	text := strings.ToLower(e.said)
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// lastWords returns the end of what a program wrote to standard error, on one
// line and without docker's hint at its own help.
func lastWords(text string) string {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "See 'docker") || strings.HasPrefix(line, "Run 'docker") {
			continue
		}
		kept = append(kept, line)
	}
	if len(kept) > 3 {
		kept = kept[len(kept)-3:]
	}
	return strings.Join(kept, "; ")
}
