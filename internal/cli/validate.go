package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/document"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// validateResult is what validate says about a valid lab.
type validateResult struct {
	Lab     string          `json:"lab"`
	File    string          `json:"file"`
	Hosts   int             `json:"hosts"` // how many
	Hash    string          `json:"sha256"`
	Expired document.Faults `json:"expired,omitempty"` // what no longer counts, since its day has passed
	Later   document.Faults `json:"later,omitempty"`   // what the lab asks for and this version does not do
	Secrets []string        `json:"secrets,omitempty"` // secrets that no recipient of the lab can read any more, and damaged ones
}

func newValidate(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check lab.yaml without touching a host",
		Long: `Validate reads the lab file and lists every fault, with line, column and what was expected. It also names expired waivers, and a
key that is not on this machine. It says which secrets nobody can read any more, and what this version of Cairn cannot do yet.

EXIT STATUS
  0  the lab file is valid; expired waivers and lost secrets are only reported
  1  the lab file is missing or wrong, or the key that it names is not on this machine`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runValidate(g) },
	}
}

// remarksOf are the remarks on a lab that have a code.
func remarksOf(l *lab.Lab, code problem.Code) document.Faults {
	return slices.DeleteFunc(slices.Clone(l.Remarks), func(f document.Fault) bool { return f.Code != code })
}

// keyMissing says that the key for logging in to hosts is not on this machine.
func keyMissing(l *lab.Lab) error {
	missing := remarksOf(l, problem.LabNoKey)
	if len(missing) == 0 {
		return nil
	}
	return problem.Wrap(problem.LabNoKey, l.File, "the key that the lab names is not on this machine", missing)
}

// secretsToFix says which secrets nobody can read any more.
func (g *globals) secretsToFix(l *lab.Lab) ([]string, error) {
	v, err := g.vaultOf(l)
	if err != nil {
		return nil, err
	}
	all, err := listed(v)
	return secretWarnings(all), err
}

func runValidate(g *globals) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	l := in.lab
	if err := keyMissing(l); err != nil {
		return err
	}
	valid := validateResult{
		Lab: l.Name, File: l.File, Hosts: len(l.Hosts), Hash: l.Hash,
		Expired: remarksOf(l, problem.LabExpired), Later: remarksOf(l, problem.LabNotReady),
	}
	if valid.Secrets, err = g.secretsToFix(l); err != nil {
		return err
	}
	return g.screen.result(valid, func(w io.Writer) {
		for _, f := range valid.Expired {
			fmt.Fprintln(w, "warning: "+f.Error())
		}
		for _, warning := range valid.Secrets {
			fmt.Fprintln(w, "warning: "+warning)
		}
		for _, f := range valid.Later {
			fmt.Fprintln(w, f.Error())
		}
		fmt.Fprintf(w, "%s is valid: lab %s, %s.\nNext: cairn plan\n", l.File, l.Name, spelling.Count(len(l.Hosts), "host"))
	})
}
