package resolve

import (
	"slices"

	"cairn/internal/lab"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// Host returns what tasks derive a host's work from: the lab, the facts that
// the host reports, and the owner's public key as a line of authorized_keys. The
// ports that its services need are open.
func (r *Resolution) Host(h lab.Host, facts wire.Facts, ownerKey string) task.Host {
	if opened, known := r.Lab.Host(h.Name); known {
		h.Open = opened.Open
	}
	return task.Host{Lab: r.Lab, Host: h, Facts: facts, OwnerKey: ownerKey, Releases: r.Services.On(h.Name), Resolver: r.Services.ResolverOn(r.Lab, h.Name)}
}

// Guards returns the guarded changes of a host, in the order in which they are
// made.
func (r *Resolution) Guards() []task.Guard { return slices.Clone(r.guards) }

// Trial returns the trial of a guarded change by its name, and whether it
// exists.
func (r *Resolution) Trial(name string) (task.Trial, bool) {
	for _, g := range append(r.Guards(), task.ReleaseGuard) {
		for _, t := range g.Trials {
			if t.Name == name {
				return t, true
			}
		}
	}
	return task.Trial{}, false
}

// Work returns what has to be done on a host, in order.
func (r *Resolution) Work(h task.Host) []task.Work { return task.Of(r.definitions, h) }

// Openings returns the ports of a host that may be reached from outside, SSH
// first.
func (r *Resolution) Openings(h lab.Host) []lab.Opening { return task.Openings(r.Lab, h) }
