package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// lostPorts names each port that is open at present, in this or another firewall,
// and will be closed. Its last note says what to add to the lab file to keep them.
func lostPorts(n noteInput) []Note {
	step, changes := n.changing(firewallStep)
	if !changes {
		return nil
	}
	closes := func(protocol string, port uint16) bool {
		return !n.opens(protocol, port) && closing(step, protocol, port)
	}
	var notes []Note
	var lost []string
	note := func(text, port string) {
		notes = append(notes, Note{Kind: NoteReach, Text: text})
		if port != "" && !slices.Contains(lost, port) {
			lost = append(lost, port)
		}
	}
	for _, l := range n.survey.Published {
		if closes(l.Protocol, l.Port) {
			note(fmt.Sprintf("%s is published for %s and will be closed.", l, l.To), l.String())
		}
	}
	for _, l := range n.survey.Listeners {
		if closes(l.Protocol, l.Port) && n.fromOutside(l) && !published(n.survey, l) {
			note(fmt.Sprintf("%s listens on %s and will be closed.", strings.TrimSpace(l.String()+" "+l.Program), places(l)), proposed(l))
		}
	}
	for _, a := range n.survey.Allowed {
		if closes(a.Protocol, a.First) && !slices.Contains(lost, a.String()) {
			note(fmt.Sprintf("%s is open in %s, although nothing listens there now. It will be closed.", a, a.By), onePort(a))
		}
	}
	if len(lost) > 0 {
		notes[len(notes)-1].Fix = n.keepOpen(lost)
	}
	return notes
}

// proposed returns the port in the lab file's notation. It is empty for an SSH
// server's port, because network.admin decides about SSH.
func proposed(l wire.Listener) string {
	if l.Program == "sshd" {
		return ""
	}
	return l.String()
}

// onePort is empty for a range, because the lab file names single ports. Used ports
// of a range are named by their listeners.
func onePort(a wire.Allowed) string {
	if a.First != a.Last {
		return ""
	}
	return a.String()
}

const firewallStep = "nft-table inet " + task.FirewallTable

// isNewTable reports whether a table of rules does not exist yet.
func isNewTable(c resource.Change) bool { return c.From == "" && strings.HasPrefix(c.To, "table ") }

// closing reports whether an undeclared port is open to somebody under the present
// table. It is, if there is no table, or if a rule for the port is removed.
func closing(step StepPlan, protocol string, port uint16) bool {
	goes := func(c resource.Change) bool {
		return strings.Contains(c.From+" ", fmt.Sprintf("%s dport %d ", protocol, port))
	}
	return step.Problem != "" || slices.ContainsFunc(step.Diff.Changes, isNewTable) || slices.ContainsFunc(step.Diff.Changes, goes)
}

// opens reports whether the lab file opens the port, to anybody.
func (n noteInput) opens(protocol string, port uint16) bool {
	return slices.ContainsFunc(task.Openings(n.lab, n.host), func(o lab.Opening) bool { return o.Protocol == protocol && o.Port == port })
}

// fromOutside reports whether the lab's network leads to one of the listener's
// addresses. An address on a bridge alone is for the guests behind it.
func (n noteInput) fromOutside(l wire.Listener) bool {
	if len(l.Addresses) == 0 {
		return true
	}
	return slices.ContainsFunc(l.Addresses, func(address string) bool { return n.leadsTo(address) })
}

func (n noteInput) leadsTo(address string) bool {
	for _, nic := range n.facts.Interfaces {
		if !slices.ContainsFunc(nic.Addresses, func(a string) bool { return strings.HasPrefix(a, address+"/") }) {
			continue
		}
		return slices.ContainsFunc(n.host.Addresses(), func(declared netip.Addr) bool {
			return slices.ContainsFunc(nic.Addresses, func(a string) bool { return strings.HasPrefix(a, declared.String()+"/") })
		})
	}
	return true // the host did not name this address
}

// published reports whether the listener only stands in for a container. Docker
// runs such a program for each published port.
func published(s wire.Survey, l wire.Listener) bool {
	return slices.ContainsFunc(s.Published, func(p wire.Listener) bool { return p.Protocol == l.Protocol && p.Port == l.Port })
}

func places(l wire.Listener) string {
	if len(l.Addresses) == 0 {
		return "all addresses"
	}
	return strings.Join(l.Addresses, " and ")
}

// keepOpen says how to keep the ports open.
func (n noteInput) keepOpen(ports []string) string {
	if len(n.host.Open) > 0 {
		return "To keep ports open for others, add them to `open` of the host in lab.yaml: " + strings.Join(ports, ", ")
	}
	return "To keep ports open for others, give the host a line in lab.yaml: " + lab.OpenLine(ports)
}

// ProposeOpen returns the ports that others can reach on a host, as far as its own
// programs know, and that the lab file does not open. They are in the lab file's
// notation. SSH is never among them, and neither is what only the host itself can
// reach.
func ProposeOpen(l *lab.Lab, h lab.Host, facts wire.Facts, survey wire.Survey) []string {
	n := noteInput{lab: l, host: h, facts: facts, survey: survey}
	var ports []string
	for _, listener := range slices.Concat(survey.Published, survey.Listeners) {
		port := proposed(listener)
		if port != "" && !n.opens(listener.Protocol, listener.Port) && n.fromOutside(listener) && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}
