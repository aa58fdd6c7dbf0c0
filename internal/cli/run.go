package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/problem"
)

// Streams are what a command reads from and writes to.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Run executes a command line and returns the program's exit code. args follow the
// program's name. It returns early when ctx ends.
func Run(ctx context.Context, args []string, streams Streams) int {
	screen := newScreen(streams)
	screen.ended = ctx.Done()
	root := newRoot(screen)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	stop := screen.heartbeat()
	err := root.ExecuteContext(ctx)
	stop()
	if err == nil {
		return problem.ExitOK
	}
	if ctx.Err() != nil && problem.CodeOf(err) != problem.RunCancelled {
		err = interrupted()
	}
	if !errors.As(err, new(exitError)) {
		screen.fail(err)
	}
	return exitCode(err)
}

// Commands returns all of Cairn's commands for man pages and completions. Do not
// execute them.
func Commands() *cobra.Command {
	root := newRoot(newScreen(Streams{}))
	root.InitDefaultHelpFlag()
	return root
}

// newRoot builds all commands.
func newRoot(s *screen) *cobra.Command {
	root := &cobra.Command{
		Use:   "cairn",
		Short: "Make a homelab's roadmap come true, and prove it",
		Long: `Cairn makes a homelab's implementation roadmap executable. You declare your lab in lab.yaml. Cairn makes the hosts so and proves
every milestone with evidence. A change that could lock you out is never made without a rollback that is already armed.

Begin with "cairn init", or watch the whole of it on throw-away hosts with "cairn rehearse".`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       toldVersion().Version,
	}
	g := &globals{screen: s}
	g.addFlags(root.PersistentFlags())
	root.AddCommand(
		newInit(g), newValidate(g), newPlan(g), newUp(g), newCheck(g), newStatus(g), newExplain(g),
		newTask(g), newCase(g), newHost(g), newService(g), newNames(g), newSecret(g), newRehearse(g), newExport(g), newVersion(g), newExitCodes(),
	)
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(wrongFlag)
	root.SetUsageTemplate(usageTemplate(root))
	root.SetVersionTemplate("cairn {{.Version}}\n")
	g.completions(root)
	strict(root)
	return root
}
