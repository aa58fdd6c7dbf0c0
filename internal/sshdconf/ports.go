package sshdconf

import (
	"net"
	"slices"
	"strconv"
)

// DefaultPort is where sshd listens if nothing says otherwise (sshd_config(5)).
const DefaultPort = 22

// Ports returns the TCP ports that a server with these settings listens on,
// lowest first. Ports on the command line replace Port statements. An address
// with a port of its own uses that port (sshd_config(5), ListenAddress).
func Ports(settings []Setting) []uint16 {
	given, onCommandLine := declared(settings)
	if len(onCommandLine) > 0 {
		given = onCommandLine
	}
	if len(given) == 0 {
		given = []uint16{DefaultPort}
	}
	var ports []uint16
	addresses := false
	for _, s := range settings {
		if s.Keyword != "listenaddress" || s.Match != "" || len(s.Args) == 0 {
			continue
		}
		addresses = true
		if port, own := PortOf(s.Args[0]); own {
			ports = append(ports, port)
		} else {
			ports = append(ports, given...)
		}
	}
	if !addresses {
		ports = given
	}
	ports = slices.Clone(ports)
	slices.Sort(ports)
	return slices.Compact(ports)
}

// declared returns the ports of Port statements, and those of the command line.
func declared(settings []Setting) (files, commandLine []uint16) {
	for _, s := range settings {
		if s.Keyword != "port" || s.Match != "" || len(s.Args) == 0 {
			continue
		}
		port, err := strconv.ParseUint(s.Args[0], 10, 16)
		switch {
		case err != nil:
		case s.Command:
			commandLine = append(commandLine, uint16(port))
		default:
			files = append(files, uint16(port))
		}
	}
	return files, commandLine
}

// PortOf returns the port of a ListenAddress, if it has one.
func PortOf(address string) (uint16, bool) {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return 0, false
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil
}

// First returns the value that holds for everybody: that of the keyword's first
// setting outside every Match. Without one it returns otherwise.
func First(settings []Setting, keyword, otherwise string) string {
	for _, s := range settings {
		if s.Keyword == keyword && s.Match == "" {
			return s.Value()
		}
	}
	return otherwise
}
