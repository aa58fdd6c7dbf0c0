package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/spelling"
	"cairn/internal/vault"
)

func newSecretList(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the secrets: when each was made, and who can read it",
		Long: `List opens no secret and prints no value. It says what you have to do: it marks damaged files, and secrets whose readers are not
exactly the recipients in lab.yaml.

EXIT STATUS
  0  the secrets were listed
  1  the folder of secrets cannot be read`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runSecretList(g) },
	}
}

// secretList is the result of secret list.
type secretList struct {
	Secrets []listedSecret `json:"secrets"`
}

// listedSecret is a secret without its value.
type listedSecret struct {
	Service string     `json:"service"`
	Name    string     `json:"name"`
	File    string     `json:"file"`              // below the lab's folder
	Form    vault.Form `json:"form"`              // password, hex, base64 or uuid; given: by you
	Made    time.Time  `json:"made,omitzero"`     // when it got this value
	Escrow  bool       `json:"escrow"`            // whether a restore is worthless without it
	Readers []string   `json:"readers,omitempty"` // who can read it, as far as the file says
	Earlier int        `json:"earlier"`           // how many earlier values are kept
	State   string     `json:"state"`             // ok; rewrap: its readers are not exactly the recipients of lab.yaml; lost: none of them can read it; damaged
	Fault   string     `json:"fault,omitempty"`   // what is wrong with the file
}

func listed(v *vault.Vault) ([]listedSecret, error) {
	entries, err := v.List()
	all := make([]listedSecret, 0, len(entries))
	for _, e := range entries {
		s := listedSecret{Service: e.Service, Name: e.Name, File: e.File, Form: e.Form, Made: e.Made, Escrow: e.Escrow, Readers: e.Readers, Earlier: e.Earlier, State: "ok"}
		switch {
		case e.Fault != nil:
			s.State, s.Fault = "damaged", e.Fault.Error()
		case v.Lost(e):
			s.State = "lost"
		case v.Due(e):
			s.State = "rewrap"
		}
		all = append(all, s)
	}
	return all, err
}

func runSecretList(g *globals) error {
	v, _, err := g.openVault()
	if err != nil {
		return err
	}
	all, err := listed(v)
	if err != nil {
		return err
	}
	return g.screen.result(secretList{all}, func(w io.Writer) { writeSecrets(w, all) })
}

func writeSecrets(w io.Writer, all []listedSecret) {
	if len(all) == 0 {
		fmt.Fprintln(w, "There are no secrets.\nNext: cairn secret set SERVICE NAME")
		return
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tNAME\tFORM\tMADE\tREADERS\tNOTES")
	due := false
	for _, s := range all {
		var readers []string
		for _, r := range s.Readers {
			readers = append(readers, vault.Short(r))
		}
		made := "not known"
		if !s.Made.IsZero() {
			made = s.Made.Local().Format("2006-01-02 15:04")
		}
		due = due || s.State == "rewrap"
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Service, s.Name, s.Form, made, strings.Join(readers, ", "), strings.Join(secretNotes(s), "; "))
	}
	_ = table.Flush()
	if due {
		fmt.Fprintln(w, "Next: cairn secret rewrap")
	}
}

func secretNotes(s listedSecret) []string {
	var notes []string
	switch s.State {
	case "damaged":
		return []string{s.Fault}
	case "lost":
		notes = append(notes, "no recipient in lab.yaml can read it any more")
	case "rewrap":
		notes = append(notes, "its readers are not exactly the recipients in lab.yaml")
	}
	if s.Escrow {
		notes = append(notes, "escrow")
	}
	if s.Earlier > 0 {
		notes = append(notes, spelling.Count(s.Earlier, "earlier value"))
	}
	return notes
}

// secretWarnings returns what validate says about secrets.
func secretWarnings(all []listedSecret) []string {
	var warnings []string
	for _, s := range all {
		switch s.State {
		case "damaged":
			warnings = append(warnings, s.Fault)
		case "lost":
			warnings = append(warnings, s.File+": no recipient in lab.yaml can read this secret any more")
		}
	}
	return warnings
}
