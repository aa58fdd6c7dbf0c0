package resolve

import (
	"slices"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// Vantages as the roadmap names them.
const (
	FromController = "controller"
	FromHost       = "host"
	FromSecondHost = "second-host"
)

// Look is a look that the roadmap asks for in this lab. Fresh is how long its
// evidence counts.
type Look struct {
	evidence.Look
	Fresh time.Duration
}

// Looks returns all looks of a checkpoint in the lab, subject by subject.
func (r *Resolution) Looks(checkpoint string) []Look { return slices.Clone(r.looks[checkpoint]) }

// CanLook reports whether this version can look at a checkpoint in the lab. A lab
// that has nothing of what it is about needs no proof of it. That it has no host is
// no proof of anything.
func (r *Resolution) CanLook(c roadmap.Checkpoint) bool {
	aboutHosts := func(use roadmap.ProbeUse) bool { return evidence.SubjectKind(use.About) == evidence.AboutHost }
	return len(r.looks[c.ID]) > 0 || slices.ContainsFunc(c.Probes, aboutHosts)
}

// Bare returns the looks without their freshness, for the ledger.
func Bare(all []Look) []evidence.Look {
	looks := make([]evidence.Look, 0, len(all))
	for _, l := range all {
		looks = append(looks, l.Look)
	}
	return looks
}

// looksOf returns the looks of the checkpoint's probes at each subject in turn.
// If two vantages turn out to be the same place, they give one look.
func (r *Resolution) looksOf(c roadmap.Checkpoint, subjects map[evidence.SubjectKind][]task.Subject) []Look {
	var all []Look
	seen := map[evidence.Look]bool{}
	for _, kind := range kindsOf(c) {
		for _, s := range subjects[kind] {
			for _, use := range c.Probes {
				if evidence.SubjectKind(use.About) != kind {
					continue
				}
				look := evidence.Look{
					Checkpoint: c.ID, Probe: use.Probe, Host: s.Host, Vantage: vantageFor(r.Lab, s.Host, use.From),
					Subject: s.Subject, Arguments: evidence.ArgumentsOf(s.Arguments[use.Probe]),
				}
				if !seen[look] {
					seen[look] = true
					all = append(all, Look{look, use.Fresh})
				}
			}
		}
	}
	return all
}

// kindsOf returns the kinds of subjects that a checkpoint looks at, in its
// order.
func kindsOf(c roadmap.Checkpoint) []evidence.SubjectKind {
	var kinds []evidence.SubjectKind
	for _, use := range c.Probes {
		if kind := evidence.SubjectKind(use.About); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// subjectsOf returns the lab's managed hosts, and the subjects that its tasks
// create.
func subjectsOf(l *lab.Lab, services *wiring.Wiring, tasks []task.Definition) map[evidence.SubjectKind][]task.Subject {
	all := map[evidence.SubjectKind][]task.Subject{}
	for _, h := range managed(l) {
		all[evidence.AboutHost] = append(all[evidence.AboutHost], task.Subject{Host: h.Name})
	}
	for _, d := range tasks {
		if d.Subjects == nil {
			continue
		}
		for _, s := range d.Subjects(l, services) {
			all[s.Kind] = append(all[s.Kind], s)
		}
	}
	return all
}

// vantageFor resolves a kind of vantage to a place in the lab. If the lab has
// no second host, the controller takes its part. A checkpoint that asks for
// both then has one look for them.
func vantageFor(l *lab.Lab, target, kind string) string {
	switch kind {
	case FromHost:
		return target
	case FromSecondHost:
		return secondHost(l, target)
	}
	return FromController
}

// secondHost prefers a host whose role is to look from, then any other host.
func secondHost(l *lab.Lab, target string) string {
	other := FromController
	for _, h := range l.Hosts {
		if h.Name == target {
			continue
		}
		if h.Has(lab.VantageRole) {
			return h.Name
		}
		if other == FromController {
			other = h.Name
		}
	}
	return other
}
