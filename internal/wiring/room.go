package wiring

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/catalog"
	"cairn/internal/document"
	"cairn/internal/lab"
	"cairn/internal/problem"
)

// forSystem is the memory that a host keeps for itself. A Debian host with Docker
// idles at less than half of it; the rest is for the page cache.
const forSystem = 512 << 20

// room is the memory of the hosts, and what was placed on them so far.
type room struct {
	hosts []lab.Host
	used  map[string]document.Bytes
	takes map[string][]string // the services on each host, with their memory
}

// roomOf returns the room of the hosts that services may run on.
func roomOf(l *lab.Lab) *room {
	r := &room{used: map[string]document.Bytes{}, takes: map[string][]string{}}
	for _, h := range l.Hosts {
		if !h.OnlyVantage() {
			r.hosts = append(r.hosts, h)
		}
	}
	return r
}

// place chooses the host of a service: the one that the lab file names, or the first
// server that it fits on. A service that needs a GPU goes to a host with that role.
func (r *room) place(s *catalog.Service, on string) (string, error) {
	var reasons []string
	for _, h := range r.candidates(s, on) {
		if why := r.tooSmall(h, s); why != "" {
			reasons = append(reasons, why)
			continue
		}
		r.used[h.Name] += s.Needs.Memory
		r.takes[h.Name] = append(r.takes[h.Name], fmt.Sprintf("%s %s", s.Name, s.Needs.Memory))
		return h.Name, nil
	}
	if len(reasons) == 0 {
		role := lab.Server
		if s.Needs.GPU {
			role = lab.GPU
		}
		return "", problem.New(problem.ServiceNoRoom, s.Name, fmt.Sprintf("no host has the role %s", role)).
			WithFix(fmt.Sprintf("give a host the role %s, or say with `on` where it runs", role))
	}
	return "", problem.New(problem.ServiceNoRoom, s.Name, fmt.Sprintf("%s needs %s of memory; %s", s.Name, s.Needs.Memory, strings.Join(reasons, "; ")))
}

// candidates returns the hosts that a service may run on, the best first.
func (r *room) candidates(s *catalog.Service, on string) (all []lab.Host) {
	for _, h := range r.hosts {
		switch {
		case on != "":
			if h.Name == on {
				all = append(all, h)
			}
		case s.Needs.GPU && h.Has(lab.GPU), !s.Needs.GPU && h.Has(lab.Server):
			all = append(all, h)
		}
	}
	return all
}

// tooSmall says why a service does not fit on a host, or "". A host without declared
// memory counts as large enough.
func (r *room) tooSmall(h lab.Host, s *catalog.Service) string {
	has := h.Hardware.Memory
	if has == 0 || r.used[h.Name]+s.Needs.Memory+forSystem <= has {
		return ""
	}
	taken := append([]string{fmt.Sprintf("the system %s", document.Bytes(forSystem))}, slices.Clone(r.takes[h.Name])...)
	return fmt.Sprintf("%s has %s, of which are taken: %s", h.Name, has, strings.Join(taken, ", "))
}
