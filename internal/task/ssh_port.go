package task

import (
	"slices"

	"cairn/internal/lab"
)

// Moving reports whether a host's SSH server is on its way to the declared port
// and still needs the one that the controller came in by: that one is closed only
// when a login at the new one is what carries the session.
func Moving(h Host) bool {
	came := h.Facts.SSH.Port
	return came != 0 && came != h.Host.Port && managesPort(h)
}

// managesPort reports whether Cairn decides where the SSH server listens: it is to
// listen where it does not, or Cairn has decided before. Otherwise further ports
// of the owner's stay.
func managesPort(h Host) bool {
	ports := h.Facts.SSH.Ports
	return len(ports) > 0 && (h.Facts.SSH.Managed || !slices.Contains(ports, h.Host.Port))
}

// sshPorts are where the SSH server has to listen now, lowest first; none where
// that is as it should be.
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

// oldDoor has the firewall admit the old port for as long as it is needed.
func oldDoor(h Host) []lab.Opening {
	if !Moving(h) {
		return nil
	}
	return []lab.Opening{{Protocol: "tcp", Port: h.Facts.SSH.Port, From: h.Lab.Network.Admin}}
}
