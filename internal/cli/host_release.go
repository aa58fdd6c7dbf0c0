package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

func newHostRelease(g *globals) *cobra.Command {
	var login loginFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "release NAME",
		Short: "Undo Cairn's changes on a host; your own way in stays",
		Long: `Release puts a host back to what it was before Cairn first changed it. That covers the SSH server's settings, the firewall, kernel
settings, files, host name and time zone. It is a guarded change: it undoes itself unless you get in afterwards. Your user, its key and
sudo stay. Installed packages stay too. Release asks before it changes anything, and names what it leaves.

Early versions of Cairn kept no record of what was there before. From their work, only Cairn's own files are removed.

EXIT STATUS
  0    what Cairn changed is put back, there was nothing to put back, or you did not consent
  1    failed: the host cannot be reached, a step failed, or there is nobody to ask
  4    the host refused the login
  14   another run holds the lock
  15   the change was refused or rolled back
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runHostRelease(cmd.Context(), g, args[0], login, yes)
		},
	}
	login.addFlags(cmd.Flags())
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func runHostRelease(ctx context.Context, g *globals, name string, login loginFlags, yes bool) error {
	h, err := g.managedHost(name)
	if err != nil {
		return err
	}
	consent, err := g.releaseConsent(ctx, h, yes)
	if err != nil {
		return err
	}
	e, err := g.open(ctx, login)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	report, err := e.Release(ctx, h, consent)
	if err != nil {
		return err
	}
	return g.screen.result(report, func(w io.Writer) { writeReleased(w, h, report) })
}

// managedHost finds a host that Cairn changes.
func (g *globals) managedHost(name string) (lab.Host, error) {
	l, _, err := g.loadLab()
	if err != nil {
		return lab.Host{}, err
	}
	h, known := l.Host(name)
	if !known || h.OnlyVantage() {
		return h, problem.New(problem.LabUnknown, "", fmt.Sprintf("lab.yaml has no host %q that Cairn changes", name))
	}
	return h, nil
}

func (g *globals) releaseConsent(ctx context.Context, h lab.Host, yes bool) (func(*engine.ReleaseReport) (bool, error), error) {
	if yes {
		return nil, nil
	}
	ask := g.screen.prompter()
	if ask == nil {
		return nil, problem.New(problem.RunNeedsYes, "", "there is no terminal to ask for your consent on")
	}
	return func(report *engine.ReleaseReport) (bool, error) {
		writeRelease(g.screen.streams.Err, h, report)
		return ask.Confirm(ctx, "Put this back?")
	}, nil
}

func writeRelease(w io.Writer, h lab.Host, report *engine.ReleaseReport) {
	fmt.Fprintf(w, "%s: %s to put back\n", h.Name, spelling.Count(len(report.Back), "change"))
	for _, id := range report.Back {
		fmt.Fprintf(w, "  - %s\n", engine.StepPlan{ID: id}.Thing())
	}
	writeLeft(w, h, report)
}

func writeLeft(w io.Writer, h lab.Host, report *engine.ReleaseReport) {
	fmt.Fprintln(w, "What stays")
	fmt.Fprintf(w, "  - your way in: the user %s with its key and sudo without a password\n", h.User)
	for _, left := range report.Left {
		fmt.Fprintf(w, "  - %s\n", left)
	}
}

func writeReleased(w io.Writer, h lab.Host, report *engine.ReleaseReport) {
	switch {
	case len(report.Back) == 0:
		fmt.Fprintf(w, "There is nothing to put back on %s.\n", h.Name)
	case !report.Released:
		fmt.Fprintln(w, "Nothing was changed.")
	default:
		writeRelease(w, h, report)
		fmt.Fprintf(w, "All of that is put back, and you still get in. To remove Cairn's records and agent too: cairn host purge %s\n", h.Name)
	}
}
