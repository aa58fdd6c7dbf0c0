package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cairn/internal/engine"
	"cairn/internal/spelling"
)

// planView says how much of a plan is shown, and where.
type planView struct {
	full   bool // every value and line
	asking bool // by a command that asks whether to make the changes
}

func (v *planView) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&v.full, "full", false, "show every value and every line of the plan")
}

// writePlanText shows a plan: first what ends, then task by task what would
// change. Hosts with the same text are shown once.
func writePlanText(w io.Writer, paint painter, plan *engine.Plan, view planView) {
	fmt.Fprintf(w, "Lab %s · %s, %s looked at in %s\n", plan.Lab, spelling.Count(len(plan.Hosts), "host"), spelling.Count(plan.Looked(), "resource"), plan.Took)
	for _, group := range alike(plan.Hosts, view) {
		fmt.Fprintf(w, "\n%s\n%s", group.title(), group.text(paint, view))
	}
	fmt.Fprintln(w)
	if plan.Guarded() {
		fmt.Fprintln(w, "Guarded changes undo themselves unless you get in afterwards.")
	}
	fmt.Fprintln(w, planSummary(plan, view))
}

// planGroup is a group of hosts with the same text.
type planGroup struct {
	hosts []engine.HostPlan
}

// alike groups hosts whose texts differ only in names and addresses.
func alike(hosts []engine.HostPlan, view planView) []planGroup {
	var groups []planGroup
	place := map[string]int{}
	for _, h := range hosts {
		key := h.System + "\n" + anonymous(h, planOfHost(plain, h, view, true))
		at, known := place[key]
		if !known {
			at = len(groups)
			place[key] = at
			groups = append(groups, planGroup{})
		}
		groups[at].hosts = append(groups[at].hosts, h)
	}
	return groups
}

// anonymous replaces a host's name and address in a text by placeholders.
func anonymous(h engine.HostPlan, text string) string {
	if h.Address != "" {
		text = regexp.MustCompile(`\b`+regexp.QuoteMeta(h.Address)+`\b`).ReplaceAllString(text, "ADDRESS")
	}
	return regexp.MustCompile(`\b`+regexp.QuoteMeta(h.Host)+`\b`).ReplaceAllString(text, "NAME")
}

// text returns the text for the group. Placeholders appear only in lines that
// differ by name or address, because a host may be called "server".
func (g planGroup) text(paint painter, view planView) string {
	several := len(g.hosts) > 1
	first := planOfHost(paint, g.hosts[0], view, several)
	if !several {
		return first
	}
	lines := strings.SplitAfter(first, "\n")
	for _, other := range g.hosts[1:] {
		for i, line := range strings.SplitAfter(planOfHost(paint, other, view, several), "\n") {
			if line != lines[i] {
				lines[i] = anonymous(other, line)
			}
		}
	}
	return strings.Join(lines, "")
}

// plain is the painter of no colour.
func plain(_, text string) string { return text }

func (g planGroup) title() string {
	var names []string
	for _, h := range g.hosts {
		names = append(names, h.Host)
	}
	return strings.TrimRight(strings.Join(names, ", ")+"  "+g.hosts[0].System, " ")
}

// planOfHost is the text for a host. In a group it leaves out the values that are
// each host's own.
func planOfHost(paint painter, h engine.HostPlan, view planView, several bool) string {
	var b strings.Builder
	if h.Problem != "" {
		return fmt.Sprintf("  %s cannot be looked at: %s\n", paint("refuted", "!"), strings.TrimPrefix(h.Problem, h.Host+": "))
	}
	writeNotes(&b, paint, h.Notes)
	steps := slices.DeleteFunc(slices.Clone(h.Steps), func(s engine.StepPlan) bool { return !s.Changes() })
	if len(steps) == 0 {
		b.WriteString("  no changes\n")
	}
	if several {
		steps = ownValues(steps)
	}
	for len(steps) > 0 {
		same := func(s engine.StepPlan) bool { return s.Task != steps[0].Task }
		end := slices.IndexFunc(steps, same)
		if end < 0 {
			end = len(steps)
		}
		writeTaskPlan(&b, paint, steps[:end], view)
		steps = steps[end:]
	}
	return b.String()
}

// ownValues leaves out what always differs from host to host: its name.
func ownValues(steps []engine.StepPlan) []engine.StepPlan {
	steps = slices.Clone(steps)
	for i, s := range steps {
		if s.Kind() == "hostname" {
			steps[i].ID = "hostname, for each its own"
			steps[i].Diff.Changes = nil
		}
	}
	return steps
}

func planSummary(plan *engine.Plan, view planView) string {
	n := plan.Changes()
	if plan.Unreachable() != nil {
		return fmt.Sprintf("Plan: %s so far; what would change where nobody could look is not known.", spelling.Count(n, "change"))
	}
	if n == 0 {
		return "Plan: no changes."
	}
	text := fmt.Sprintf("Plan: %s on %s.", spelling.Count(n, "change"), spelling.Count(plan.Changing(), "host"))
	if !view.full {
		text += " Every line of it: cairn plan --full."
	}
	if !view.asking {
		text += " Make them with: cairn up"
	}
	return text
}
