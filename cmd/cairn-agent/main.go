// Command cairn-agent is Cairn on a host. The controller brings it and calls it;
// it is of no use by itself.
//
//	cairn-agent [-state DIR] serve [-user NAME] [-connection SSH_CONNECTION] NONCE
//	cairn-agent look [-user NAME] [-connection SSH_CONNECTION] NONCE
//	cairn-agent [-state DIR] run ID
//	cairn-agent [-state DIR] rollback DIR
//	cairn-agent listen ADDRESS < NONCE
//	cairn-agent contained say|ask ADDRESS|write FILE|read FILE
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cairn/internal/agent"
	"cairn/internal/system"
	"cairn/internal/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "cairn-agent:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cairn-agent", flag.ContinueOnError)
	state := flags.String("state", agent.DefaultState, "the state directory")
	if err := flags.Parse(args); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	system := system.NewLocal()
	system.Originals = filepath.Join(*state, "originals")
	a := &agent.Agent{System: system, State: *state, Work: agent.DefaultWork, Program: program, Now: time.Now}
	words := flags.Args()
	switch {
	case len(words) > 1 && words[0] == "serve":
		return serve(ctx, a, words[1:])
	case len(words) > 1 && words[0] == "look":
		return session(ctx, words[1:], a.Look)
	case len(words) == 2 && words[0] == "run":
		return a.Run(ctx, words[1])
	case len(words) == 2 && words[0] == "rollback":
		return a.Rollback(ctx, words[1])
	case len(words) == 2 && words[0] == "listen":
		return listen(ctx, words[1])
	case len(words) > 1 && words[0] == "contained":
		return agent.Contained(ctx, words[1:], os.Stdin, os.Stdout)
	}
	return errors.New("not called by Cairn's controller")
}

func serve(ctx context.Context, a *agent.Agent, args []string) error {
	if err := os.MkdirAll(a.State, 0o700); err != nil {
		return err
	}
	return session(ctx, args, a.Serve)
}

// session answers the controller on the connection that sshd made.
func session(ctx context.Context, args []string, answer func(context.Context, io.ReadWriteCloser, string, agent.Login, wire.Heartbeat) error) error {
	flags := flag.NewFlagSet("session", flag.ContinueOnError)
	user := flags.String("user", "", "who logged in")
	connection := flags.String("connection", "", "over which connection, as SSH_CONNECTION has it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("a session needs a nonce")
	}
	// A file that does not block can be closed under a read that waits, and under a
	// write: sshd takes nothing more when the controller is gone.
	for _, fd := range []int{syscall.Stdin, syscall.Stdout} {
		if err := syscall.SetNonblock(fd, true); err != nil {
			return err
		}
	}
	stdin, stdout := os.NewFile(uintptr(syscall.Stdin), "stdin"), os.NewFile(uintptr(syscall.Stdout), "stdout")
	return answer(ctx, stdio{stdin, stdout}, flags.Arg(0), agent.NewLogin(*user, *connection), wire.DefaultHeartbeat)
}

// stdio is the connection that sshd made.
type stdio struct {
	io.ReadCloser
	out io.WriteCloser
}

// Write implements [io.Writer].
func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }

// Close implements [io.Closer]: it also ends a read that waits.
func (s stdio) Close() error { return errors.Join(s.out.Close(), s.ReadCloser.Close()) }

// listen takes the nonce from stdin, because arguments can be seen by everybody.
func listen(ctx context.Context, address string) error {
	nonce, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	return agent.TestListener(ctx, address, strings.TrimSpace(nonce), os.Stdout)
}
