package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/lab"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// filterNotes are about other filters on the host. A packet has to pass all of
// them.
func filterNotes(n noteInput) []Note {
	var notes []Note
	// ufw has a table for each family, with the same note for both.
	add := func(note Note) {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	for _, f := range n.facts.Filters {
		who := filterName(f)
		add(Note{
			Kind: NoteConflict, Text: "Two firewalls: " + who + " filters here too. Both must let in what others should reach.",
			Fix: "Decide for one. To keep Cairn's alone, " + turnOff(f, n.facts.OS) + ".",
		})
		if missing := notLetIn(f, task.Openings(n.lab, n.host)); len(missing) > 0 {
			add(Note{
				Kind: NoteConflict, Text: fmt.Sprintf("%s blocks %s, which lab.yaml opens.", who, strings.Join(missing, ", ")),
				Fix: "Let it in there too, or do without " + who + ".",
			})
		}
		// lostPorts names what ufw and firewalld let in.
		if closed := closedBy(f, task.Openings(n.lab, n.host)); f.Owner == "" && len(closed) > 0 {
			add(Note{
				Kind: NoteReach, Text: fmt.Sprintf("%s lets in %s. Cairn will close it.", who, strings.Join(closed, ", ")),
				Fix: "To keep it open, add to the host: `open: [" + strings.Join(closed, ", ") + "]`.",
			})
		}
	}
	return notes
}

func filterName(f wire.Filter) string {
	if f.Owner != "" {
		return f.Owner
	}
	return "the table " + f.Table
}

// turnOff says how the owner can turn off the other filter.
func turnOff(f wire.Filter, os wire.OS) string {
	if command := distro.Of(os.ID, os.Version).Firewall(f.Owner).Off; command != "" {
		return "run `" + command + "` on the host"
	}
	return "remove that table on the host, and from the file that loads it"
}

// notLetIn returns the openings that a filter lets in from nowhere.
func notLetIn(f wire.Filter, openings []lab.Opening) []string {
	var ports []string
	for _, o := range openings {
		if !slices.ContainsFunc(f.Lets, func(let string) bool { return covers(let, o) }) {
			ports = append(ports, fmt.Sprintf("%d/%s", o.Port, o.Protocol))
		}
	}
	return ports
}

// closedBy returns the ports that a filter lets in and that are not declared. It
// leaves out DHCP's, which belong to the host itself.
func closedBy(f wire.Filter, openings []lab.Opening) []string {
	openings = append(slices.Clone(openings), lab.Opening{Protocol: "udp", Port: 68}, lab.Opening{Protocol: "udp", Port: 546})
	return slices.DeleteFunc(slices.Clone(f.Lets), func(let string) bool {
		return slices.ContainsFunc(openings, func(o lab.Opening) bool { return let == fmt.Sprintf("%d/%s", o.Port, o.Protocol) })
	})
}

// covers reports whether ports, in the notation of [wire.Filter], include the
// opening.
func covers(let string, o lab.Opening) bool {
	ports, protocol, _ := strings.Cut(let, "/")
	first, last, isRange := strings.Cut(ports, "-")
	if !isRange {
		last = first
	}
	from, errFrom := strconv.ParseUint(first, 10, 16)
	to, errTo := strconv.ParseUint(last, 10, 16)
	return errFrom == nil && errTo == nil && protocol == o.Protocol && uint16(from) <= o.Port && o.Port <= uint16(to)
}

// loaderNotes are about other units that load rules when the host starts.
func loaderNotes(n noteInput) []Note {
	var notes []Note
	for _, l := range n.facts.Loaders {
		switch {
		case l.Flushes != "":
			notes = append(notes, Note{Kind: NoteKept, Text: fmt.Sprintf("%s flushes all rules (%s) and loads its own. Cairn's are loaded again after that.", l.Unit, l.Flushes)})
		case l.Unit != "docker.service":
			notes = append(notes, Note{Kind: NoteKept, Text: l.Unit + " loads rules too, and stays as it is. Cairn's table is loaded after it."})
		}
	}
	return notes
}

// guestNotes are about traffic that the host forwards.
func guestNotes(n noteInput) []Note {
	var notes []Note
	sides := task.SidesOf(task.Host{Lab: n.lab, Host: n.host, Facts: n.facts})
	for _, name := range n.host.Inside {
		if slices.Contains(sides.Outside, name) {
			notes = append(notes, Note{
				Kind: NoteConflict, Text: fmt.Sprintf("lab.yaml says that %s is inside, but it leads outside. Cairn treats it as outside.", name), Fix: "Take it out of `inside`.",
			})
		}
	}
	if len(n.facts.Forwards) == 0 {
		return notes
	}
	if behind := sides.Behind(n.facts.Interfaces); len(behind) > 0 {
		notes = append(notes, Note{
			Kind: NoteKept,
			Text: "The host forwards for machines behind " + strings.Join(behind, ", ") + ". That continues, with DNS and DHCP from the host.",
		})
	}
	for _, nic := range n.facts.Interfaces {
		if unknownSide(sides, nic) {
			notes = append(notes, Note{
				Kind: NoteStops, Text: "The host forwards. Connections that begin behind " + nic.Name + " will no longer be forwarded.",
				Fix: "If only guests of the host are behind it, add to the host: `inside: [" + nic.Name + "]`.",
			})
		}
	}
	return notes
}

// unknownSide reports whether an interface has a network about which nothing is
// known.
func unknownSide(sides task.Sides, nic wire.NIC) bool {
	known := nic.Name == "lo" || nic.Kind == "veth" || slices.Contains(sides.Outside, nic.Name) || len(sides.Behind([]wire.NIC{nic})) > 0
	return !known && nic.Up && len(nic.Addresses) > 0
}
