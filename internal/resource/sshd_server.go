package resource

import (
	"context"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// SSHServer returns the SSH server's command line from systemd. Missing parts are
// as in Debian's unit.
func SSHServer(ctx context.Context, s *system.System) sshdconf.Server {
	var server sshdconf.Server
	unit := unitProperties(ctx, s, serverUnit(ctx, s), "FragmentPath", "DropInPaths", "MainPID")
	server.Unit = strings.Fields(unit["FragmentPath"] + " " + unit["DropInPaths"])
	if pid := unit["MainPID"]; pid != "" && pid != "0" {
		process, _, err := s.Read("/proc/" + pid + "/cmdline")
		if err == nil {
			server.Process = string(process)
		}
	}
	return server
}

// serverUnit returns the unit that starts the server. If a socket starts a server
// for each connection, that is another unit's instance.
func serverUnit(ctx context.Context, s *system.System) string {
	units := s.Distro().SSH
	socket := unitProperties(ctx, s, units.Socket, "ActiveState", "Accept")
	if socket["ActiveState"] == "active" && socket["Accept"] == "yes" {
		return strings.TrimSuffix(units.Service, ".service") + "@cairn.service"
	}
	return units.Service
}

// unitProperties returns some properties of a unit. The map is empty if systemd
// shows none.
func unitProperties(ctx context.Context, s *system.System, unit string, names ...string) map[string]string {
	shown := map[string]string{}
	out, err := s.Run(ctx, "systemctl", "show", "--property="+strings.Join(names, ","), "--", unit)
	if err != nil {
		return shown
	}
	for line := range strings.Lines(string(out.Stdout)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		shown[key] = value
	}
	return shown
}

// SSHDOptions returns the options that make `sshd -T` judge as the running server
// does, or as the next one to start. If they cannot be read there are none; the
// host's facts about its SSH server give the reason.
func SSHDOptions(ctx context.Context, s *system.System) []string {
	line, err := sshdFiles(s, nil).CommandLine(SSHServer(ctx, s))
	if err != nil {
		return nil
	}
	return sshdconf.Options(line.InForce())
}

// SSHDTells returns the command with which sshd prints what is in force for a login
// (sshd(8), -T and -C).
func SSHDTells(login sshdconf.Login, options []string) []string {
	return append([]string{sshdProgram, "-T", "-C", login.Spec()}, options...)
}
