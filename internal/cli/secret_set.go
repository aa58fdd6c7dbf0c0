package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/spelling"
	"cairn/internal/vault"
)

// setFlags are the flags of set.
type setFlags struct {
	form   string
	length int
	escrow bool
}

func newSecretSet(g *globals) *cobra.Command {
	var f setFlags
	cmd := &cobra.Command{
		Use:   "set SERVICE NAME",
		Short: "Write a secret: typed without echo, piped in, or made",
		Long: `Set asks for the value on the terminal, or reads it from a pipe. It leaves out one line break at the end of a pipe. It never takes a
value from the command line, where other users and your shell's history would see it. With --make it makes a value.

It encrypts the secret for the recipients in lab.yaml and writes it to secrets/SERVICE/NAME.age. Commit that file to git, like lab.yaml.
An earlier value stays beside it.

EXIT STATUS
  0    the secret is written
  1    the value is empty or too long, or the lab's folder cannot be written
  4    the value must be typed, and there is no terminal
  130  interrupted`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSecretSet(cmd.Context(), g, args[0], args[1], f, cmd.Flags().Changed("escrow"))
		},
	}
	cmd.Flags().StringVar(&f.form, "make", "", "make a value in this `FORM`: password, hex, base64 or uuid")
	cmd.Flags().IntVar(&f.length, "length", 0, "with --make: how many `CHARACTERS` a password has, or how many random bytes are in hex or base64 (default: 32)")
	cmd.Flags().BoolVar(&f.escrow, "escrow", false, "mark the secret: a restore is worthless without it")
	return cmd
}

func runSecretSet(ctx context.Context, g *globals, service, name string, f setFlags, marked bool) error {
	v, _, err := g.vaultToWrite()
	if err != nil {
		return err
	}
	before, _, err := entryOf(v, service, name)
	if err != nil {
		return err
	}
	d := vault.Declaration{Service: service, Name: name, Form: vault.Given, Escrow: before.Escrow}
	if marked {
		d.Escrow = f.escrow
	}
	var value secret.Text
	if f.form != "" {
		d.Form, d.Length = vault.Form(f.form), f.length
		value, err = vault.Generate(d)
	} else if err = vault.CheckNames(service, name); err == nil {
		value, err = g.screen.readSecret(ctx, service+"/"+name)
	}
	if err != nil {
		return err
	}
	if err := v.Set(d, value); err != nil {
		return err
	}
	done, err := changeOf(v, service, name)
	if err != nil {
		return err
	}
	return g.screen.result(done, func(w io.Writer) {
		fmt.Fprintf(w, "wrote %s, for %s\n", done.File, spelling.Count(len(done.Readers), "recipient"))
		writeEarlier(w, done)
	})
}

func writeEarlier(w io.Writer, done secretChange) {
	if done.Earlier > 0 {
		fmt.Fprintf(w, "%s stays beside it, since whatever uses the secret may not know the new one yet.\n", spelling.Count(done.Earlier, "earlier value"))
	}
}

// mostPiped is more than a secret may have, so that a longer one is reported.
const mostPiped = 1 << 20

// readSecret reads a value from the terminal without echo, or from a pipe.
func (s *screen) readSecret(ctx context.Context, what string) (secret.Text, error) {
	if file, is := s.streams.In.(*os.File); is && isTerminal(file) {
		return terminal{s, file}.newSecret(ctx, what)
	}
	body, err := io.ReadAll(io.LimitReader(s.streams.In, mostPiped))
	if err != nil {
		return secret.Text{}, problem.Wrap(problem.SecretValue, what, "the value cannot be read", err)
	}
	// An interrupt may end the program that writes into the pipe first. Then half a
	// value arrives here before the signal does.
	select {
	case <-ctx.Done():
		return secret.Text{}, interrupted()
	case <-time.After(signalTime):
	}
	body = bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r"))
	return secret.New(string(body)), nil
}

// newSecret asks twice, since the owner does not see what they type.
func (t terminal) newSecret(ctx context.Context, what string) (secret.Text, error) {
	value, err := t.Password(ctx, "Value of "+what+": ")
	if err != nil {
		return secret.Text{}, err
	}
	again, err := t.Password(ctx, "The same again: ")
	if err == nil && again != value {
		err = problem.New(problem.SecretValue, what, "the two values differ")
	}
	return value, err
}
