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
		Long: `Rotate makes a new value of the same form and length. It changes nothing on a host: give the new value to whatever uses the secret. The
earlier value stays beside it, encrypted. With it you can check that it opens nothing any more.

EXIT STATUS
  0  there is a new value
  1  there is no such secret, you gave it yourself, or its file is damaged`,
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
	done, err := changeOf(v, service, name)
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
		Short: "Encrypt all secrets again, after you changed the recipients in lab.yaml",
		Long: `Rewrap encrypts every secret for the recipients that lab.yaml names now. The values stay the same. After an interruption, run it again:
it goes on where it was.

Former recipients can still read the old files in the history of git. Rotate what they must not know.

EXIT STATUS
  0    exactly the recipients in lab.yaml can read every secret
  1    some secrets cannot be opened, or you could no longer read them yourself
  4    your SSH key has a passphrase, and there is no terminal to ask for it
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSecretRewrap(cmd.Context(), g) },
	}
}

// rewrapReport is the result of rewrap.
type rewrapReport struct {
	Changed int `json:"changed"` // how many files it wrote, including those of earlier values
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
	return g.screen.result(rewrapReport{changed}, func(w io.Writer) {
		fmt.Fprintf(w, "encrypted %s again; all are for %s\n", spelling.Count(changed, "file"), spelling.Count(len(l.Secrets.Recipients), "recipient"))
	})
}
