package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

// upFlags are the flags of up.
type upFlags struct {
	login loginFlags
	yes   bool
	plan  string
	until string
	hosts []string
	view  planView
}

func newUp(g *globals) *cobra.Command {
	var flags upFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make the hosts match the lab file, and prove it",
		Long: `Up shows the plan, asks, and then walks the roadmap. It carries out each open task on all hosts and looks at its checkpoints. A proven
task opens the next one. A change that could lock you out is guarded: the host first saves what is there and rehearses the way back.
The change then undoes itself unless you get in over a new login.

Run it again after an interruption: it attaches to work that is still under way, and goes on.

EXIT STATUS
  0    everything that can be done now is done and proven, or you did not consent
  1    failed: a host cannot be reached, a step failed, or there is nobody to ask
  4    a host refused the login
  12   a required checkpoint is not proven
  13   the case is suspended, failed or closed
  14   another run holds the lock
  15   a guarded change was refused or rolled back
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUp(cmd.Context(), g, flags) },
	}
	flags.login.addFlags(cmd.Flags())
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	cmd.Flags().StringVar(&flags.plan, "plan", "", "carry out exactly the plan in this `FILE`, or refuse")
	addHosts(cmd.Flags(), &flags.hosts)
	flags.view.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&flags.until, "until", "", "leave the stages after this `STAGE` alone")
	return cmd
}

func runUp(ctx context.Context, g *globals, flags upFlags) error {
	options, err := upOptions(g, flags)
	if err != nil {
		return err
	}
	if options.Bound != nil && len(flags.hosts) == 0 {
		flags.hosts = options.Bound.Only
	}
	e, err := g.open(ctx, flags.login, flags.hosts...)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	report, err := e.Up(ctx, options)
	if report == nil {
		return err
	}
	if len(flags.hosts) > 0 {
		g.screen.say("Only %s: what waits for the other hosts stays closed.", list(flags.hosts))
	}
	if shown := g.screen.result(report, func(w io.Writer) { writeUpText(g.screen, w, report, time.Now()) }); err == nil {
		err = shown
	}
	return err
}

// upOptions decide who consents: the person at the terminal, the flag, or the
// saved plan.
func upOptions(g *globals, flags upFlags) (engine.UpOptions, error) {
	options := engine.UpOptions{Until: flags.until}
	if flags.plan != "" {
		plan, err := readPlan(flags.plan)
		options.Bound = plan
		return options, err
	}
	if flags.yes {
		return options, nil
	}
	ask := g.screen.prompter()
	if ask == nil {
		return options, problem.New(problem.RunNeedsYes, "", "there is no terminal to ask for your consent on")
	}
	view := flags.view
	view.asking = true
	options.Consent = func(plan *engine.Plan) (bool, error) {
		writePlanText(g.screen.streams.Err, g.screen.paintTalk, plan, view)
		return ask.Confirm(context.Background(), "Make these changes?")
	}
	return options, nil
}
