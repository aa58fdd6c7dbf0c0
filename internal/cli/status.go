package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/evidence"
)

func newStatus(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show where the lab stands on the roadmap",
		Long: `Status shows every stage, task and milestone, with the evidence under it. It reads only the journal and asks no host.

EXIT STATUS
  0  the status was shown, whatever it is
  1  the lab or its journal cannot be read`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), g) },
	}
}

func runStatus(ctx context.Context, g *globals) error {
	return g.look(ctx, func(v *engine.View) error {
		status := v.Status()
		return g.screen.result(status, func(w io.Writer) {
			writeStatusText(g.screen, w, status)
			fmt.Fprintln(w, "\nNext: cairn "+string(status.Next))
		})
	})
}

// writeStatusText draws the roadmap as a list.
func writeStatusText(s *screen, w io.Writer, status *engine.Status) {
	fmt.Fprintf(w, "Lab %s · %s\n", status.Lab, status.At.Format("2006-01-02 15:04 MST"))
	if status.Running != "" {
		fmt.Fprintf(w, "Under way: %s\n", status.Running)
	}
	for _, u := range status.Undone {
		fmt.Fprintln(w, undoneLine(u))
	}
	for i, stage := range status.Stages {
		writeStage(s, w, i+1, stage)
	}
}

func undoneLine(u engine.Undone) string {
	if u.Skipped {
		return words("Skipped on", u.Host+":", u.Name, u.Why)
	}
	return words("Failed on", u.Host+":", u.Name) + after(": ", u.Why)
}

func writeStage(s *screen, w io.Writer, number int, stage engine.StageStatus) {
	counts := ""
	if stage.Checkpoints > 0 {
		counts = fmt.Sprintf("   %d of %d checkpoints proven", stage.Proven, stage.Checkpoints)
	}
	if stage.Waived > 0 {
		counts += fmt.Sprintf(", %d waived", stage.Waived)
	}
	fmt.Fprintf(w, "\n%d %s  %s %s%s\n", number, stage.Name, s.paint(stage.State, mark(stage.State)), stage.Word, counts)
	writeWaits(w, "  ", stage.WaitsFor)
	if stage.Word == engine.WordWaiting {
		fmt.Fprintf(w, "  %d tasks, %d milestones\n", len(stage.Tasks), len(stage.Milestones))
		return
	}
	for _, t := range stage.Tasks {
		writeTask(s, w, t)
	}
	for _, m := range stage.Milestones {
		writeMilestone(s, w, m)
	}
}

func writeTask(s *screen, w io.Writer, t engine.TaskStatus) {
	notes := []string{}
	if t.Discretionary {
		notes = append(notes, "discretionary")
	}
	if e := hours(t.EstimateMin, t.EstimateMax); e != "" {
		notes = append(notes, "estimate "+e)
	}
	if t.Actual > 0 {
		notes = append(notes, "took "+span(t.Actual))
	}
	fmt.Fprintf(w, "  %s %-44s %-18s %s\n", s.paint(t.State, mark(t.State)), t.Name, t.Word, strings.Join(notes, ", "))
	if (t.Available || t.ByWord) && t.Word != engine.WordDone {
		writeWaits(w, "      ", t.WaitsFor)
	}
}

func writeMilestone(s *screen, w io.Writer, m engine.MilestoneStatus) {
	if m.Reached == nil {
		fmt.Fprintf(w, "  ◇ %-44s %s\n", m.Name, m.Word)
		return
	}
	fmt.Fprintf(w, "  ◆ %-44s %s %s   reached %s\n", m.Name, s.paint(string(m.Standing), mark(string(m.Standing))), m.Standing,
		m.Reached.Format("2006-01-02 15:04"))
	for _, c := range m.Checkpoints {
		fmt.Fprintf(w, "      %s %s  %s%s\n", s.paint(string(c.Outcome), mark(string(c.Outcome))), c.Outcome, c.ID, looksNote(c.Looks))
	}
}

// looksNote says how many looks a checkpoint has, and which of them do not count.
func looksNote(looks []evidence.Verdict) string {
	if len(looks) == 0 {
		return ""
	}
	var bad []string
	for _, v := range looks {
		if v.Outcome != evidence.Proven {
			bad = append(bad, fmt.Sprintf("%s %s: %s", v.Look.Probe, v.Outcome, v.Reason))
		}
	}
	note := "  (1 look)"
	if len(looks) > 1 {
		note = fmt.Sprintf("  (%d looks)", len(looks))
	}
	for _, b := range bad {
		note += "\n          " + b
	}
	return note
}

func writeWaits(w io.Writer, indent string, waits []string) {
	for _, reason := range waits {
		fmt.Fprintf(w, "%swaits for %s\n", indent, reason)
	}
}

// list joins names for people.
func list(names []string) string { return strings.Join(names, ", ") }
