package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/cmmn/simulate"
	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
)

// maxModel is the largest model file, in bytes.
const maxModel = 10 << 20

// simulateOptions are the flags of `cairn case simulate`.
type simulateOptions struct {
	steps    string
	workflow string
	start    string
}

func newCaseSimulate(g *globals) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate [MODEL]",
		Short: "Run a case model step by step, without touching a host",
		Long: `Simulate runs a roadmap in YAML or a case in CMMN 1.1 XML, without hosts. It shows what would happen after each step. Without MODEL it
runs Cairn's own roadmap.

Steps are JSON objects, one on each line:

  {"do":"complete","item":"T1"}            a transition; item is an id, a path ("S1/T1"), a name, or "case"
  {"do":"complete","item":"T1","index":1}  the same for the second instance
  {"set":{"value":100}}                    sets values of the case file, which conditions read; null removes one
  {"advance":"PT3H"}                       time passes, timers occur
  {"plan":"T4","in":"S1"}                  plans a discretionary item in; {"unplan":...} takes it out again

With -o json it prints the state after the start and after each step, as one JSON object on each line. A refused step changes nothing. It
says so, and the run goes on.

EXIT STATUS
  0  all steps were read, even if some were refused
  1  the model or the steps cannot be read`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runCaseSimulate(g, o, args) },
	}
	cmd.Flags().StringVar(&o.steps, "steps", "", "the file with the steps; - is standard input (default: none, only the start)")
	cmd.Flags().StringVar(&o.workflow, "workflow", string(roadmap.Hybrid), "of a roadmap: waterfall, agile or hybrid")
	cmd.Flags().StringVar(&o.start, "start", "2026-01-01T00:00:00Z", "when the case starts, for its timers")
	return cmd
}

func runCaseSimulate(g *globals, o simulateOptions, args []string) error {
	workflow, err := workflowNamed(o.workflow)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, o.start)
	if err != nil {
		return problem.New(problem.CommandUsage, "", fmt.Sprintf("--start %q is no time", o.start)).WithFix("write it as 2026-01-01T00:00:00Z")
	}
	m, name, err := modelNamed(args, workflow)
	if err != nil {
		return err
	}
	p, err := engine.CompileModel(name, m)
	if err != nil {
		return err
	}
	steps, err := g.openSteps(o.steps)
	if err != nil {
		return err
	}
	defer func() { _ = steps.Close() }()
	return simulate.Run(p, start, steps, g.showResult())
}

func workflowNamed(name string) (roadmap.Workflow, error) {
	for _, w := range roadmap.Workflows() {
		if string(w) == name {
			return w, nil
		}
	}
	return "", problem.New(problem.CommandUsage, "", fmt.Sprintf("there is no workflow %q", name)).WithFix("it is waterfall, agile or hybrid")
}

// openSteps opens the file of steps. Without a name there are no steps.
func (g *globals) openSteps(name string) (io.ReadCloser, error) {
	switch name {
	case "":
		return io.NopCloser(eof{}), nil
	case "-":
		return io.NopCloser(g.screen.streams.In), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, problem.Wrap(problem.CommandFile, name, "the steps cannot be read", err)
	}
	return f, nil
}

// eof is an empty reader.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// showResult writes each result as it comes, as a story or as one JSON object per
// line.
func (g *globals) showResult() func(simulate.Result) error {
	out := g.screen.streams.Out
	if g.screen.format == formatText {
		return func(r simulate.Result) error {
			_, err := io.WriteString(out, r.Story())
			return err
		}
	}
	return func(r simulate.Result) error { return writeLine(out, r) }
}
