package resource

import (
	"context"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// SSHServer is what systemd has of the SSH server's command line. What it does not
// tell is as Debian's unit has it.
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

// serverUnit is the unit that starts the server: where a socket starts one for each
// connection, that is an instance of another.
func serverUnit(ctx context.Context, s *system.System) string {
	units := s.Distro().SSH
	socket := unitProperties(ctx, s, units.Socket, "ActiveState", "Accept")
	if socket["ActiveState"] == "active" && socket["Accept"] == "yes" {
		return strings.TrimSuffix(units.Service, ".service") + "@cairn.service"
	}
	return units.Service
}

// unitProperties are some of what systemd shows of a unit; none where it shows
// nothing.
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

// SSHDOptions have `sshd -T` judge by the command line of the server that runs, or
// where none does of the one that starts next. One that cannot be read has none:
// what the host tells of its SSH server says why.
func SSHDOptions(ctx context.Context, s *system.System) []string {
	line, err := sshdFiles(s, nil).CommandLine(SSHServer(ctx, s))
	if err != nil {
		return nil
	}
	return sshdconf.Options(line.InForce())
}

// SSHDTells is the command by which sshd tells what is in force for a login
// (sshd(8), -T and -C).
func SSHDTells(login sshdconf.Login, options []string) []string {
	return append([]string{sshdProgram, "-T", "-C", login.Spec()}, options...)
}
