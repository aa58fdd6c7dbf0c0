package task

import (
	"slices"

	"cairn/internal/lab"
)

// Moving reports whether a host's SSH server is being moved to the declared
// port and still needs the port that the controller came in by. The old port
// closes only when a login at the new one carries the session.
func Moving(h Host) bool {
	came := h.Facts.SSH.Port
	return came != 0 && came != h.Host.Port && managesPort(h)
}

// managesPort reports whether Cairn decides where the SSH server listens. It
// does if the server does not listen where it should, or if Cairn decided
// before. Otherwise the owner's further ports stay.
func managesPort(h Host) bool {
	ports := h.Facts.SSH.Ports
	return len(ports) > 0 && (h.Facts.SSH.Managed || !slices.Contains(ports, h.Host.Port))
}

// sshPorts returns where the SSH server must listen now, lowest first. It is
// empty if that needs no change.
func sshPorts(h Host) []uint16 {
	if !managesPort(h) {
		return nil
	}
	ports := []uint16{h.Host.Port}
	if Moving(h) {
		ports = append(ports, h.Facts.SSH.Port)
	}
	slices.Sort(ports)
	return ports
}

// oldDoor keeps the old port open in the firewall for as long as it is needed.
func oldDoor(h Host) []lab.Opening {
	if !Moving(h) {
		return nil
	}
	return []lab.Opening{{Protocol: "tcp", Port: h.Facts.SSH.Port, From: h.Lab.Network.Admin}}
}
