package guard

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// check is a test by the host of whether a change may be made, and whether it may
// stay. An error of before refuses the change. An error of after restores the host.
// Either may be nil. Both obey ctx's deadline.
type check struct {
	before, after func(ctx context.Context, g *guard, args []string) error
}

// checks are the tests that a plan can name.
var checks = map[string]check{
	wire.CheckSSHLogin: {before: sshAhead, after: sshAfter},
	wire.CheckCommand:  {after: commandWorks},
}

// checks returns the tests of the plan. A plan of an old version names none, and
// gets the test of the way in by SSH.
func (p Plan) checks() []wire.GuardCheck {
	if len(p.Checks) == 0 {
		return []wire.GuardCheck{{Name: wire.CheckSSHLogin}}
	}
	return p.Checks
}

// lookBefore checks the effects of the change, as far as the host can tell
// beforehand.
func (g *guard) lookBefore(ctx context.Context) error {
	for _, c := range g.plan.checks() {
		known, is := checks[c.Name]
		if !is {
			return fmt.Errorf("this version of the agent does not know the check %q", c.Name)
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

// lookAfter checks the effects of the change.
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

// commandWorks runs a program of the plan, which must succeed.
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
