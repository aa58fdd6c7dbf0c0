package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"
	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/spelling"
	"cairn/internal/vault"
)

func newSecretEscrow(g *globals) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "escrow",
		Short: "Print what a restore needs: the identity as text and QR code",
		Long: `Escrow prints the identity in .cairn/identity.txt. With it and the lab's git repository you can read every secret again. Without it
you can read none. Print it on paper, and keep the paper away from your controller. With --file the identity goes to a file instead, for a
printer or a USB stick.

To prove that the identity is the right one, escrow opens every secret with it alone. With -o json it says what it found, and does not
print the identity.

EXIT STATUS
  0  the identity was printed or written, and opens every secret
  1  there is no identity here, it does not open all secrets, or the file exists already`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSecretEscrow(cmd.Context(), g, path) },
	}
	cmd.Flags().StringVar(&path, "file", "", "write it to this new `FILE` with mode 0600, not to the screen")
	return cmd
}

// escrowReport is what escrow says beside the identity.
type escrowReport struct {
	Lab       string   `json:"lab"`
	Recipient string   `json:"recipient"`            // the public key of the identity
	File      string   `json:"file,omitempty"`       // where the identity was written
	Secrets   int      `json:"secrets"`              // how many there are
	Opens     int      `json:"opens"`                // how many of them the identity opens
	Escrow    []string `json:"escrow"`               // secrets without which a restore is worthless, as SERVICE/NAME
	NotOpened []string `json:"not_opened,omitempty"` // as SERVICE/NAME
}

func runSecretEscrow(ctx context.Context, g *globals, path string) error {
	l, _, err := g.loadLab()
	if err != nil {
		return err
	}
	// Without the SSH keys: the printed identity must suffice alone.
	v, err := vault.Open(vault.Options{Dir: l.Dir, State: engine.StateDirOf(l), Recipients: l.Secrets.Recipients, Now: time.Now})
	if err != nil {
		return err
	}
	text, recipients, err := v.Identity()
	if err != nil {
		return err
	}
	found, err := proveEscrow(ctx, l, v, recipients[0])
	if err != nil {
		return err
	}
	if path != "" {
		if err := writePaper(path, paper(found, text, inked)); err != nil {
			return err
		}
		found.File = path
	}
	err = g.screen.result(found, func(w io.Writer) {
		if path == "" {
			fmt.Fprint(w, paper(found, text, g.screen.draw()))
		} else {
			fmt.Fprintf(w, "wrote the identity to %s; it opens %d of %s\n", path, found.Opens, spelling.Count(found.Secrets, "secret"))
		}
	})
	if err == nil && len(found.NotOpened) > 0 {
		err = problem.New(problem.SecretLocked, "", "this identity does not open "+strings.Join(found.NotOpened, ", "))
	}
	return err
}

// proveEscrow opens every secret with the identity.
func proveEscrow(ctx context.Context, l *lab.Lab, v *vault.Vault, recipient string) (escrowReport, error) {
	found := escrowReport{Lab: l.Name, Recipient: recipient, Escrow: []string{}}
	entries, err := v.List()
	for _, e := range entries {
		found.Secrets++
		name := e.Service + "/" + e.Name
		if e.Escrow {
			found.Escrow = append(found.Escrow, name)
		}
		if _, err := v.Get(ctx, e.Service, e.Name); err != nil {
			found.NotOpened = append(found.NotOpened, name)
			continue
		}
		found.Opens++
	}
	return found, err
}

// drawing says how to draw a QR code.
type drawing int

const (
	lit     drawing = iota // blocks are light, as on most screens
	inked                  // blocks are dark, as on paper
	undrawn                // there are no blocks
)

// draw returns how to draw on this screen.
func (s *screen) draw() drawing {
	if s.fit.ascii {
		return undrawn
	}
	return lit
}

// paper returns the text to keep in escrow.
func paper(found escrowReport, identity secret.Text, how drawing) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The identity of the lab %s. Anybody who has it can read all its secrets.\n\n%s\n", found.Lab, strings.TrimSpace(identity.Reveal()))
	for line := range strings.Lines(identity.Reveal()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			b.WriteString(qrCode(line, how))
		}
	}
	fmt.Fprintf(&b, "\nIt opens %d of %s.\n", found.Opens, spelling.Count(found.Secrets, "secret"))
	if len(found.Escrow) > 0 {
		fmt.Fprintf(&b, "A restore is worthless without: %s\n", strings.Join(found.Escrow, ", "))
	}
	b.WriteString("To restore: clone the lab's git repository, write the line AGE-SECRET-KEY-1...\n" +
		"into .cairn/identity.txt with mode 0600, and run: cairn secret list\n")
	return b.String()
}

func qrCode(text string, how drawing) string {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil || how == undrawn { // err: too long for any code
		return ""
	}
	return "\n" + code.ToSmallString(how == inked)
}

// writePaper writes a new file that nobody else can read.
func writePaper(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return problem.New(problem.CommandFile, path, "the file exists already, and Cairn does not overwrite it").WithFix("name another file")
	}
	if err == nil {
		_, err = file.WriteString(text)
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err != nil {
		return problem.Wrap(problem.CommandFile, path, "the identity cannot be written", err)
	}
	return nil
}
