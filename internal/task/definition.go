package task

import (
	"cmp"
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/resource"
	"cairn/internal/wire"
	"cairn/internal/wiring"
)

// Definition is a task of the roadmap that this version carries out. Adding it
// to [All] is all it takes to make the task available.
type Definition struct {
	ID string // as the roadmap names it
	// Applies reports whether this version can do the task in the way the lab
	// wants. nil means in every lab.
	Applies func(*lab.Lab) bool
	// Guards are those of its work. Guards with one id are one guarded change,
	// even if several tasks name it.
	Guards []Guard
	// Work returns what the task needs on a host, in order. It is pure. It is nil
	// for a task that changes no host.
	Work func(Host) []Work
	// Subjects returns what its checkpoints look at besides the hosts. It is pure.
	// nil means nothing.
	Subjects func(*lab.Lab, *wiring.Wiring) []Subject
}

// In reports whether this version can do the task in a lab.
func (d Definition) In(l *lab.Lab) bool { return d.Applies == nil || d.Applies(l) }

// Host is what a task's resources are made from.
type Host struct {
	Lab   *lab.Lab
	Host  lab.Host
	Facts wire.Facts
	// OwnerKey is the owner's public key as a line of authorized_keys.
	OwnerKey string
	// Releases are the services that run on it, in their order, and Secrets the
	// values that they get, by service.
	Releases []wiring.Release
	Secrets  map[string]map[string]wiring.Secret
	// Resolver is the lab's resolver on the host. nil: there is none.
	Resolver *names.Server
}

// Work is a group of resources that a task needs on one host.
type Work struct {
	Task string // the definition's id, which [Of] fills in
	// Guard is the id of the guarded change that the resources belong to.
	// Resources without one cannot lock anybody out and are applied directly.
	Guard string
	// Port is where the owner must get in once the guarded change is made. 0 means
	// wherever that was before.
	Port uint16
	// After are resources of the task's other work that these depend on. If one of
	// them fails, these are skipped. A guarded change is skipped as a whole if any
	// other work of its tasks failed.
	After     []resource.Resource
	Resources []resource.Resource
}

// Subject is a thing to look at, with the arguments for each probe.
type Subject struct {
	evidence.Subject
	Host string // where it is
	// Arguments maps a probe's name to its arguments. The probe decodes them into
	// its own type.
	Arguments map[string]any
}

// The roadmap's tasks that are carried out on hosts.
const (
	HostBase           = "foundation.host-base"
	SecureRemoteAccess = "foundation.secure-remote-access"
	Firewall           = "foundation.firewall"
	ContainerPlatform  = "core.container-platform"
	ReverseProxy       = "core.reverse-proxy"
	TLS                = "core.tls"
)

// All returns the tasks that this version carries out, in the roadmap's order.
// Work of one guard is done together, and guards in the order in which they are
// named here. The owner's access must be proven before the doors close to
// everybody else.
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
		{ID: ContainerPlatform, Applies: WithDocker, Work: docker, Subjects: platforms},
		{ID: ReverseProxy, Applies: withServices, Work: behindProxy, Subjects: routesAndNames},
		// Its work is done with that of the reverse proxy, which it is part of.
		{ID: TLS, Applies: withCertificates, Subjects: certificates},
	}
}

// withNftables reports whether the lab uses nftables. This version cannot set
// up ufw or firewalld.
func withNftables(l *lab.Lab) bool { return cmp.Or(l.Choose["firewall"], "nftables") == "nftables" }

// Implemented reports whether this version carries out the task with that id.
func Implemented(id string) bool { return ImplementedBy(All())(id) }

// ImplementedBy does the same for other definitions.
func ImplementedBy(all []Definition) func(id string) bool {
	return func(id string) bool {
		return slices.ContainsFunc(all, func(d Definition) bool { return d.ID == id })
	}
}

// GuardsOf returns the guards of all definitions, each once, in the order in
// which they are made. If two definitions use one guard, their demands are
// merged.
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

// Of returns the work of all definitions on a host, in order.
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

// Openings returns the ports of a host that may be reached from outside, SSH
// first.
func Openings(l *lab.Lab, h lab.Host) []lab.Opening {
	return append([]lab.Opening{{Protocol: "tcp", Port: h.Port, From: l.Network.Admin}}, h.Open...)
}
