package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
)

func newTask(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "task",
		Short: "List tasks, plan discretionary ones in and out, and give your word on what people do",
	}
	cmd.AddCommand(newTaskList(g), newTaskShow(g), newTaskPlan(g), newTaskUnplan(g), newTaskDone(g), newTaskAttest(g))
	return cmd
}

// taskMethod is a method of the engine that handles one task.
type taskMethod func(*engine.Engine, context.Context, string, engine.Order) (*engine.CaseTurn, error)

func newTaskPlan(g *globals) *cobra.Command {
	return g.taskCommand(&cobra.Command{
		Use:   "plan ID [--why TEXT]",
		Short: "Add a discretionary task to its stage",
		Long: `Plan adds a discretionary task to its stage: at once if the stage is open, otherwise when it opens. The stage then waits for the task.

EXIT STATUS
  0   the task is planned
  1   the task is not discretionary or planned already, this version cannot do it, or the case has not begun
  14  another run holds the lock`,
	}, (*engine.Engine).PlanTask, false)
}

func newTaskUnplan(g *globals) *cobra.Command {
	return g.taskCommand(&cobra.Command{
		Use:   "unplan ID [--why TEXT]",
		Short: "Take out a planned task that has not begun",
		Long: `Unplan takes a task out of its stage while it waits there. An open task has begun.

EXIT STATUS
  0   the task is no longer planned
  1   the task is not planned, it has begun, or the case has not begun
  14  another run holds the lock`,
	}, (*engine.Engine).UnplanTask, false)
}

func newTaskDone(g *globals) *cobra.Command {
	return g.taskCommand(&cobra.Command{
		Use:   "done ID --why TEXT",
		Short: "Give your word that a person's task is done, if no probe can see it",
		Long: `Done completes an open task by your word, which the journal keeps. Cairn refuses this for a task that it does itself, or that evidence
completes.

EXIT STATUS
  0   the task is done
  1   Cairn refuses it, the task is not open, or the case has not begun
  14  another run holds the lock`,
	}, (*engine.Engine).TaskDone, true)
}

func newTaskAttest(g *globals) *cobra.Command {
	return g.taskCommand(&cobra.Command{
		Use:   "attest CRITERION --why TEXT",
		Short: "Give your word on an exit criterion that nothing else can prove",
		Long: `Attest makes an exit criterion true by your word, which the journal keeps. cairn task list shows the criteria that wait for it.

EXIT STATUS
  0   your word was taken
  1   evidence decides the criterion, there is no such criterion, or the case has not begun
  14  another run holds the lock`,
	}, (*engine.Engine).Attest, true)
}

// taskCommand completes a command about one task, or one criterion.
func (g *globals) taskCommand(cmd *cobra.Command, do taskMethod, mustReason bool) *cobra.Command {
	var flags orderFlags
	flags.addFlags(cmd)
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order := flags.order()
		if mustReason {
			var err error
			if order, err = flags.reasoned(cmd); err != nil {
				return err
			}
		}
		return g.steer(cmd, func(e *engine.Engine) (*engine.CaseTurn, error) { return do(e, cmd.Context(), args[0], order) })
	}
	return cmd
}
