package cli

import (
	"strings"

	"cairn/internal/engine"
	"cairn/internal/rehearse"
)

// eventLine is an event as a line for people. It is empty for events that tell
// people nothing.
func eventLine(e engine.Event) string {
	switch e.Type {
	case engine.EventConnecting, engine.EventLost, engine.EventAttached, rehearse.EventRehearsal:
		return words(e.Host, e.Text)
	case engine.EventConnected:
		return words(e.Host, e.What()+":", e.Text)
	case engine.EventJournal:
		return words("journal:", e.Text)
	case engine.EventTaskOpen:
		return words("▶", e.Text)
	case engine.EventTaskDone:
		return words("■", e.Text, e.What())
	case engine.EventMilestone:
		return words("◆", e.What()+":", e.Text)
	case engine.EventProving:
		return words("?", e.What()+":", e.Text)
	case engine.EventLook:
		return words("  "+mark(e.Outcome), e.Outcome, e.LookName()) + after(": ", e.Text)
	case engine.EventProof:
		return words(e.Host, "guard", e.Guard+":", e.Text)
	}
	return hostLine(e)
}

// after returns text with a lead in front, or nothing if text is empty.
func after(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

// hostLine is what a host reports.
func hostLine(e engine.Event) string {
	what := e.What()
	if what == "" {
		return ""
	}
	return words(e.Host, what, e.Step) + after(": ", e.Text)
}

func words(all ...string) string {
	var kept []string
	for _, w := range all {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}
