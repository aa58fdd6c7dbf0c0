package cli

import (
	"fmt"
	"io"

	"cairn/internal/engine"
)

// writeNotes shows what to know before saying yes, group by group.
func writeNotes(w io.Writer, paint painter, notes []engine.Note) {
	for _, group := range engine.NoteGroups {
		titled := false
		for _, n := range notes {
			if n.Kind != group.Kind {
				continue
			}
			if !titled {
				fmt.Fprintf(w, "  %s\n", group.Title)
				titled = true
			}
			writeNote(w, paint, n, group.Warns)
		}
	}
}

func writeNote(w io.Writer, paint painter, n engine.Note, warns bool) {
	sign := "-"
	if warns {
		sign = paint("unproven", "!")
	}
	fmt.Fprintf(w, "    %s %s\n", sign, n.Text)
	if n.Fix != "" {
		fmt.Fprintf(w, "      %s\n", n.Fix)
	}
}
