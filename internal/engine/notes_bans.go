package engine

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/task"
)

// noteBans says which networks a program that bans addresses will spare.
func noteBans(n noteInput) []Note {
	var notes []Note
	for _, program := range n.facts.Banning {
		exempt := resource.Exemption{Program: program}
		if !slices.ContainsFunc(n.steps, func(s StepPlan) bool { return s.ID == stepID(exempt) && s.Changes() }) {
			continue
		}
		notes = append(notes, Note{Kind: NoteKept, Text: fmt.Sprintf(
			"%s keeps running. It would take Cairn's proofs for attacks, so it no longer bans %s", program, strings.Join(task.LooksFrom(n.lab, n.host), ", "))})
	}
	return notes
}
