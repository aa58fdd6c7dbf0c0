package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/cmmn"
	"cairn/internal/engine"
	"cairn/internal/spelling"
)

func newCaseShow(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the case as a tree, with the ids and states of what is in it",
		Long: `Show draws the case from the journal alone. Its marks are those of CMMN: ! is required, # repeats. Discretionary items appear once they
are planned.

EXIT STATUS
  0  the case was shown
  1  it has not begun, or the lab or its journal cannot be read`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCaseShow(cmd, g) },
	}
}

func runCaseShow(cmd *cobra.Command, g *globals) error {
	return g.look(cmd.Context(), func(v *engine.View) error {
		tree, err := v.CaseTree()
		if err != nil {
			return err
		}
		return g.screen.result(tree, func(w io.Writer) { writeTree(g.screen, w, tree) })
	})
}

func writeTree(s *screen, w io.Writer, tree *engine.CaseTree) {
	fmt.Fprintf(w, "Case of lab %s: %s, %s, begun %s, %s\n", tree.Lab, tree.Word, tree.Workflow,
		tree.Begun.Format("2006-01-02 15:04 MST"), spelling.Count(tree.Turns, "turn"))
	for _, stage := range tree.Items {
		fmt.Fprintln(w)
		writeTreeItem(s, w, stage, "")
	}
}

// writeTreeItem shows an item and everything below it. Of a stage that has not
// begun it shows only the stage.
func writeTreeItem(s *screen, w io.Writer, item engine.CaseItem, indent string) {
	state := item.State.String()
	notes := treeNotes(item)
	fmt.Fprintf(w, "%s%s %-*s %-10s %s%s\n", indent, s.paint(state, treeMark(item)), 42-len(indent), item.ID, item.Word, item.Name, notes)
	if item.State == cmmn.Available || item.State == cmmn.Suspended {
		writeWaits(w, indent+"    ", item.WaitsFor)
	}
	unplanned := 0
	for _, below := range item.Items {
		switch {
		case below.State != cmmn.Null:
			writeTreeItem(s, w, below, indent+"  ")
		case below.Discretionary:
			unplanned++
		}
	}
	if unplanned > 0 {
		fmt.Fprintf(w, "%s  and %s: cairn task list\n", indent, spelling.Count(unplanned, "discretionary task")+" not planned")
	}
}

// treeMark returns the mark for a state. Milestones have a shape of their own.
func treeMark(item engine.CaseItem) string {
	switch {
	case item.Word == engine.WordReached:
		return "◆"
	case item.Kind == cmmn.Milestone.String():
		return "◇"
	}
	return mark(item.State.String())
}

func treeNotes(item engine.CaseItem) string {
	notes := ""
	if item.Required {
		notes += " !"
	}
	if item.Repeats {
		notes += " #"
	}
	if item.Discretionary {
		notes += " (discretionary)"
	}
	return notes
}
