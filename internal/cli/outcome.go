package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cairn/internal/engine"
	"cairn/internal/wire"
)

// writeUpText is what up says last: what is true now, host by host where not all of
// it is well.
func writeUpText(s *screen, w io.Writer, report *engine.UpReport, now time.Time) {
	whole := !slices.ContainsFunc(report.Hosts, func(h engine.HostOutcome) bool { return !well(h) })
	changed := slices.ContainsFunc(report.Hosts, func(h engine.HostOutcome) bool { return len(h.Changed) > 0 })
	switch {
	case len(report.Applied) > 0:
		fmt.Fprintf(w, "Carried out: %s.\n", list(report.Applied))
	case whole && !changed && report.Plan != nil:
		fmt.Fprintf(w, "No changes: %s on %s are as declared.\n", counted(report.Plan.Looked(), "resource"), counted(len(report.Plan.Hosts), "host"))
	case !slices.ContainsFunc(report.Hosts, touched):
		fmt.Fprintln(w, "Nothing was changed.")
	}
	if !whole || changed && len(report.Applied) == 0 {
		writeOutcomes(s, w, report.Hosts, now)
	}
	if len(report.Causes) > 0 {
		fmt.Fprintln(w, "What is not proven, and why")
		writeCauses(w, s.paint, report.Causes)
	}
	if len(report.Reached) > 0 {
		fmt.Fprintf(w, "Milestones reached: %s.\n", list(report.Reached))
	}
	if report.Consent {
		fmt.Fprintln(w, "Next: cairn status")
	}
}

// well is a host of which nothing is left to say but that it is as declared.
func well(h engine.HostOutcome) bool {
	return h.State == engine.HostAsDeclared || h.State == engine.HostChanged && !h.Unproven
}

// touched is a host that is not, or may not be, as it was.
func touched(h engine.HostOutcome) bool {
	return len(h.Changed) > 0 || h.State == engine.HostStuck || h.State == engine.HostWaiting
}

// writeOutcomes says what became of the hosts; those of which the same is true are
// named together.
func writeOutcomes(s *screen, w io.Writer, hosts []engine.HostOutcome, now time.Time) {
	var texts []string
	names, marks := map[string][]string{}, map[string]string{}
	for _, h := range hosts {
		text := outcomeText(h, now)
		if names[text] == nil {
			texts = append(texts, text)
			marks[text] = outcomeMark(s, h)
		}
		names[text] = append(names[text], h.Host)
	}
	for _, text := range texts {
		fmt.Fprintf(w, "  %s %s: %s\n", marks[text], list(names[text]), text)
	}
}

func outcomeMark(s *screen, h engine.HostOutcome) string {
	word := map[engine.HostState]string{
		engine.HostAsDeclared: "proven", engine.HostChanged: "proven", engine.HostStuck: "refuted", engine.HostFailed: "refuted",
		engine.HostPutBack: "refuted", engine.HostRefused: "refuted", engine.HostWaiting: "active",
	}[h.State]
	return s.paint(word, mark(word))
}

// outcomeText is what became of a host, in one line.
func outcomeText(h engine.HostOutcome, now time.Time) string {
	var parts []string
	if state := stateText(h, now); state != "" {
		parts = append(parts, state)
	}
	if len(h.Failed) > 0 && h.State != engine.HostFailed {
		parts = append(parts, failedText(h))
	}
	if n := len(h.Changed); n > 0 {
		made := counted(n, "change") + " made"
		if h.State != engine.HostChanged {
			made += " before, and kept"
		}
		if h.Unproven {
			made += ", not proven yet"
		}
		parts = append(parts, made)
	}
	parts = append(parts, skippedTexts(h)...)
	if h.Planned > 0 && h.State != engine.HostAsDeclared {
		parts = append(parts, counted(h.Planned, "change")+" still to be made")
	}
	return strings.Join(parts, "; ")
}

func stateText(h engine.HostOutcome, now time.Time) string {
	switch h.State {
	case engine.HostStuck:
		return "PUTTING BACK IS INCOMPLETE: " + guardsThat(h, wire.GuardStuck)
	case engine.HostWaiting:
		return waitingText(h, now)
	case engine.HostPutBack:
		return "put back as it was: " + guardsThat(h, wire.GuardRolledBack)
	case engine.HostRefused:
		if refused := guardsThat(h, wire.GuardRefused); refused != "" {
			return "refused before it changed anything: " + refused
		}
		return "the host refused the work"
	case engine.HostFailed:
		return failedText(h)
	case engine.HostNotReached:
		return "not reached"
	case engine.HostNotLooked:
		return "not looked at"
	case engine.HostUntouched:
		return "not changed"
	case engine.HostAsDeclared:
		return "as declared"
	}
	return ""
}

func failedText(h engine.HostOutcome) string {
	switch len(h.Failed) {
	case 0:
		return "a step failed"
	case 1:
		return "a step failed: " + h.Failed[0]
	}
	return counted(len(h.Failed), "step") + " failed: " + list(h.Failed)
}

// skippedTexts name what was skipped, for each cause.
func skippedTexts(h engine.HostOutcome) []string {
	var whys, texts []string
	names := map[string][]string{}
	for _, s := range h.Skipped {
		if names[s.Why] == nil {
			whys = append(whys, s.Why)
		}
		names[s.Why] = append(names[s.Why], s.Name)
	}
	for _, why := range whys {
		texts = append(texts, "skipped "+list(names[why])+" "+why)
	}
	return texts
}

// guardsThat are the guards whose newest event is the one given.
func guardsThat(h engine.HostOutcome, last wire.EventType) string {
	var ids []string
	for _, g := range h.Guards {
		if g.Last == last {
			ids = append(ids, "guard "+g.Guard)
		}
	}
	return list(ids)
}

// waitingText says what goes on at a host without this program, and when it ends.
func waitingText(h engine.HostOutcome, now time.Time) string {
	for _, g := range h.Guards {
		switch {
		case !g.Armed() || g.Until == nil:
		case now.After(*g.Until):
			return fmt.Sprintf("guard %s was armed; without a confirmation the host has put everything back by itself by %s", g.Guard, clockText(*g.Until))
		default:
			return fmt.Sprintf("guard %s is armed; without a confirmation the host puts everything back by itself at %s, in %s", g.Guard,
				clockText(*g.Until), g.Until.Sub(now).Round(time.Second))
		}
	}
	return "the work goes on there; a guarded change that nobody confirms is put back"
}

func clockText(at time.Time) string { return at.Format("15:04:05 MST") }
