package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// validated is what validate tells of a lab that is valid.
type validated struct {
	Lab   string          `json:"lab"`
	File  string          `json:"file"`
	Hosts int             `json:"hosts"` // how many
	Hash  string          `json:"sha256"`
	Later document.Faults `json:"later,omitempty"` // what the lab asks for and this version does not do
}

func newValidate(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check lab.yaml without touching a host",
		Long: `Validate reads the lab file and names everything wrong with it, with line, column and what was expected. It also
names waivers that are over, a key that is not on this machine, and what this version of Cairn does not do yet.

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
	wrong := slices.DeleteFunc(slices.Clone(l.Remarks), func(f document.Fault) bool { return f.Code == problem.LabNotReady })
	if len(wrong) > 0 {
		return problem.Wrap(problem.LabInvalid, l.File, counted(len(wrong), "place")+" wrong; other commands go on without it", l.Remarks)
	}
	valid := validated{Lab: l.Name, File: l.File, Hosts: len(l.Hosts), Hash: l.Hash, Later: l.Remarks}
	return g.screen.result(valid, func(w io.Writer) {
		for _, f := range valid.Later {
			fmt.Fprintln(w, f.Error())
		}
		fmt.Fprintf(w, "%s is valid: lab %s, %s.\nNext: cairn plan\n", l.File, l.Name, counted(len(l.Hosts), "host"))
	})
}
