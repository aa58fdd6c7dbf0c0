package resource

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/system"
)

// SocketDropin is the file that tells systemd where to listen. Ubuntu's generator
// makes an "addresses.conf" from sshd_config. This file sorts after it and so has
// the last word: systemd sorts drop-ins by their names, whatever their folder
// (systemd.unit(5)).
func SocketDropin(units distro.SSH) string { return unitDir + units.Socket + ".d/zz-cairn.conf" }

// socketUnit is ssh.socket as systemd has it.
type socketUnit struct {
	listens bool
	accepts bool     // it starts a server for each connection
	streams []string // addresses with ports, as systemd shows them
}

func sshSocket(ctx context.Context, s *system.System) (socketUnit, error) {
	units, err := sshUnitsOf(ctx, s)
	return units.socket, err
}

// SSHSocketPorts returns the ports on which systemd listens instead of sshd, lowest
// first, and whether it does.
func SSHSocketPorts(ctx context.Context, s *system.System) (ports []uint16, listens bool) {
	socket, err := sshSocket(ctx, s)
	return socket.ports(), err == nil && socket.listens
}

func parseSocket(shown string) socketUnit {
	var u socketUnit
	for line := range strings.Lines(shown) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ActiveState" {
			u.listens = value == "active"
		}
		if key == "Accept" {
			u.accepts = value == "yes"
		}
		if stream, is := strings.CutSuffix(value, " (Stream)"); is && key == "Listen" {
			u.streams = append(u.streams, stream)
		}
	}
	return u
}

func cutPort(stream string) (address string, port uint16) {
	at := strings.LastIndexByte(stream, ':')
	if at < 0 {
		return stream, 0
	}
	n, err := strconv.ParseUint(stream[at+1:], 10, 16)
	if err != nil {
		return stream, 0
	}
	return stream[:at], uint16(n)
}

// ports returns the ports on which the socket listens, lowest first.
func (u socketUnit) ports() []uint16 {
	var ports []uint16
	for _, stream := range u.streams {
		if _, port := cutPort(stream); port != 0 {
			ports = append(ports, port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// dropin makes the socket listen on other ports of the same addresses.
func (u socketUnit) dropin(units distro.SSH, ports []uint16) File {
	var b strings.Builder
	b.WriteString("# Managed by Cairn.\n[Socket]\nListenStream=\n")
	var seen []string
	for _, stream := range u.streams {
		address, port := cutPort(stream)
		if port == 0 {
			b.WriteString("ListenStream=" + stream + "\n") // a socket in the file system
		}
		if port == 0 || slices.Contains(seen, address) {
			continue
		}
		seen = append(seen, address)
		for _, port := range ports {
			text := address + ":" + strconv.Itoa(int(port))
			if address == "[::]" || address == "" {
				text = strconv.Itoa(int(port)) // both families
			}
			b.WriteString("ListenStream=" + text + "\n")
		}
	}
	return File{Path: SocketDropin(units), Content: Inline(b.String()), Mode: 0o644}
}

// listenAnew makes a socket listen as its files now say. A socket cannot be
// restarted while a server that it started runs, so the server is stopped first.
// Sessions continue (KillMode=process, and units of their own with Accept=yes).
// While the host starts, the socket may wait for this very command, so the command
// must not wait.
func listenAnew(units distro.SSH) system.Command {
	return system.Command{Argv: []string{"sh", "-c", `
	systemctl daemon-reload
	systemctl reset-failed "$0" "$1" 2>/dev/null
	case $(systemctl is-system-running) in initializing | starting) exec systemctl --no-block restart "$1" ;; esac
	systemctl stop "$0" "$1"
	exec systemctl start "$1"`, units.Service, units.Socket}}
}

// listen makes the server listen on the wanted ports and read its files.
func (s SSHDropin) listen(ctx context.Context, sys *system.System) error {
	units := sys.Distro().SSH
	socket, err := sshSocket(ctx, sys)
	if err != nil {
		return err
	}
	if len(s.Ports) > 0 && socket.listens && !slices.Equal(socket.ports(), s.Ports) {
		if err := socket.dropin(units, s.Ports).Apply(ctx, sys, Diff{}); err != nil {
			return err
		}
		_, err := sys.RunWith(ctx, listenAnew(units))
		return err
	}
	_, err = sys.Run(ctx, "systemctl", socket.rereads(), units.Service)
	return err
}

// rereads returns the verb that makes a running sshd read its files again.
// Connections stay. A server that a socket has started would lose the socket in a
// reload ("Cannot bind any address"), so it is restarted. With a server for each
// connection there is nothing to reload, and "try" makes that no error.
func (u socketUnit) rereads() string {
	if u.listens {
		return "try-restart"
	}
	return "try-reload-or-restart"
}
