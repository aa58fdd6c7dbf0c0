package cli

import (
	"fmt"
	"io"

	"cairn/internal/engine"
)

// noteTitles are the groups of notes in the order in which they are shown: what
// ends first, what stays last.
var noteTitles = []struct {
	kind  engine.NoteKind
	title string
}{
	{engine.NoteConflict, "What is in the way"},
	{engine.NoteAccess, "Who will no longer get in"},
	{engine.NoteReach, "What will no longer be reached"},
	{engine.NoteStops, "What stops working"},
	{engine.NoteRestart, "What is installed, started or stopped"},
	{engine.NoteKey, "Who gets in afterwards"},
	{engine.NoteKept, "What stays as it is"},
}

// writeNotes shows what to know before saying yes, group by group.
func writeNotes(w io.Writer, paint painter, notes []engine.Note) {
	for _, group := range noteTitles {
		titled := false
		for _, n := range notes {
			if n.Kind != group.kind {
				continue
			}
			if !titled {
				fmt.Fprintf(w, "  %s\n", group.title)
				titled = true
			}
			writeNote(w, paint, n)
		}
	}
}

// writeNote marks what ends or is in the way; the rest is only told.
func writeNote(w io.Writer, paint painter, n engine.Note) {
	sign := paint("unproven", "!")
	switch n.Kind {
	case engine.NoteRestart, engine.NoteKey, engine.NoteKept:
		sign = "-"
	}
	fmt.Fprintf(w, "    %s %s\n", sign, n.Text)
	if n.Fix != "" {
		fmt.Fprintf(w, "      %s\n", n.Fix)
	}
}
