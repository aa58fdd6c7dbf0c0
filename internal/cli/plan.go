package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/resource"
)

func newPlan(g *globals) *cobra.Command {
	var login loginFlags
	var out string
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what would change, and change nothing",
		Long: `Plan looks at every host of the lab and names each difference from what lab.yaml and the roadmap ask for.

EXIT STATUS
  0    it worked
  1    a host could not be looked at
  4    a host refused the login
  10   there are changes (with --exit-code)
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlan(cmd.Context(), g, login, out, exitCode) },
	}
	login.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "", "also write the plan to this `FILE`, for cairn up --plan")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 10 when there are changes")
	return cmd
}

func runPlan(ctx context.Context, g *globals, login loginFlags, out string, withCode bool) error {
	e, err := g.look(ctx, login)
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
	if err := g.screen.result(plan, func(w io.Writer) { writePlanText(g.screen, w, plan) }); err != nil {
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

// writePlanText shows a plan: host by host, task by task, what would change.
func writePlanText(s *screen, w io.Writer, plan *engine.Plan) {
	fmt.Fprintf(w, "Lab %s · %s, %s looked at in %s\n", plan.Lab, counted(len(plan.Hosts), "host"), counted(plan.Looked(), "resource"), plan.Took)
	for _, h := range plan.Hosts {
		fmt.Fprintf(w, "\n%s\n", strings.TrimRight(h.Host+"  "+h.System, " "))
		if h.Problem != "" {
			fmt.Fprintf(w, "  %s cannot be looked at: %s\n", s.paint("refuted", "!"), strings.TrimPrefix(h.Problem, h.Host+": "))
			continue
		}
		writeNotes(s, w, h.Notes)
		writeHostPlan(s, w, h)
	}
	fmt.Fprintf(w, "\n%s\n", planSummary(plan))
}

func writeHostPlan(s *screen, w io.Writer, h engine.HostPlan) {
	task := ""
	for _, step := range h.Steps {
		if !step.Changes() {
			continue
		}
		if step.Task != task {
			task = step.Task
			fmt.Fprintf(w, "  %s\n", task)
		}
		guard := ""
		if step.Guard != "" {
			guard = "   (guarded: " + step.Guard + ")"
		}
		fmt.Fprintf(w, "    %s %s%s\n", s.paint("unproven", "~"), step.ID, guard)
		if step.Problem != "" {
			fmt.Fprintf(w, "        cannot be told yet: %s\n", step.Problem)
		}
		for _, c := range step.Diff.Changes {
			fmt.Fprintf(w, "        %s\n", changeText(c))
		}
	}
	if task == "" {
		fmt.Fprintln(w, "  no changes")
	}
}

// changeText is one difference on a line.
func changeText(c resource.Change) string {
	switch {
	case c.From == "":
		return fmt.Sprintf("%s: %s", c.Property, c.To)
	case c.To == "":
		return fmt.Sprintf("%s: %s, to be removed", c.Property, c.From)
	}
	return fmt.Sprintf("%s: %s -> %s", c.Property, c.From, c.To)
}

func planSummary(plan *engine.Plan) string {
	n := plan.Changes()
	if plan.Unreachable() != nil {
		return fmt.Sprintf("Plan: %s so far; what would change where nobody could look is not known.", counted(n, "change"))
	}
	switch n {
	case 0:
		return "Plan: no changes."
	case 1:
		return "Plan: 1 change. Make it with: cairn up"
	}
	return fmt.Sprintf("Plan: %d changes. Make them with: cairn up", n)
}
