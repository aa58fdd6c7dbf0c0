package task

import (
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// The roadmap's tasks that are carried out on hosts.
const (
	HostBase           = "foundation.host-base"
	SecureRemoteAccess = "foundation.secure-remote-access"
	Firewall           = "foundation.firewall"
)

// Host is what a task's resources are made from.
type Host struct {
	Lab   *lab.Lab
	Host  lab.Host
	Facts wire.Facts
	// OwnerKey is the owner's public key as a line of authorized_keys.
	OwnerKey string
}

// Work is a group of resources that a task asks for on one host.
type Work struct {
	Task string
	// Guard names the guarded change that the resources belong to; empty ones
	// cannot lock anybody out and are applied as they are.
	Guard     string
	Resources []resource.Resource
}

// The guarded changes of a host, in the order they are made: who may get in has
// to be proven before the doors are closed to everybody else.
const (
	GuardAccess = "access" // the owner's user, key and sudo
	GuardGate   = "gate"   // sshd and the firewall
)

// For returns all work on a host, in the order it has to be done.
func For(h Host) []Work {
	return []Work{
		{Task: HostBase, Resources: base(h)},
		{Task: SecureRemoteAccess, Guard: GuardAccess, Resources: access(h)},
		{Task: SecureRemoteAccess, Guard: GuardGate, Resources: []resource.Resource{sshDropin(h)}},
		{Task: Firewall, Guard: GuardGate, Resources: []resource.Resource{firewallTable(h)}},
	}
}

// Openings are the ports of a host that may be reached from outside, SSH first.
func Openings(l *lab.Lab, h lab.Host) []lab.Opening {
	return append([]lab.Opening{{Protocol: "tcp", Port: h.Port, From: l.Network.Admin}}, h.Open...)
}
