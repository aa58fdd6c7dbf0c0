package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"cairn/internal/engine"
	"cairn/internal/resource"
	"cairn/internal/spelling"
)

// sign shows where a change leads. Colour never stands alone.
func sign(paint painter, d resource.Direction) string {
	return paint(string(d), map[resource.Direction]string{resource.Added: "+", resource.Changed: "~", resource.Removed: "-"}[d])
}

// How many things, and lines of a content, are shown one by one in a short plan.
const (
	few      = 3
	fewLines = 12
)

// writeTaskPlan shows what changes for a task.
func writeTaskPlan(w io.Writer, paint painter, steps []engine.StepPlan, view planView) {
	guard := ""
	if slices.ContainsFunc(steps, func(s engine.StepPlan) bool { return s.Guard != "" }) {
		guard = ", guarded"
	}
	fmt.Fprintf(w, "  %s: %s%s\n", steps[0].Task, spelling.Count(len(steps), "change"), guard)
	if view.full {
		for _, s := range steps {
			writeStep(w, paint, s, true)
		}
		return
	}
	for _, kind := range kindsOf(steps) {
		if len(kind) > few {
			writeMany(w, paint, kind)
			continue
		}
		for _, s := range kind {
			writeStep(w, paint, s, false)
		}
	}
}

// kindsOf groups steps of the same kind and direction at the place of the first.
func kindsOf(steps []engine.StepPlan) [][]engine.StepPlan {
	var kinds [][]engine.StepPlan
	place := map[string]int{}
	for _, s := range steps {
		key := string(s.Kind()) + string(s.Diff.Direction()) + s.Problem
		at, known := place[key]
		if !known {
			at = len(kinds)
			place[key] = at
			kinds = append(kinds, nil)
		}
		kinds[at] = append(kinds[at], s)
	}
	return kinds
}

// says reports whether the resource's name already tells all of the change.
func says(s engine.StepPlan, c resource.Change) bool {
	return c.Direction() == resource.Added && (c.To == "present" || c.To == s.Key())
}

// writeMany shows steps of the same kind on a line.
func writeMany(w io.Writer, paint painter, steps []engine.StepPlan) {
	var keys []string
	for _, s := range steps[:few] {
		keys = append(keys, s.Key())
	}
	fmt.Fprintf(w, "    %s %d %s: %s and %d more\n", sign(paint, steps[0].Diff.Direction()), len(steps), steps[0].Things(), strings.Join(keys, ", "), len(steps)-few)
}

// writeStep shows a resource with at most so many of its changes. Values of a new
// resource are only counted, unless everything is shown.
func writeStep(w io.Writer, paint painter, s engine.StepPlan, full bool) {
	is := s.Diff.Direction()
	changes := s.Diff.Changes
	title := fmt.Sprintf("    %s %s", sign(paint, is), s.Thing())
	switch {
	case s.Problem != "":
		fmt.Fprintf(w, "%s\n        cannot be told yet: %s\n", title, s.Problem)
	case full:
		fmt.Fprintln(w, title)
		writeChanges(w, paint, changes, math.MaxInt)
	case s.Kind() == "packages":
		fmt.Fprintf(w, "    %s packages: %s\n", sign(paint, is), properties(changes))
	case len(changes) == 1 && changes[0].Text == "" && !says(s, changes[0]):
		fmt.Fprintf(w, "%s: %s\n", title, valueText(changes[0]))
	case s.Kind() == "sysctl" && is == resource.Changed:
		fmt.Fprintf(w, "%s: %s\n", title, valueText(changes[0]))
	case is == resource.Changed && len(changes) <= few:
		fmt.Fprintln(w, title)
		writeChanges(w, paint, changes, fewLines)
	case len(changes) > few:
		fmt.Fprintf(w, "%s: %s\n", title, spelling.Count(len(changes), s.ValueWord()))
	default:
		fmt.Fprintln(w, title)
	}
}

func properties(changes []resource.Change) string {
	var names []string
	for _, c := range changes {
		names = append(names, c.Property)
	}
	return strings.Join(names, ", ")
}

// writeChanges shows changes one by one, with at most so many lines of a content.
func writeChanges(w io.Writer, paint painter, changes []resource.Change, most int) {
	for _, c := range changes {
		if c.Text == "" {
			fmt.Fprintf(w, "        %s %s: %s\n", sign(paint, c.Direction()), c.Property, valueText(c))
			continue
		}
		lines := strings.Split(c.Text, "\n")
		for _, line := range lines[:min(most, len(lines))] {
			fmt.Fprintln(w, strings.TrimRight("        "+paint(string(lineDirection(line)), line), " "))
		}
		if more := len(lines) - most; more > 0 {
			fmt.Fprintf(w, "        and %s more\n", spelling.Count(more, "line"))
		}
	}
}

func lineDirection(line string) resource.Direction {
	switch {
	case strings.HasPrefix(line, "+"):
		return resource.Added
	case strings.HasPrefix(line, "-"):
		return resource.Removed
	}
	return ""
}

// valueText is a change of a value without its name.
func valueText(c resource.Change) string {
	switch {
	case c.From == "" || c.From == "absent":
		return c.To
	case c.To == "":
		return c.From
	}
	return c.From + " -> " + c.To
}
