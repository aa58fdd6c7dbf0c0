package guard

import (
	"context"
	"errors"
	"os"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// Env is the environment in which a guard is carried out.
type Env struct {
	System *system.System
	Dir    string // the guard's directory, on a disk that survives a restart
	Alarm  Alarm
	Boot   string // the id of this boot
	Now    func() time.Time

	// arrow is called at each point between two steps of the protocol. Tests end
	// the process there.
	arrow func(point string)
}

func (e Env) at(point string) {
	if e.arrow != nil {
		e.arrow(point)
	}
}

// Plan is what a guard does.
type Plan struct {
	Steps    []Step
	Deadline time.Duration // from arming to the automatic rollback
	Settle   time.Duration // between applying and waiting for the confirmation
	Nonce    string        // the nonce that the confirmation has to contain
	Trial    bool          // wait, once prepared, for a login through the staged configuration
	// Checks are the host's own tests. If empty, the host tests the way in by SSH.
	Checks []wire.GuardCheck
	// Owner is the user who has to get in. If empty, it is the user whose key the
	// plan contains. Without either, the host checks nobody's access by itself.
	Owner string
	// Peer is the address from which the owner logs in, for rules of sshd that
	// depend on it. It may be empty.
	Peer string
	// Local and LocalPort are the address and port of the host at which the owner
	// logged in. Port is the port for the owner's login after the change; 0 means
	// any port where the server listens now.
	Local     string
	LocalPort uint16
	Port      uint16
}

// Step is one resource of the plan.
type Step struct {
	ID          string
	Task        string
	Resource    resource.Guardable
	Fingerprint string // of the state that the plan saw; empty accepts any
}

// owner returns the user whose access is checked.
func (p Plan) owner() string {
	if p.Owner != "" {
		return p.Owner
	}
	for _, step := range p.Steps {
		if key, ok := step.Resource.(resource.AuthorizedKey); ok {
			return key.User
		}
	}
	return ""
}

// Emit reports what happens, in order. An error stops the guard like any failure.
type Emit func(event wire.Event) error

// Execute carries out the guard to its end, and returns the final state. After an
// interruption it continues from what the directory says. If nothing was changed,
// it starts again; otherwise it goes on waiting for a confirmation, or restores
// everything. A refused or rolled back change is in the state and is no error. Only
// one process at a time may call Execute for a directory. Others may send signals
// and call [Resume] meanwhile.
func Execute(ctx context.Context, env Env, plan Plan, emit Emit) (State, error) {
	if err := os.MkdirAll(env.Dir, 0o700); err != nil {
		return State{}, err
	}
	s, err := Read(env.Dir)
	if err != nil {
		return s, err
	}
	g := &guard{Env: env, plan: plan, emit: emit}
	if s.Phase.untouched() {
		if s, err = g.begin(ctx); err != nil {
			return s, err
		}
	} else if s.Phase == Settled && s.Boot == env.Boot {
		// The process that settled it may have died before it reported that.
		if err := g.tell(wire.GuardSettled, ""); err != nil {
			return s, err
		}
	}
	return g.end(ctx)
}

// guard is one execution of a plan.
type guard struct {
	Env
	plan    Plan
	emit    Emit
	undo    system.Undo // what is saved on disk, once the guard is armed
	applied time.Time   // when the last step was applied
	options []string    // of the SSH server's command line, if known already
}

// begin goes from PREPARE to SETTLE. The result is in the directory.
func (g *guard) begin(ctx context.Context) (State, error) {
	others, err := g.Alarm.Others(ctx, g.Dir)
	if err != nil {
		return State{}, err
	}
	if others {
		return State{}, problem.New(problem.GuardBusy, "", "another guarded change on this host waits for its confirmation")
	}
	s, err := g.prepare(ctx)
	if err == nil && s.Phase == Prepared && g.plan.Trial {
		s, err = g.awaitTrial(ctx)
	}
	if err != nil || !s.Phase.untouched() {
		return s, err
	}
	return g.change(ctx)
}

// refuse ends a guard before anything was changed.
func (g *guard) refuse(ctx context.Context, reason string) (State, error) {
	return transition(ctx, g.Dir, func(s State) (State, error) {
		if s.Phase.untouched() {
			return State{Phase: Refused, Reason: reason}, nil
		}
		return s, nil
	})
}

// awaitTrial waits until the controller has logged in through the staged
// configuration, or says why it could not.
func (g *guard) awaitTrial(ctx context.Context) (State, error) {
	limit := g.Now().Add(g.plan.Deadline)
	for {
		s, err := Read(g.Dir)
		if err != nil || s.Phase != Prepared {
			return s, err
		}
		if g.Now().After(limit) {
			return g.refuse(ctx, "the controller did not try the owner's login through the new configuration in time")
		}
		if err := sleep(ctx, lookAgain); err != nil {
			return s, err
		}
	}
}

// end waits for the fate of a changed host, and finishes the guard.
func (g *guard) end(ctx context.Context) (State, error) {
	for {
		s, err := Read(g.Dir)
		if err != nil {
			return s, err
		}
		why := g.whyGiveUp(s)
		switch {
		case s.Phase.Over():
			return g.close(ctx, s)
		case s.Phase == Confirmed:
			err = g.finish(ctx)
		case why != "":
			_, err = rollback(ctx, g.Env, why)
		default:
			err = sleep(ctx, lookAgain)
		}
		if err != nil {
			return s, err
		}
	}
}

// whyGiveUp returns why the guard waits no longer, or an empty string.
func (e Env) whyGiveUp(s State) string {
	switch {
	case s.Phase == RollingBack:
		return s.Reason
	case !s.Phase.changed():
		return ""
	case s.Boot != e.Boot:
		return "the host restarted before the change was confirmed"
	case s.Phase == Armed:
		return "the work on the host was interrupted before the change was complete"
	case e.Now().After(s.Deadline):
		return "no confirmation came in time: nobody could show that the owner still gets in"
	}
	return ""
}

// finish makes a confirmed change permanent.
func (g *guard) finish(ctx context.Context) error {
	if err := g.tell(wire.GuardConfirmed, ""); err != nil {
		return err
	}
	_, err := persist(ctx, g.Env)
	return err
}

// close reports how the guard ended. Before that it removes what a process that
// died at the very end has left.
func (g *guard) close(ctx context.Context, s State) (State, error) {
	if err := tidy(ctx, g.Env, s); err != nil {
		return s, err
	}
	g.at("tidied")
	ends := map[Phase]wire.EventType{
		Refused: wire.GuardRefused, RolledBack: wire.GuardRolledBack, Stuck: wire.GuardStuck, Persisted: wire.GuardPersisted,
	}
	event, known := ends[s.Phase]
	if !known {
		return s, errors.New("a guard cannot end as " + string(s.Phase))
	}
	return s, g.tell(event, s.Reason)
}

func (g *guard) tell(typ wire.EventType, detail string) error {
	return g.emit(wire.Event{Type: typ, Detail: detail})
}
