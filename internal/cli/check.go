package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/evidence"
)

func newCheck(g *globals) *cobra.Command {
	var login loginFlags
	var hosts []string
	cmd := &cobra.Command{
		Use:   "check [CHECKPOINT...]",
		Short: "Check again whether what was proven still holds",
		Long: `Check looks at the named checkpoints, or at all, and records the evidence. Each probe looks from its own vantage. Check brings a
small program to /var/lib/cairn on hosts that lack it, and changes nothing else. On a host that is only a vantage, that program runs as
your user, without sudo, and nothing stays.

EXIT STATUS
  0    everything is proven or waived
  1    nothing could be looked at: the lab or its journal cannot be read
  12   something is not proven; an unreachable host proves nothing
  14   another run holds the lock
  130  interrupted`,
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(cmd.Context(), g, login, hosts, args) },
	}
	login.addFlags(cmd.Flags())
	addHosts(cmd.Flags(), &hosts)
	return cmd
}

func runCheck(ctx context.Context, g *globals, login loginFlags, hosts, names []string) error {
	e, err := g.open(ctx, login, hosts...)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	report, err := e.Check(ctx, engine.CheckOptions{Checkpoints: names})
	if report == nil {
		return err
	}
	if shown := g.screen.result(report, func(w io.Writer) { writeCheckText(g.screen, w, report) }); err == nil {
		err = shown
	}
	return err
}

func writeCheckText(s *screen, w io.Writer, report *engine.CheckReport) {
	checkpoint := ""
	proven := 0
	for _, r := range report.Records {
		if r.Checkpoint != checkpoint {
			checkpoint = r.Checkpoint
			fmt.Fprintf(w, "%s\n", checkpoint)
		}
		if r.Outcome == evidence.Proven {
			proven++
		}
		if named(report.Causes, r.Reason) {
			r.Reason = ""
		}
		writeRecord(s, w, r, "  ", briefly)
	}
	fmt.Fprintf(w, "\n%d of %d checks passed.\n", proven, len(report.Records))
	if len(report.Causes) > 0 {
		fmt.Fprintln(w, "\nWhat is not proven, and why")
		writeCauses(w, s.paint, report.Causes)
	}
}

// named reports whether several looks share a reason. Such a reason is shown once,
// with all of them.
func named(causes []evidence.Cause, reason string) bool {
	return slices.ContainsFunc(causes, func(c evidence.Cause) bool { return len(c.Looks) > 1 && c.Names(reason) })
}

// briefly is how many values are shown of each piece of evidence where there are
// many pieces. explain shows all.
const briefly = 8

// writeRecord shows one piece of evidence with at most so many of the values seen.
func writeRecord(s *screen, w io.Writer, r evidence.Record, indent string, most int) {
	from := ""
	if r.Vantage != r.Host {
		from = " from " + r.Vantage
	}
	fmt.Fprintf(w, "%s%s %s  %s on %s%s, %s\n", indent, s.paint(string(r.Outcome), mark(string(r.Outcome))), r.Outcome, r.Probe, r.About(), from, span(r.Took))
	if r.Reason != "" {
		fmt.Fprintf(w, "%s    %s\n", indent, r.Reason)
	}
	shown := r.Observed[:min(most, len(r.Observed))]
	for _, f := range shown {
		fmt.Fprintf(w, "%s    %s: %s\n", indent, f.Name, f.Value)
	}
	if more := len(r.Observed) - len(shown); more > 0 {
		fmt.Fprintf(w, "%s    and %d more values\n", indent, more)
	}
}
