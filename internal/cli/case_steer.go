package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

// caseWord is a command that steers the case as a whole.
type caseWord struct {
	name, short, long string
	do                func(*engine.Engine, context.Context, engine.Order) (*engine.CaseTurn, error)
	question          string // asked first, unless --yes was given; empty asks nothing
}

func newCaseSuspend(g *globals) *cobra.Command {
	return g.caseCommand(caseWord{
		name: "suspend", short: "Suspend the case: the roadmap stands still until you resume it",
		long: `Suspend is for when you want no change for a while. Cairn up refuses to change a host until the case is resumed; check and status go on.

EXIT STATUS
  0   the case is suspended
  1   it has not begun, or is not active
  14  another run holds the lock`,
		do: (*engine.Engine).SuspendCase,
	})
}

func newCaseResume(g *globals) *cobra.Command {
	return g.caseCommand(caseWord{
		name: "resume", short: "Resume a suspended case",
		long: `Resume lets a suspended case go on where it was. In the journal it is a reactivation, because CMMN has no resume of a case.

EXIT STATUS
  0   the case goes on
  1   it has not begun, or is not suspended
  14  another run holds the lock`,
		do: (*engine.Engine).ResumeCase,
	})
}

func newCaseReactivate(g *globals) *cobra.Command {
	return g.caseCommand(caseWord{
		name: "reactivate", short: "Reopen a completed or failed case",
		long: `Reactivate reopens a case that was completed, terminated or suspended, or that has failed. What is done in it stays done.

EXIT STATUS
  0   the case is open again
  1   it has not begun, is active, or was closed
  14  another run holds the lock`,
		do: (*engine.Engine).ReactivateCase,
	})
}

func newCaseClose(g *globals) *cobra.Command {
	return g.caseCommand(caseWord{
		name: "close", short: "Close a case for ever, once it is not active", question: "Close the case for ever?",
		long: `Close ends a case for ever: you can look at it, but nothing in it changes any more. The hosts stay as they are. Suspend an active case
first.

EXIT STATUS
  0   the case is closed, or you did not consent
  1   it has not begun or is active, or there is nobody to ask
  14  another run holds the lock`,
		do: (*engine.Engine).CloseCase,
	})
}

func (g *globals) caseCommand(c caseWord) *cobra.Command {
	var flags orderFlags
	yes := c.question == ""
	cmd := &cobra.Command{Use: c.name + " --why TEXT", Short: c.short, Long: c.long, Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		order, err := flags.reasoned(cmd)
		if err != nil {
			return err
		}
		if agreed, err := g.agreed(cmd.Context(), yes, c.question); err != nil || !agreed {
			return err
		}
		return g.steer(cmd, func(e *engine.Engine) (*engine.CaseTurn, error) { return c.do(e, cmd.Context(), order) })
	}
	flags.addFlags(cmd)
	if c.question != "" {
		cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	}
	return cmd
}

// agreed asks the person at the terminal, unless the flag said yes already.
func (g *globals) agreed(ctx context.Context, yes bool, question string) (bool, error) {
	if yes {
		return true, nil
	}
	ask := g.screen.prompter()
	if ask == nil {
		return false, problem.New(problem.RunNeedsYes, "", "there is no terminal to ask for your consent on").WithFix("add --yes")
	}
	agreed, err := ask.Confirm(ctx, question)
	if err == nil && !agreed {
		g.screen.say("Nothing was changed.")
	}
	return agreed, err
}
