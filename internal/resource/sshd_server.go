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
	units, err := sshUnitsOf(ctx, s)
	if err != nil {
		return server
	}
	server.Unit = strings.Fields(units.server["FragmentPath"] + " " + units.server["DropInPaths"])
	if pid := units.server["MainPID"]; pid != "" && pid != "0" {
		process, _, err := s.Read("/proc/" + pid + "/cmdline")
		if err == nil {
			server.Process = string(process)
		}
	}
	return server
}

// sshUnits is what systemd shows of the units that start the SSH server.
type sshUnits struct {
	socket socketUnit
	server map[string]string // the properties of the server's unit
}

// sshUnitsOf asks for both units at once, since each run of systemctl costs more
// than all else that a session reads. The unit of the server is another one if the
// socket starts a server for each connection.
func sshUnitsOf(ctx context.Context, s *system.System) (sshUnits, error) {
	units := s.Distro().SSH
	shown, err := showSSH(ctx, s, units.Socket, units.Service)
	if err != nil {
		return sshUnits{}, err
	}
	socket, server, _ := strings.Cut(shown, "\n\n") // between two units systemctl prints an empty line
	found := sshUnits{socket: parseSocket(socket), server: parseProperties(server)}
	if found.socket.listens && found.socket.accepts {
		server, err := showSSH(ctx, s, strings.TrimSuffix(units.Service, ".service")+"@cairn.service")
		return sshUnits{found.socket, parseProperties(server)}, err
	}
	return found, nil
}

func showSSH(ctx context.Context, s *system.System, units ...string) (string, error) {
	out, err := s.Run(ctx, append([]string{"systemctl", "show", "--property=ActiveState,Accept,Listen,FragmentPath,DropInPaths,MainPID", "--"}, units...)...)
	return string(out.Stdout), err
}

// parseProperties returns the properties of one unit.
func parseProperties(shown string) map[string]string {
	properties := map[string]string{}
	for line := range strings.Lines(shown) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		properties[key] = value
	}
	return properties
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
