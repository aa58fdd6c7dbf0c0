package engine

import (
	"context"
	"errors"
	"fmt"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// Order says who asks something of the case, and why. The journal records both.
type Order struct {
	By  string // the owner's name on this machine
	Why string
}

// SuspendCase pauses the case. Until it is resumed, nothing on the roadmap
// continues, and up refuses to change a host.
func (e *Engine) SuspendCase(ctx context.Context, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "case suspend", o, transition(cmmn.Suspend))
}

// ResumeCase continues a suspended case. CMMN has no resume of a case; a suspended
// one continues by reactivate (Table 8.6).
func (e *Engine) ResumeCase(ctx context.Context, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "case resume", o, func(c *cmmn.Case) (cmmn.Command, error) {
		if c.State() != cmmn.Suspended {
			return nil, problem.New(problem.CaseIllegal, "", fmt.Sprintf("the case is %s; only a suspended one is resumed", c.State()))
		}
		return cmmn.Do{Transition: cmmn.Reactivate}, nil
	})
}

// ReactivateCase reopens a case that was suspended, completed or terminated, or
// that has failed.
func (e *Engine) ReactivateCase(ctx context.Context, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "case reactivate", o, transition(cmmn.Reactivate))
}

// CloseCase ends an inactive case for ever. The hosts stay as they are.
func (e *Engine) CloseCase(ctx context.Context, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "case close", o, transition(cmmn.Close))
}

// decision chooses the command for the case, under the lab's lock.
type decision func(*cmmn.Case) (cmmn.Command, error)

// transition returns the decision for a transition of the case itself.
func transition(t cmmn.Transition) decision {
	return func(*cmmn.Case) (cmmn.Command, error) { return cmmn.Do{Transition: t}, nil }
}

// steer executes the owner's command under the lab's lock, journals it as one turn,
// and returns that turn. If the case refuses the command, the error is a problem
// with the code CaseIllegal, and nothing changes.
func (e *Engine) steer(ctx context.Context, purpose string, o Order, decide decision) (*CaseTurn, error) {
	done, err := e.takeLock(ctx, purpose)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := e.caseState.begun(); err != nil {
		return nil, err
	}
	command, err := decide(e.caseState.c)
	if err != nil {
		return nil, err
	}
	author := cmmn.Author{At: e.now(), By: o.By, Why: o.Why}
	if err := e.caseState.execute(ctx, e, command, author); err != nil {
		return nil, caseProblem(err)
	}
	turn, err := e.lastTurn(ctx)
	if turn != nil {
		turn.Next = nextAfter[purpose]
	}
	return turn, err
}

// begun returns a problem while the case has not started.
func (l *labCase) begun() error {
	if !l.started() {
		return problem.New(problem.CaseNotBegun, "", "the case has not begun")
	}
	return nil
}

// atWork returns a problem if the case was halted.
func (l *labCase) atWork() error {
	if !l.started() {
		return nil
	}
	resting := problem.New(problem.CaseResting, "", "the case is "+l.c.State().String())
	switch l.c.State() {
	case cmmn.Suspended:
		return resting.WithFix("let it go on with `cairn case resume --why TEXT`")
	case cmmn.Failed, cmmn.Terminated:
		return resting.WithFix("open it again with `cairn case reactivate --why TEXT`")
	case cmmn.Closed:
		return resting.WithFix("a closed case stays closed; to begin a new one, move .cairn/journal.db out of the lab")
	}
	return nil
}

// caseProblem turns a refusal of the case into an error for the owner.
func caseProblem(err error) error {
	var illegal *cmmn.IllegalTransitionError
	var refused *cmmn.CommandError
	var spin *cmmn.SpinError
	switch {
	case errors.As(err, &illegal), errors.As(err, &refused):
		return problem.Wrap(problem.CaseIllegal, "", "the case does not allow that now", err)
	case errors.As(err, &spin):
		return problem.Wrap(problem.CaseSpins, "", "the case was stopped", err)
	}
	return err
}
