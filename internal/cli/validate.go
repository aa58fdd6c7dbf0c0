package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newValidate(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check lab.yaml without touching a host",
		Long: `Validate reads the lab file and names everything wrong with it, with line, column and what was expected.

EXIT STATUS
  0  the lab file is valid
  1  it is not, or there is none`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runValidate(g) },
	}
}

func runValidate(g *globals) error {
	l, _, err := g.loadLab()
	if err != nil {
		return err
	}
	summary := map[string]any{"lab": l.Name, "file": l.File, "hosts": len(l.Hosts), "sha256": l.Hash}
	return g.screen.result(summary, func(w io.Writer) {
		fmt.Fprintf(w, "%s is valid: lab %s, %s.\nNext: cairn plan\n", l.File, l.Name, counted(len(l.Hosts), "host"))
	})
}
