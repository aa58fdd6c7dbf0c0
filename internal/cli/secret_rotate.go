package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/spelling"
)

func newSecretRotate(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate SERVICE NAME",
		Short: "Make a new value for a secret that Cairn made",
		Long: `Rotate makes a new value of the same form and length. It changes nothing on a host: what uses the secret has to be told. The value
from before is kept beside it, encrypted, so that it can be proven to open nothing any more.

EXIT STATUS
  0  there is a new value
  1  there is no such secret, it was given by you, or its file is damaged`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return runSecretRotate(g, args[0], args[1]) },
	}
}

func runSecretRotate(g *globals, service, name string) error {
	v, _, err := g.openVault()
	if err != nil {
		return err
	}
	if err := v.Rotate(service, name); err != nil {
		return err
	}
	done, err := wrote(v, service, name)
	if err != nil {
		return err
	}
	return g.screen.result(done, func(w io.Writer) {
		fmt.Fprintf(w, "%s/%s has a new value.\n", service, name)
		writeEarlier(w, done)
	})
}

func newSecretRewrap(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "rewrap",
		Short: "Encrypt all secrets anew, after the recipients in lab.yaml changed",
		Long: `Rewrap encrypts every secret for the recipients that lab.yaml names now. Values stay as they are. Interrupted, it goes on where it
was when you run it again.

Who was a recipient before can still read the old files in the history of git. Rotate what they must not know.

EXIT STATUS
  0    every secret is for the recipients of lab.yaml
  1    some cannot be opened, or you could not read them any more
  4    your SSH key has a passphrase, and there is no terminal to ask for it
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSecretRewrap(cmd.Context(), g) },
	}
}

// rewrapped is what rewrap tells.
type rewrapped struct {
	Changed int `json:"changed"` // how many files it wrote, those of earlier values too
}

func runSecretRewrap(ctx context.Context, g *globals) error {
	v, l, err := g.openVault()
	if err != nil {
		return err
	}
	changed, err := v.Rewrap(ctx)
	if err != nil {
		return err
	}
	return g.screen.result(rewrapped{changed}, func(w io.Writer) {
		fmt.Fprintf(w, "encrypted %s anew; all are for %s\n", spelling.Count(changed, "file"), spelling.Count(len(l.Secrets.Recipients), "recipient"))
	})
}
