package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/internal/spelling"
	"cairn/internal/wire"
)

// Account says what an up came to, in words for the owner.
type Account struct {
	// Whole is one sentence that is true of all that was asked for. It is empty if
	// only single hosts can be described.
	Whole string
	// Hosts are listed if something on them is not well, or if no other sentence says
	// what was done.
	Hosts []HostsAlike
}

// HostsAlike are hosts of which the same is true.
type HostsAlike struct {
	Hosts []string
	State HostState
	Text  string
}

// Account describes the result as of now. What a host does without this program
// depends on the time.
func (r *UpReport) Account(now time.Time) Account {
	well := !slices.ContainsFunc(r.Hosts, func(h HostOutcome) bool { return !h.well() })
	changed := slices.ContainsFunc(r.Hosts, func(h HostOutcome) bool { return len(h.Changed) > 0 })
	var a Account
	switch {
	case len(r.Applied) > 0:
		a.Whole = fmt.Sprintf("Carried out: %s.", listed(r.Applied))
	case well && !changed && r.Plan != nil:
		a.Whole = fmt.Sprintf("No changes: %s on %s are as declared.", spelling.Count(r.Plan.Looked(), "resource"), spelling.Count(len(r.Plan.Hosts), "host"))
	case !slices.ContainsFunc(r.Hosts, HostOutcome.touched):
		a.Whole = "Nothing was changed."
	}
	if !well || changed && len(r.Applied) == 0 {
		a.Hosts = alike(r.Hosts, now)
	}
	return a
}

// alike puts hosts of which the same is true together, where the first is.
func alike(hosts []HostOutcome, now time.Time) []HostsAlike {
	var all []HostsAlike
	for _, h := range hosts {
		text := h.text(now)
		at := slices.IndexFunc(all, func(a HostsAlike) bool { return a.State == h.State && a.Text == text })
		if at < 0 {
			at = len(all)
			all = append(all, HostsAlike{State: h.State, Text: text})
		}
		all[at].Hosts = append(all[at].Hosts, h.Host)
	}
	return all
}

func listed(names []string) string { return strings.Join(names, ", ") }

// well reports whether a host is as declared and nothing else needs saying.
func (h HostOutcome) well() bool {
	return h.State == HostAsDeclared || h.State == HostChanged && !h.Unproven
}

// touched reports whether a host is, or may be, different from before.
func (h HostOutcome) touched() bool {
	return len(h.Changed) > 0 || h.State == HostStuck || h.State == HostWaiting
}

// text says in one line what became of a host.
func (h HostOutcome) text(now time.Time) string {
	var parts []string
	if state := h.stateText(now); state != "" {
		parts = append(parts, state)
	}
	if len(h.Failed) > 0 && h.State != HostFailed {
		parts = append(parts, h.failedText())
	}
	if n := len(h.Changed); n > 0 {
		made := spelling.Count(n, "change") + " made"
		if h.State != HostChanged {
			made += " before, and kept"
		}
		if h.Unproven {
			made += ", not proven yet"
		}
		parts = append(parts, made)
	}
	parts = append(parts, h.skippedTexts()...)
	if h.Planned > 0 && h.State != HostAsDeclared {
		parts = append(parts, spelling.Count(h.Planned, "change")+" still to be made")
	}
	return strings.Join(parts, "; ")
}

func (h HostOutcome) stateText(now time.Time) string {
	switch h.State {
	case HostStuck:
		return "PUTTING BACK IS INCOMPLETE: " + h.guardsThat(wire.GuardStuck)
	case HostWaiting:
		return h.waitingText(now)
	case HostPutBack:
		return "put back as it was: " + h.guardsThat(wire.GuardRolledBack)
	case HostRefused:
		if refused := h.guardsThat(wire.GuardRefused); refused != "" {
			return "refused before it changed anything: " + refused
		}
		return "the host refused the work"
	case HostFailed:
		return h.failedText()
	case HostNotReached:
		return "not reached"
	case HostNotLooked:
		return "not looked at"
	case HostUntouched:
		return "not changed"
	case HostAsDeclared:
		return "as declared"
	}
	return ""
}

func (h HostOutcome) failedText() string {
	switch len(h.Failed) {
	case 0:
		return "a step failed"
	case 1:
		return "a step failed: " + h.Failed[0]
	}
	return spelling.Count(len(h.Failed), "step") + " failed: " + listed(h.Failed)
}

// skippedTexts name what was skipped, one text for each cause.
func (h HostOutcome) skippedTexts() []string {
	var whys, texts []string
	names := map[string][]string{}
	for _, s := range h.Skipped {
		if names[s.Why] == nil {
			whys = append(whys, s.Why)
		}
		names[s.Why] = append(names[s.Why], s.Name)
	}
	for _, why := range whys {
		texts = append(texts, "skipped "+listed(names[why])+" "+why)
	}
	return texts
}

// guardsThat returns the guards whose newest event is the given one, with what they
// put back.
func (h HostOutcome) guardsThat(last wire.EventType) string {
	var ids []string
	for _, g := range h.Guards {
		if g.Last == last {
			ids = append(ids, "guard "+g.Guard+g.putBackText())
		}
	}
	return listed(ids)
}

// putBackText names what was made and put back. Without it nobody could tell whose
// work it was, because tasks join in a guarded change.
func (g GuardOutcome) putBackText() string {
	var things []string
	for _, id := range g.PutBack {
		things = append(things, StepPlan{ID: id}.Thing())
	}
	if len(things) == 0 {
		return ""
	}
	return " (" + listed(things) + ")"
}

// waitingText says what continues on a host without this program, and when it
// ends.
func (h HostOutcome) waitingText(now time.Time) string {
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
