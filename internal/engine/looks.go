package engine

import (
	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
)

// Vantages as the roadmap names them.
const (
	fromController = "controller"
	fromHost       = "host"
	fromSecondHost = "second-host"
)

// planned is a look that the roadmap asks for in this lab, with how long its
// evidence counts.
type planned struct {
	evidence.Look
	use roadmap.ProbeUse
}

// looksOf are all looks of a checkpoint in the lab, host by host.
func looksOf(l *lab.Lab, c roadmap.Checkpoint) []planned {
	var all []planned
	seen := map[evidence.Look]bool{}
	for _, h := range managed(l) {
		for _, use := range c.Probes {
			look := evidence.Look{Checkpoint: c.ID, Probe: use.Probe, Host: h.Name, Vantage: vantageFor(l, h, use.From)}
			if !seen[look] {
				seen[look] = true
				all = append(all, planned{look, use})
			}
		}
	}
	return all
}

// vantageFor resolves a kind of vantage to a place in the lab. Where the lab has
// no second host, the controller is the other machine; a checkpoint that asks
// for both then has one look for them.
func vantageFor(l *lab.Lab, target lab.Host, kind string) string {
	switch kind {
	case fromHost:
		return target.Name
	case fromSecondHost:
		return secondHost(l, target)
	}
	return fromController
}

// secondHost prefers a host that is there to look from, then any other.
func secondHost(l *lab.Lab, target lab.Host) string {
	other := fromController
	for _, h := range l.Hosts {
		if h.Name == target.Name {
			continue
		}
		if h.Has(lab.VantageRole) {
			return h.Name
		}
		if other == fromController {
			other = h.Name
		}
	}
	return other
}

// looks without their windows, for the ledger.
func looksAlone(all []planned) []evidence.Look {
	looks := make([]evidence.Look, 0, len(all))
	for _, p := range all {
		looks = append(looks, p.Look)
	}
	return looks
}
