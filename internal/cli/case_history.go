package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/spelling"
)

func newCaseHistory(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "history",
		Short: "Show what happened in the case: who, when, why, and on what evidence",
		Long: `History shows each turn of the case from the journal, the oldest first. With -o json it is complete, and has the full hash of each
piece of evidence.

EXIT STATUS
  0  the history was shown
  1  the case has not begun, or the lab or its journal cannot be read`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCaseHistory(cmd, g) },
	}
}

// caseHistory is the result of case history.
type caseHistory struct {
	Turns []engine.CaseTurn `json:"turns"`
}

func runCaseHistory(cmd *cobra.Command, g *globals) error {
	return g.look(cmd.Context(), func(v *engine.View) error {
		turns, err := v.History(cmd.Context())
		if err != nil {
			return err
		}
		return g.screen.result(caseHistory{turns}, func(w io.Writer) {
			for i := range turns {
				writeTurn(w, &turns[i])
			}
		})
	})
}

// writeTurn shows one turn of the case: who and why on its first line, then what
// it rests on and what followed.
func writeTurn(w io.Writer, t *engine.CaseTurn) {
	command := t.Command
	if len(t.Values) > 0 {
		command = "set " + spelling.Count(len(t.Values), "value")
	}
	fmt.Fprintf(w, "%s  %s  %s%s\n", t.At.UTC().Format("2006-01-02 15:04:05 MST"), t.By, command, after(": ", t.Why))
	var lines []string
	for _, v := range t.Values {
		lines = append(lines, fmt.Sprintf("%s is %s", v.ID, v.Value))
	}
	for _, c := range t.Changes {
		if c.What != "" {
			lines = append(lines, c.Name+" "+c.What)
		}
	}
	writeSome(w, "    ", lines)
	lines = nil
	for _, p := range t.Evidence {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("on evidence %.12s %s", p.Hash, p.Look)))
	}
	writeSome(w, "    ", lines)
}

// writeSome shows as many lines as people read where there are many.
func writeSome(w io.Writer, indent string, lines []string) {
	shown := lines[:min(briefly, len(lines))]
	for _, line := range shown {
		fmt.Fprintln(w, indent+line)
	}
	if more := len(lines) - len(shown); more > 0 {
		fmt.Fprintf(w, "%sand %d more\n", indent, more)
	}
}
