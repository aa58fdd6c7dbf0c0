package resource

import (
	"context"
	"fmt"
	"strings"
)

// The units of the SSH server on Debian and Ubuntu. Where the socket listens, the
// server's own unit runs only while it is needed.
const (
	sshService = "ssh.service"
	sshSocket  = "ssh.socket"
)

// reloadSSHD has a running sshd read its files again. Connections stay. Where
// ssh.socket starts a server for each connection there is nothing to reload, and
// "try" makes that no failure.
var reloadSSHD = []string{"systemctl", "try-reload-or-restart", sshService}

// reloadLater is the same for an undo, which may be carried out while the host
// still starts and ssh.service waits for it: it must not wait in turn.
var reloadLater = []string{"systemctl", "--no-block", "try-reload-or-restart", sshService}

func (s *System) reloadSSHD(ctx context.Context) error {
	_, err := s.run(ctx, reloadSSHD...)
	return err
}

// sshdIsCurrent reports whether sshd has read its configuration since the file
// was written. A server that does not run reads it when it starts.
func (s *System) sshdIsCurrent(ctx context.Context, path string) (bool, error) {
	info, _, found, err := s.stat(path)
	if err != nil || !found {
		return false, err
	}
	state, err := s.unitState(ctx, sshService)
	if err != nil {
		return false, err
	}
	return !state.runs() || state.changed.After(info.ModTime()), nil
}

// listenKeywords are the options that ssh.socket decides where it listens.
var listenKeywords = []string{"port", "listenaddress", "addressfamily"}

// notListening refuses options that would do nothing: sshd takes over the socket
// that systemd opened (sshd(8), -i and socket activation).
func (s SSHDropin) notListening(ctx context.Context, sys *System) error {
	for _, o := range s.Options {
		for _, keyword := range listenKeywords {
			if !strings.EqualFold(o.Keyword, keyword) {
				continue
			}
			state, err := sys.unitState(ctx, sshSocket)
			if err != nil {
				return err
			}
			if state.runs() {
				return fmt.Errorf("%s is decided by %s, which listens for the SSH server: change ListenStream= there, or stop and disable it", o.Keyword, sshSocket)
			}
		}
	}
	return nil
}
