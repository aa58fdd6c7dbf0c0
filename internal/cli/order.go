package cli

import (
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

// orderFlags are the flags of commands that steer the case. The journal keeps who
// gave the order and why.
type orderFlags struct{ why string }

func (f *orderFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.why, "why", "", "the reason, as `TEXT`; the journal keeps it with your name")
}

// order signs with the name of the user who runs the program.
func (f *orderFlags) order() engine.Order {
	return engine.Order{By: currentUser(), Why: strings.TrimSpace(f.why)}
}

// reasoned returns an order that must have a reason.
func (f *orderFlags) reasoned(cmd *cobra.Command) (engine.Order, error) {
	o := f.order()
	if o.Why == "" {
		return o, problem.New(problem.CommandUsage, "", cmd.CommandPath()+" needs a reason, which the journal keeps").WithFix("add --why TEXT")
	}
	return o, nil
}

func currentUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return os.Getenv("USER")
}

// steer has the engine execute an order, and shows the turn that it made.
func (g *globals) steer(cmd *cobra.Command, do func(*engine.Engine) (*engine.CaseTurn, error)) error {
	e, err := g.steering(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	turn, err := do(e)
	if err != nil {
		return err
	}
	return g.screen.result(turn, func(w io.Writer) {
		writeTurn(w, turn)
		fmt.Fprintln(w, "Next: cairn "+string(turn.Next)+after(", ", turn.Next.When()))
	})
}
