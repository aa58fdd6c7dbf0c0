package agent

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/agent/guard"
	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/wire"
)

// sshFacts reads the SSH server's files, and where it listens.
func (a *Agent) sshFacts(ctx context.Context, login Login) wire.SSH {
	facts := wire.SSH{Port: login.Port}
	settings, err := sshdconf.Files{Root: a.System.Root}.ReadServer(resource.SSHServer(ctx, a.System))
	if err != nil {
		facts.Trouble = err.Error()
	}
	facts.Concerns = guard.Concerns(ctx, a.System, login.Peer, settings)
	facts.Ports = sshdconf.Ports(settings)
	facts.Forwarding = sshdconf.First(settings, "allowtcpforwarding", "yes")
	facts.Managed = slices.ContainsFunc(settings, func(s sshdconf.Setting) bool { return s.File == sshdconf.Own && s.Keyword == "port" })
	facts.Settings = slices.DeleteFunc(settings, func(s sshdconf.Setting) bool {
		// Environment values may be secret, and Cairn does not need them.
		return s.File == sshdconf.Own || s.Keyword == "setenv"
	})
	if ports, listens := a.socketPorts(ctx); listens {
		facts.Socket, facts.Ports = true, ports
		facts.Managed = a.text(resource.SocketDropin(a.System.Distro().SSH)) != ""
	}
	return facts
}

// socketPorts returns the ports on which systemd listens instead of sshd, and
// whether it does.
func (a *Agent) socketPorts(ctx context.Context) (ports []uint16, listens bool) {
	said := a.said(ctx, "systemctl", "show", "--property=ActiveState,Listen", "--", a.System.Distro().SSH.Socket)
	for line := range strings.Lines(said) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ActiveState" {
			listens = value == "active"
		}
		address, stream := strings.CutSuffix(value, " (Stream)")
		if key != "Listen" || !stream {
			continue
		}
		if port, err := strconv.ParseUint(address[strings.LastIndexByte(address, ':')+1:], 10, 16); err == nil {
			ports = append(ports, uint16(port))
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports), listens
}
