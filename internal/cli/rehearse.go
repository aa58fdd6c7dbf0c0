package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/rehearse"
	"cairn/internal/throwaway"
)

func newRehearse(g *globals) *cobra.Command {
	var until string
	var keep, sweep bool
	cmd := &cobra.Command{
		Use:   "rehearse",
		Short: "Walk the roadmap on throw-away hosts that mirror the lab",
		Long: `Rehearse makes a container for every host of the lab, with systemd and sshd, on the local Docker Engine. The containers get the lab's
addresses if those are free. Rehearse then does what up would do, and gathers the evidence. It does all of it a second time, to prove that
nothing is left to do. At the end it shows the roadmap and removes everything. It does not touch your own hosts.

The hosts pull the images of your services. If no registry can be reached, Cairn makes stand-ins for them and says so. A stand-in shows that
the configuration works, not that the image does.

EXIT STATUS
  0    the rehearsal reached its end, and everything in it is proven
  1    failed: Docker is not there, or a step failed
  4    you may not use Docker
  12   a required checkpoint is not proven
  15   a guarded change was refused or rolled back
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sweep {
				return runSweep(cmd.Context(), g)
			}
			return runRehearse(cmd.Context(), g, until, keep)
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "stop after this `STAGE`")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the hosts running, to look at them")
	cmd.Flags().BoolVar(&sweep, "sweep", false, "only remove what earlier rehearsals left, those with --keep included")
	cmd.MarkFlagsMutuallyExclusive("sweep", "keep")
	cmd.MarkFlagsMutuallyExclusive("sweep", "until")
	return cmd
}

func runSweep(ctx context.Context, g *globals) error {
	removed, err := throwaway.SweepAll(ctx, throwaway.Docker{})
	if err != nil {
		return err
	}
	return g.screen.result(sweepResult{removed}, func(w io.Writer) {
		if len(removed) == 0 {
			fmt.Fprintln(w, "No rehearsal has left anything.")
			return
		}
		fmt.Fprintf(w, "Removed the rehearsals %s.\n", list(removed))
	})
}

func runRehearse(ctx context.Context, g *globals, until string, keep bool) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	report, err := rehearse.Walk(ctx, rehearse.WalkOptions{
		Lab: in.lab, Roadmap: in.roadmap, Services: in.services, Until: until, Keep: keep, Now: time.Now, Progress: g.screen.progress,
	})
	if ctx.Err() != nil {
		return problem.New(problem.RunCancelled, "", "the rehearsal was interrupted").
			WithFix("run `cairn rehearse` again: it starts from the beginning and removes what is left")
	}
	if report.Status == nil {
		return err
	}
	if shown := g.screen.result(report, func(w io.Writer) { writeRehearsalText(g.screen, w, report) }); err == nil {
		err = shown
	}
	return err
}

// writeEvidence shows the evidence under every reached milestone.
func writeEvidence(s *screen, w io.Writer, status *engine.Status) {
	for _, stage := range status.Stages {
		for _, m := range stage.Milestones {
			if m.Reached == nil {
				continue
			}
			fmt.Fprintf(w, "◆ %s\n", m.Name)
			for _, c := range m.Checkpoints {
				for _, v := range c.Looks {
					writeVerdict(s, w, v, briefly)
				}
			}
		}
	}
}

func writeRehearsalText(s *screen, w io.Writer, report *rehearse.WalkReport) {
	if report.Status != nil {
		writeStatusText(s, w, report.Status)
		fmt.Fprintln(w)
		writeEvidence(s, w, report.Status)
		fmt.Fprintln(w)
	}
	for _, image := range report.Images {
		fmt.Fprintf(w, "Image: %s  %s\n", image.Image, image.From)
	}
	for _, note := range report.Notes {
		fmt.Fprintf(w, "Note: %s\n", note)
	}
	if report.Kept != nil {
		fmt.Fprintf(w, "Kept: the hosts, and their lab's folder %s\n", report.Kept.Folder)
		for _, login := range report.Kept.Logins {
			fmt.Fprintf(w, "  %s\n", login)
		}
		fmt.Fprintln(w, "Remove them with: cairn rehearse --sweep")
	}
	if report.Again != nil {
		fmt.Fprintf(w, "Rehearsed in %s: %d milestones reached. A second run found %d changes to make in %d resources.\n",
			time.Since(s.begun).Round(time.Second), len(report.Up.Reached), report.Again.Plan.Changes(), report.Again.Plan.Looked())
		fmt.Fprintln(w, "Next: cairn init (a lab file for your own hosts), or if this is it: cairn plan")
	}
}

// sweepResult is what rehearse --sweep tells.
type sweepResult struct {
	Removed []string `json:"removed"` // ids of rehearsals
}
