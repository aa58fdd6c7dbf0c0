package cli

import (
	"strings"

	"cairn/internal/engine"
	"cairn/internal/rehearse"
	"cairn/internal/wire"
)

// eventLine is an event as a line for people. It is empty for events that tell
// people nothing.
func eventLine(e engine.Event) string {
	switch e.Type {
	case engine.EventConnecting, engine.EventLost, engine.EventAttached, rehearse.EventRehearsal:
		return words(e.Host, e.Text)
	case engine.EventConnected:
		return words(e.Host, "connected:", e.Text)
	case engine.EventJournal:
		return words("journal:", e.Text)
	case engine.EventTaskOpen:
		return words("▶", e.Text)
	case engine.EventTaskDone:
		return words("■", e.Text, "done")
	case engine.EventMilestone:
		return words("◆ milestone reached:", e.Text)
	case engine.EventProving:
		return words("? proving:", e.Text)
	case engine.EventLook:
		return words("  "+mark(e.Outcome), e.Outcome, lookName(e)) + after(": ", e.Text)
	case engine.EventProof:
		return words(e.Host, "guard", e.Guard+":", e.Text)
	}
	return hostLine(e)
}

// lookName names the probe, the host and the vantage of a look.
func lookName(e engine.Event) string {
	name := words(e.Probe, "on", e.Host)
	if e.About != "" {
		name = words(e.Probe, "of", e.About, "on", e.Host)
	}
	if e.Vantage != e.Host {
		name = words(name, "from", e.Vantage)
	}
	return name
}

// after returns text with a lead in front, or nothing if text is empty.
func after(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

// hostText is what an event from a host says to people.
var hostText = map[wire.EventType]string{
	wire.StepApplied:     "changed",
	wire.StepFailed:      "failed at",
	wire.StepSkipped:     "skipped",
	wire.StepNote:        "at",
	wire.GuardPrepared:   "prepared: everything is saved and putting it back was rehearsed",
	wire.GuardArmed:      "armed: without a confirmation the host puts everything back by itself",
	wire.GuardApplied:    "applied, not yet confirmed",
	wire.GuardConfirmed:  "confirmed",
	wire.GuardPersisted:  "made permanent",
	wire.GuardSkipped:    "skipped",
	wire.GuardRefused:    "refused, nothing was changed",
	wire.GuardRolledBack: "rolled back, the host is as it was",
	wire.GuardStuck:      "ROLLBACK INCOMPLETE",
	wire.RunRefused:      "the host refused the run",
}

func hostLine(e engine.Event) string {
	text, shown := hostText[wire.EventType(e.Type)]
	if !shown {
		return ""
	}
	if e.Guard != "" && e.Step == "" {
		text = words("guard", e.Guard, text)
	}
	return words(e.Host, text, e.Step) + after(": ", e.Text)
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
