package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"cairn/internal/agent/guard"
	"cairn/internal/problem"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// signal passes the controller's signal to a guard.
func (s *session) signal(ctx context.Context, request wire.GuardSignal) wire.Done {
	dir, err := s.guardDir(request.Run, request.Guard)
	if err != nil {
		return wire.Done{Failure: failureOf(err)}
	}
	switch request.Signal {
	case wire.SignalProceed:
		err = guard.Proceed(ctx, dir)
	case wire.SignalConfirm:
		err = guard.Confirm(ctx, dir, request.Nonce)
	case wire.SignalAbort:
		err = guard.Abort(ctx, dir, request.Reason)
	default:
		err = fmt.Errorf("%q is not a signal", request.Signal)
	}
	if err != nil {
		return wire.Done{Failure: failureOf(problem.Wrap(problem.GuardRolledBack, "", "the guard did not accept the signal "+string(request.Signal), err))}
	}
	return wire.Done{}
}

// trial runs an SSH server on a guard's staged configuration. Its only connection
// is the stream, so it listens on no port.
func (s *session) trial(ctx context.Context, stream *wire.Stream) error {
	var request wire.TrialLogin
	if err := stream.Receive(ctx, &request); err != nil {
		return err
	}
	dir, err := s.guardDir(request.Run, request.Guard)
	if err != nil {
		return stream.Send(ctx, wire.Done{Failure: failureOf(err)})
	}
	if _, err := os.Stat(guard.StagedConfig(dir)); err != nil {
		return stream.Send(ctx, wire.Done{Failure: failureOf(err)})
	}
	if err := stream.Send(ctx, wire.Done{}); err != nil {
		return err
	}
	system.PrepareSSHD()
	argv := guard.TrialCommand(dir)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// Not cmd.Stdin: Run would wait for more input even after the server has ended.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(stdin, stream)
		_ = stdin.Close()
	}()
	cmd.Stdout = stream
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
