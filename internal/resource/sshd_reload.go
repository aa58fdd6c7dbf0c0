package resource

import (
	"context"
	"fmt"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/system"
)

// captureServer returns the commands that make the server run again with the
// restored files, through the unit that listens now. If the socket listens, the
// server's own unit runs only while it is needed, and the next login starts it.
func captureServer(ctx context.Context, s *system.System) ([]system.Command, error) {
	units := s.Distro().SSH
	service, err := unitStateOf(ctx, s, units.Service)
	if err != nil {
		return nil, err
	}
	socket, err := unitStateOf(ctx, s, units.Socket)
	if err != nil {
		return nil, err
	}
	switch {
	case socket.runs():
		return []system.Command{listenAnew(units)}, nil
	case service.runs():
		return []system.Command{restartServer(units)}, nil
	}
	return []system.Command{{Argv: []string{"systemctl", "--no-block", "try-restart", units.Service}}}, nil
}

// restartServer replaces the server's process. Sessions survive that
// (KillMode=process in the unit). A reload is not enough: a server that could not
// listen with its new configuration has ended, and while systemd waits for that
// reload it neither reloads nor starts. A running server is left alone if it could
// not start again. While the host starts, ssh.service may wait for this very
// command, so the command must not wait.
func restartServer(units distro.SSH) system.Command {
	return system.Command{Argv: []string{"sh", "-c", `
	systemctl reset-failed "$0" 2>/dev/null
	case $(systemctl is-system-running) in initializing | starting) exec systemctl --no-block restart "$0" ;; esac
	` + sshdProgram + ` -t 2>/dev/null || exec systemctl --no-block start "$0"
	exec systemctl restart "$0"`, units.Service}}
}

// sshdIsCurrent reports whether sshd has read its configuration since the file was
// written. A stopped server reads it when it starts.
func sshdIsCurrent(ctx context.Context, s *system.System, path string) (bool, error) {
	info, _, found, err := s.Stat(path)
	if err != nil || !found {
		return false, err
	}
	state, err := unitStateOf(ctx, s, s.Distro().SSH.Service)
	if err != nil {
		return false, err
	}
	return !state.runs() || state.changed.After(info.ModTime()), nil
}

// listenKeywords are the options without effect if a socket listens.
var listenKeywords = []string{"port", "listenaddress", "addressfamily"}

// notListening refuses options that would have no effect: sshd takes over the
// socket that systemd opened (sshd(8), -i and socket activation).
func (s SSHDropin) notListening(ctx context.Context, sys *system.System) error {
	for _, o := range s.Options {
		for _, keyword := range listenKeywords {
			if !strings.EqualFold(o.Keyword, keyword) {
				continue
			}
			socket := sys.Distro().SSH.Socket
			state, err := unitStateOf(ctx, sys, socket)
			if err != nil {
				return err
			}
			if state.runs() {
				return fmt.Errorf("%s is decided by %s, which listens for the SSH server: change ListenStream= there, or stop and disable it", o.Keyword, socket)
			}
		}
	}
	return nil
}
