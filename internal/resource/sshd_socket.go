package resource

import (
	"context"
	"strings"
)

// socketUnit is ssh.socket as systemd has it.
type socketUnit struct {
	listens bool
}

func (s *System) sshSocket(ctx context.Context) (socketUnit, error) {
	out, err := s.run(ctx, "systemctl", "show", "--property=ActiveState", "--", sshSocket)
	if err != nil {
		return socketUnit{}, err
	}
	return socketUnit{listens: strings.TrimSpace(string(out.Stdout)) == "ActiveState=active"}, nil
}

// listenAnew has a socket listen as its files say now. A socket cannot be
// restarted beside a server that it started, so that one goes first; sessions are
// no part of either (KillMode=process, and units of their own with Accept=yes).
// While the host starts, ssh.socket may wait for this very command, which must not
// wait in turn.
var listenAnew = Command{Argv: []string{"sh", "-c", `
	systemctl daemon-reload
	systemctl reset-failed "$0" "$1" 2>/dev/null
	case $(systemctl is-system-running) in initializing | starting) exec systemctl --no-block restart "$1" ;; esac
	systemctl stop "$0" "$1"
	exec systemctl start "$1"`, sshService, sshSocket}}

// listen has the server read its files.
func (s SSHDropin) listen(ctx context.Context, sys *System) error {
	socket, err := sys.sshSocket(ctx)
	if err != nil {
		return err
	}
	_, err = sys.run(ctx, "systemctl", socket.rereads(), sshService)
	return err
}

// rereads is what has a running sshd read its files again. Connections stay. One
// that a socket has started loses it when it only reloads ("Cannot bind any
// address"), and is started anew; one for each connection has nothing to reload,
// and "try" makes that no failure.
func (u socketUnit) rereads() string {
	if u.listens {
		return "try-restart"
	}
	return "try-reload-or-restart"
}
