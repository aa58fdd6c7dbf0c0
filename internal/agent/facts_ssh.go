package agent

import (
	"context"
	"slices"

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
	if ports, listens := resource.SSHSocketPorts(ctx, a.System); listens {
		facts.Socket, facts.Ports = true, ports
		facts.Managed = a.text(resource.SocketDropin(a.System.Distro().SSH)) != ""
	}
	return facts
}
