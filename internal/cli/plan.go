package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

func newPlan(g *globals) *cobra.Command {
	var login loginFlags
	var view planView
	var hosts []string
	var out string
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what would change, without changing anything",
		Long: `Plan compares every host of the lab with lab.yaml and the roadmap, and shows each difference. + is new, ~ changes and - goes. Hosts with
the same differences are shown once. First it says who will no longer get in, and what will no longer be reached.

To look, it brings a small program to /var/lib/cairn on each host, and changes nothing else.

EXIT STATUS
  0    it worked
  1    a host could not be looked at
  4    a host refused the login
  10   there are changes (with --exit-code)
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPlan(cmd.Context(), g, login, hosts, view, out, exitCode)
		},
	}
	login.addFlags(cmd.Flags())
	view.addFlags(cmd.Flags())
	addHosts(cmd.Flags(), &hosts)
	cmd.Flags().StringVar(&out, "out", "", "also write the plan to this `FILE`, for cairn up --plan")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 10 when there are changes")
	return cmd
}

func runPlan(ctx context.Context, g *globals, login loginFlags, hosts []string, view planView, out string, withCode bool) error {
	e, err := g.survey(ctx, login, hosts...)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	plan, err := e.Plan(ctx)
	if err != nil {
		return err
	}
	if out != "" {
		if err := writePlan(out, plan); err != nil {
			return err
		}
	}
	if err := g.screen.result(plan, func(w io.Writer) { writePlanText(w, g.screen.paint, plan, view) }); err != nil {
		return err
	}
	if err := plan.Unreachable(); err != nil {
		return err
	}
	if withCode && plan.Changes() > 0 {
		return exitError{problem.ExitChanges}
	}
	return nil
}

func writePlan(path string, plan *engine.Plan) error {
	body, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(body, '\n'), 0o600); err != nil {
		return problem.Wrap(problem.CommandFile, path, "the plan cannot be written", err)
	}
	return nil
}

func readPlan(path string) (*engine.Plan, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, problem.Wrap(problem.CommandFile, path, "the plan cannot be read", err)
	}
	var plan engine.Plan
	if err := json.Unmarshal(body, &plan); err != nil {
		return nil, problem.Wrap(problem.CommandFile, path, "the file is not a plan", err).WithFix("make one with `cairn plan --out FILE`")
	}
	return &plan, nil
}
