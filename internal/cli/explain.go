package cli

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

func newExplain(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a task, milestone, checkpoint, stage, challenge or error code",
		Long: `Explain tells of anything Cairn names what it is, what a closed one still waits for, the evidence under it, what can go wrong with
it and how to mend that. Ids are those that status prints, and codes those of errors.

EXIT STATUS
  0  it was explained
  1  nothing has that name, or the lab or its journal cannot be read`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runExplain(cmd.Context(), g, args[0]) },
	}
}

func runExplain(ctx context.Context, g *globals, id string) error {
	if entry, known := problem.Lookup(problem.Code(id)); known {
		return g.explainCode(entry)
	}
	e, err := g.look(ctx, loginFlags{})
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	explanation, err := e.Explain(id)
	if err != nil {
		return err
	}
	return g.screen.result(explanation, func(w io.Writer) { writeExplanation(g.screen, w, explanation) })
}

func (g *globals) explainCode(entry problem.Entry) error {
	linked := struct {
		problem.Entry
		Link string `json:"link"`
	}{entry, entry.Link()}
	return g.screen.result(linked, func(w io.Writer) {
		fmt.Fprintf(w, "%s  (exit code %d)\n%s\nWhat to do: %s\nMore: %s\n", entry.Code, entry.Exit, entry.Meaning, entry.Fix, entry.Link())
	})
}

func writeExplanation(s *screen, w io.Writer, x *engine.Explanation) {
	fmt.Fprintf(w, "%s  %s\n%s%s\n", x.ID, x.Name, x.Kind, explainedState(x))
	if x.Text != "" {
		fmt.Fprintf(w, "\n%s\n", x.Text)
	}
	writeList(w, "Steps", x.Steps)
	writeList(w, "Waits for", x.WaitsFor)
	if len(x.Checkpoints) > 0 {
		fmt.Fprintln(w, "\nEvidence")
	}
	for _, c := range x.Checkpoints {
		fmt.Fprintf(w, "  %s %s  %s  %s\n", s.paint(string(c.Outcome), mark(string(c.Outcome))), c.Outcome, c.ID, c.Name)
		for _, v := range c.Looks {
			writeVerdict(s, w, v, math.MaxInt)
		}
	}
	for _, c := range x.Challenges {
		fmt.Fprintf(w, "\nWhat can go wrong: %s\n  look:   %s\n  remedy: %s\n", c.Text, c.Diagnosis, c.Remedy)
	}
}

// explainedState is empty for what has no state: criteria and challenges.
func explainedState(x *engine.Explanation) string {
	if x.State == "" {
		return ""
	}
	return " " + mark(x.State) + " " + stateWord(x.State)
}

func writeList(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintf(w, "  - %s\n", line)
	}
}
