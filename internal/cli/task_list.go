package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
)

func newTaskList(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all tasks with their ids",
		Long: `List shows every task, who does it, and its state. It also shows the criteria that only your word makes true. It reads only the journal.

EXIT STATUS
  0  the tasks were listed
  1  the lab or its journal cannot be read`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTaskList(cmd, g) },
	}
}

func newTaskShow(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show a task: what it is, what it waits for, and its evidence",
		Long: `Show does the same as cairn explain, but only for tasks.

EXIT STATUS
  0  the task was shown
  1  there is no task of that name, or the lab or its journal cannot be read`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runTaskShow(cmd, g, args[0]) },
	}
}

// taskList is what task list tells.
type taskList struct {
	Stages []engine.StageTasks `json:"stages"`
}

func runTaskList(cmd *cobra.Command, g *globals) error {
	return g.look(cmd.Context(), func(v *engine.View) error {
		stages := v.Tasks()
		return g.screen.result(taskList{stages}, func(w io.Writer) { writeTasks(g.screen, w, stages) })
	})
}

func runTaskShow(cmd *cobra.Command, g *globals, id string) error {
	return g.look(cmd.Context(), func(v *engine.View) error {
		x, err := v.ExplainTask(id)
		if err != nil {
			return err
		}
		return g.screen.result(x, func(w io.Writer) { writeExplanation(g.screen, w, x, false) })
	})
}

func writeTasks(s *screen, w io.Writer, stages []engine.StageTasks) {
	for i, stage := range stages {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%d %s\n", i+1, stage.Name)
		for _, t := range stage.Tasks {
			fmt.Fprintf(w, "  %s %-42s %-18s %s%s\n", s.paint(t.State, mark(t.State)), t.ID, t.Word, t.Name, taskNotes(t))
		}
		for _, c := range stage.Criteria {
			word := "your word"
			if c.Attested {
				word = "attested"
			}
			fmt.Fprintf(w, "  ? %-42s %-18s %s\n", c.ID, word, c.Text)
		}
	}
	fmt.Fprintln(w, "\nNext: cairn task show ID")
}

func taskNotes(t engine.TaskStatus) string {
	var notes []string
	if t.Discretionary {
		notes = append(notes, "discretionary")
	}
	switch {
	case t.ByWord:
		notes = append(notes, "by your word")
	case t.Kind == "human":
		notes = append(notes, "you do it, evidence completes it")
	}
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, ", ") + ")"
}
