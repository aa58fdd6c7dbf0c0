package engine

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/task"
)

// noteSkipped names the kernel settings that this host cannot set.
func noteSkipped(n noteInput) []Note {
	skipped := task.Skipped(n.facts)
	if len(skipped) == 0 || !slices.ContainsFunc(n.steps, func(s StepPlan) bool { return s.Task == task.HostBase && s.Changes() }) {
		return nil
	}
	return []Note{{
		Kind: NoteKept, Text: fmt.Sprintf("%d kernel settings cannot be set here and are skipped: %s", len(skipped), strings.Join(skipped, ", ")),
		Fix: "set them on the machine that this host runs on",
	}}
}
