package cli

import (
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/vault"
)

func newSecretGet(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "get SERVICE NAME",
		Short: "Print the value of a secret",
		Long: `Get opens a secret with the identity in .cairn/identity.txt, or with your SSH key, and prints its value. No other command of Cairn
prints values.

EXIT STATUS
  0    the value was printed
  1    there is no such secret, its file is damaged, or no identity here opens it
  4    the SSH key has a passphrase, and there is no terminal to ask for it
  130  interrupted`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, _, err := g.openVault()
			if err != nil {
				return err
			}
			return runSecretGet(cmd, g, v, args[0], args[1])
		},
	}
}

// secretValue is the result of get.
type secretValue struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Value   string `json:"value"` // in plain text
}

func runSecretGet(cmd *cobra.Command, g *globals, v *vault.Vault, service, name string) error {
	value, err := v.Get(cmd.Context(), service, name)
	if err != nil {
		return err
	}
	if isTerminal(g.screen.streams.Out) {
		g.screen.say("The value is on your screen now, and in your terminal's scrollback.")
	}
	if g.screen.format != formatText {
		return g.screen.result(secretValue{service, name, value.Reveal()}, nil)
	}
	_, err = io.WriteString(g.screen.streams.Out, value.Reveal()+"\n") // as it is, without breaking lines
	return err
}
