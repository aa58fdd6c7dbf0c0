package task

import (
	"cmp"
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// Definition is a task of the roadmap that this version carries out. Registering it
// in [All] is all that makes the task available.
type Definition struct {
	ID string // as the roadmap names it
	// Applies reports whether this version can do the task as the lab wants it; nil:
	// in every lab.
	Applies func(*lab.Lab) bool
	// Guards are those of its work. Guards of one id are one guarded change, whichever
	// tasks name it.
	Guards []Guard
	// Work is what the task asks for on a host, in the order it has to be done. It is
	// a pure function, and nil for a task that changes no host.
	Work func(Host) []Work
	// Subjects are what its checkpoints look at beside the hosts; nil: nothing. It is
	// a pure function.
	Subjects func(*lab.Lab) []Subject
}

// In reports whether the task can be done in a lab.
func (d Definition) In(l *lab.Lab) bool { return d.Applies == nil || d.Applies(l) }

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
	Task string // its definition's; [Of] fills it in
	// Guard is the id of the guarded change that the resources belong to; those
	// without one cannot lock anybody out and are applied as they are.
	Guard string
	// Port is where the owner has to get in once the guarded change is made; 0:
	// wherever that was before.
	Port uint16
	// After are resources of the task's other work without which these make no sense:
	// where one of them failed they are skipped. All of a guarded change is skipped
	// where any other work of its tasks failed.
	After     []resource.Resource
	Resources []resource.Resource
}

// Subject is a thing that looks are about, and what each probe is told of it.
type Subject struct {
	evidence.Subject
	Host string // where it is
	// Arguments are those of each probe, by the probe's name; it decodes them into a
	// type of its own.
	Arguments map[string]any
}

// The roadmap's tasks that are carried out on hosts.
const (
	HostBase           = "foundation.host-base"
	SecureRemoteAccess = "foundation.secure-remote-access"
	Firewall           = "foundation.firewall"
)

// All are the tasks that this version carries out, in the roadmap's order. Work of
// one guard is made together, and guards in the order in which they are named here:
// who may get in has to be proven before the doors are closed to everybody else.
func All() []Definition {
	return []Definition{
		{ID: HostBase, Work: base},
		{ID: SecureRemoteAccess, Guards: []Guard{accessGuard, gateGuard}, Work: func(h Host) []Work {
			return []Work{
				{Guard: GuardAccess, Resources: access(h)},
				{Guard: GuardGate, Port: h.Host.Port, Resources: []resource.Resource{sshDropin(h)}},
			}
		}},
		{ID: Firewall, Guards: []Guard{gateGuard}, Applies: withNftables, Work: func(h Host) []Work {
			return []Work{{Guard: GuardGate, Resources: []resource.Resource{firewallTable(h)}}}
		}},
	}
}

// withNftables: ufw and firewalld are choices that this version cannot make so.
func withNftables(l *lab.Lab) bool { return cmp.Or(l.Choose["firewall"], "nftables") == "nftables" }

// Implemented reports whether this version carries out a task of that id.
func Implemented(id string) bool { return ImplementedBy(All())(id) }

// ImplementedBy is [Implemented] for other definitions.
func ImplementedBy(all []Definition) func(id string) bool {
	return func(id string) bool {
		return slices.ContainsFunc(all, func(d Definition) bool { return d.ID == id })
	}
}

// GuardsOf are the guards of all definitions, each once, in the order in which they
// are made. What two definitions ask for of one guard is asked for together.
func GuardsOf(all []Definition) []Guard {
	var guards []Guard
	for _, d := range all {
		for _, g := range d.Guards {
			if i := slices.IndexFunc(guards, func(have Guard) bool { return have.ID == g.ID }); i >= 0 {
				guards[i] = guards[i].with(g)
			} else {
				guards = append(guards, g)
			}
		}
	}
	return guards
}

// Of returns the work on a host of all the definitions, in the order it has to
// be done.
func Of(all []Definition, h Host) []Work {
	var works []Work
	for _, d := range all {
		if d.Work == nil {
			continue
		}
		for _, w := range d.Work(h) {
			w.Task = d.ID
			works = append(works, w)
		}
	}
	return works
}

// Openings are the ports of a host that may be reached from outside, SSH first.
func Openings(l *lab.Lab, h lab.Host) []lab.Opening {
	return append([]lab.Opening{{Protocol: "tcp", Port: h.Port, From: l.Network.Admin}}, h.Open...)
}
