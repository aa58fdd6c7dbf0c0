package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

func newExplain(g *globals) *cobra.Command {
	var full bool
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Explain a task, milestone, checkpoint, stage, challenge or error code",
		Long: `Explain says what something in Cairn is, what it still waits for, and its evidence. It also says what is wrong or can go wrong with it,
and what to do about that. ID is an id that status prints, or the code of an error.

EXIT STATUS
  0  the explanation was shown
  1  nothing has that name, or the lab or its journal cannot be read`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runExplain(cmd.Context(), g, args[0], full) },
	}
	cmd.Flags().BoolVar(&full, "full", false, "show the values behind what is proven, too")
	return cmd
}

func runExplain(ctx context.Context, g *globals, id string, full bool) error {
	if entry, known := problem.Lookup(problem.Code(id)); known {
		return g.explainCode(entry)
	}
	return g.look(ctx, func(v *engine.View) error {
		explanation, err := v.Explain(id)
		if err != nil {
			return err
		}
		return g.screen.result(explanation, func(w io.Writer) { writeExplanation(g.screen, w, explanation, full) })
	})
}

// explainedCode is what explain shows of an error code.
type explainedCode struct {
	problem.Entry
	Link string `json:"link"` // where the documentation tells of it
}

func (g *globals) explainCode(entry problem.Entry) error {
	return g.screen.result(explainedCode{entry, entry.Link()}, func(w io.Writer) {
		fmt.Fprintf(w, "%s  (exit code %d)\n%s\n\n", entry.Code, entry.Exit, entry.Meaning)
		fmt.Fprintf(w, "How it comes about: %s\nHow to see it: %s\n", withPaths(entry.Why), withPaths(entry.See))
		fmt.Fprintf(w, "What to do: %s\nOr else: %s\n\nMore: %s\n", entry.Fix, withPaths(entry.Other), entry.Link())
	})
}

// link is a Markdown link on a page in docs/reference.
var link = regexp.MustCompile(`\[([^]]+)\]\(([^)#]+)[^)]*\)`)

// withPaths replaces links by the paths of their pages, for a terminal.
func withPaths(text string) string {
	return link.ReplaceAllStringFunc(text, func(found string) string {
		parts := link.FindStringSubmatch(found)
		return parts[1] + " (" + path.Join("docs/reference", parts[2]) + ")"
	})
}

// writeExplanation starts with what fails and how to fix it. It shows the values
// behind proven looks only in full.
func writeExplanation(s *screen, w io.Writer, x *engine.Explanation, full bool) {
	fmt.Fprintf(w, "%s  %s\n%s%s\n", x.ID, x.Name, x.Kind, explainedState(x))
	if len(x.Causes) > 0 {
		fmt.Fprintln(w, "\nWhat is not proven, and why")
		writeCauses(w, s.paint, x.Causes)
	}
	if x.Text != "" {
		fmt.Fprintf(w, "\n%s\n", x.Text)
	}
	writeList(w, "Steps", x.Steps)
	writeList(w, "Waits for", x.WaitsFor)
	writeKeptOpen(w, x.KeptOpenBy)
	writeProofs(s, w, x, full)
	for _, c := range x.Challenges {
		fmt.Fprintf(w, "\nWhat can go wrong: %s\n", c.Text)
		for _, look := range c.Looks {
			fmt.Fprintf(w, "  look:   %s: %s\n", look.Probe, look.Text)
		}
		fmt.Fprintf(w, "  remedy: %s\n", c.Remedy)
	}
}

func writeKeptOpen(w io.Writer, all []engine.KeptOpen) {
	var lines []string
	for _, k := range all {
		lines = append(lines, k.Name+" "+k.Text)
	}
	writeList(w, "Stays open for", lines)
}

func writeProofs(s *screen, w io.Writer, x *engine.Explanation, full bool) {
	if len(x.Checkpoints) == 0 {
		return
	}
	hidden := false
	fmt.Fprintln(w, "\nEvidence")
	for _, c := range x.Checkpoints {
		fmt.Fprintf(w, "  %s %s  %s  %s\n", s.paint(string(c.Outcome), mark(string(c.Outcome))), c.Outcome, c.ID, c.Name)
		for _, v := range c.Looks {
			if named(x.Causes, v.Reason) {
				v.Reason = "" // named above
			}
			if v.Outcome.Counts() && !full && v.Record != nil {
				hidden = true
				brief := *v.Record
				brief.Observed = nil
				v.Record = &brief
			}
			writeVerdict(s, w, v, math.MaxInt)
		}
	}
	if hidden {
		fmt.Fprintf(w, "  The values behind what is proven: cairn explain %s --full\n", x.ID)
	}
}

// explainedState is empty for what has no state: criteria and challenges.
func explainedState(x *engine.Explanation) string {
	if x.State == "" {
		return ""
	}
	return " " + mark(x.State) + " " + string(x.Word)
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
