package guard

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// check is how the host looks whether a change may be made, and whether it may stay.
// The error of before refuses the change, that of after puts everything back. Either
// may be nil; both keep to ctx's deadline.
type check struct {
	before, after func(ctx context.Context, g *guard, args []string) error
}

// checks are those that a plan can name.
var checks = map[string]check{
	wire.CheckSSHLogin: {before: sshAhead, after: sshAfter},
	wire.CheckCommand:  {after: commandWorks},
}

// checks are the plan's. One that was sent before plans named them has the way in by
// SSH.
func (p Plan) checks() []wire.GuardCheck {
	if len(p.Checks) == 0 {
		return []wire.GuardCheck{{Name: wire.CheckSSHLogin}}
	}
	return p.Checks
}

// lookBefore looks, as far as the host can see it beforehand, at what the change would
// bring.
func (g *guard) lookBefore(ctx context.Context) error {
	for _, c := range g.plan.checks() {
		known, is := checks[c.Name]
		if !is {
			return fmt.Errorf("this version of the agent does not know how to look at %q", c.Name)
		}
		if known.before == nil {
			continue
		}
		if err := known.before(ctx, g, c.Args); err != nil {
			return err
		}
	}
	return nil
}

// lookAfter looks at what it brought.
func (g *guard) lookAfter(ctx context.Context) error {
	for _, c := range g.plan.checks() {
		if known := checks[c.Name]; known.after != nil {
			if err := known.after(ctx, g, c.Args); err != nil {
				return err
			}
		}
	}
	return nil
}

// commandWorks runs a program of the plan's, which has to end well.
func commandWorks(ctx context.Context, g *guard, argv []string) error {
	out, err := g.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err == nil && out.Exit != 0 {
		said := cmp.Or(strings.TrimSpace(string(out.Stderr)), strings.TrimSpace(string(out.Stdout)), "it said nothing")
		err = fmt.Errorf("exit code %d: %s", out.Exit, said)
	}
	if err != nil {
		return fmt.Errorf("`%s` has to work after the change: %w", strings.Join(argv, " "), err)
	}
	return nil
}
