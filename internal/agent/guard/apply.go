package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// change goes from ARM to SETTLE.
func (g *guard) change(ctx context.Context) (State, error) {
	s, err := g.armAndApply(ctx)
	if err != nil || s.Phase != Armed {
		return s, err
	}
	if err := sleep(ctx, g.applied.Add(g.plan.Settle).Sub(g.Now())); err != nil {
		return s, err
	}
	s, err = transition(ctx, g.Dir, func(s State) (State, error) {
		if s.Phase == Armed {
			s.Phase = Settled
		}
		return s, nil
	})
	g.at("settled")
	if err != nil || s.Phase != Settled {
		return s, err
	}
	return s, g.tell(wire.GuardSettled, "")
}

// armAndApply holds the lock throughout, so that nothing is restored while
// something is being changed. The state is Armed once everything is applied.
func (g *guard) armAndApply(ctx context.Context) (State, error) {
	release, err := lock(ctx, g.Dir)
	if err != nil {
		return State{}, err
	}
	defer release()
	s, err := Read(g.Dir)
	if err != nil || !s.Phase.untouched() {
		return s, err // another process has abandoned the guard
	}
	s, err = g.arm(ctx)
	if err != nil || s.Phase != Armed {
		return s, err
	}
	// Leave most of the deadline for settling and the proof.
	bounded, cancel := context.WithTimeout(ctx, g.plan.Deadline/2)
	defer cancel()
	if err := g.apply(bounded); err != nil {
		if ctx.Err() != nil {
			return s, ctx.Err() // told to stop; the next process restores the host
		}
		s.Phase, s.Reason = RollingBack, err.Error()
		return s, writeState(g.Dir, s)
	}
	g.at("applied")
	return s, g.tell(wire.GuardApplied, "")
}

// arm checks that the host is still as it was saved. It then makes sure that the
// host will be restored even if this process dies.
func (g *guard) arm(ctx context.Context) (State, error) {
	var undo system.Undo
	if err := kept(g.Dir, undoFile, &undo); err != nil {
		return State{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, g.plan.Deadline/2)
	defer cancel()
	if err := g.rehearse(bounded, undo); err != nil {
		return g.refuseArmed(ctx, err)
	}
	g.undo = undo
	s := State{Phase: Armed, Deadline: g.Now().Add(g.plan.Deadline), NonceSum: sum(g.plan.Nonce), Boot: g.Boot}
	if err := writeState(g.Dir, s); err != nil {
		return s, err
	}
	g.at("arming")
	if err := g.Alarm.Arm(bounded, g.Dir, g.plan.Deadline); err != nil {
		return g.refuseArmed(ctx, fmt.Errorf("the way back could not be armed: %w", err))
	}
	g.at("armed")
	return s, g.emit(wire.Event{
		Type: wire.GuardArmed, Detail: "until " + s.Deadline.UTC().Format(time.TimeOnly) + " UTC", Lasts: s.Deadline.Sub(g.Now()),
	})
}

// refuseArmed ends, under the lock, a guard that has changed nothing. It does not
// do so because this process was told to stop.
func (g *guard) refuseArmed(ctx context.Context, reason error) (State, error) {
	if ctx.Err() != nil {
		return State{}, ctx.Err()
	}
	s := State{Phase: Refused, Reason: reason.Error()}
	return s, errors.Join(writeState(g.Dir, s), g.Alarm.Disarm(ctx, g.Dir))
}

// apply applies the steps. It then checks, as far as the host can, whether the
// owner still has access.
func (g *guard) apply(ctx context.Context) error {
	for _, step := range g.plan.Steps {
		if err := g.applyStep(ctx, step); err != nil {
			return err
		}
		g.at("applied " + step.ID)
	}
	g.applied = g.Now()
	return g.lookAfter(ctx)
}

// saveFirst saves a path before a step changes it, unless PREPARE has saved it. A
// resource cannot always tell beforehand what it will find. So everything that was
// touched is restored, and compared afterwards.
func (g *guard) saveFirst(path string) error {
	undo, added, err := g.undo.Covering(g.System, path)
	if err != nil || !added {
		return err
	}
	if err := keep(g.Dir, undoFile, undo); err != nil {
		return err
	}
	g.undo = undo
	return nil
}

func (g *guard) applyStep(ctx context.Context, step Step) error {
	event := wire.Event{Type: wire.StepIntent, Step: step.ID, Task: step.Task}
	if err := g.emit(event); err != nil {
		return err
	}
	sys := *g.System
	sys.Before = g.saveFirst
	diff, err := resource.Converge(ctx, &sys, step.Resource, step.Fingerprint)
	switch {
	case err != nil:
		event.Type = wire.StepFailed
		event.Failure = &wire.Failure{Code: string(problem.ResourceFailed), Summary: step.ID + " could not be set up", Cause: err.Error()}
		return errors.Join(err, g.emit(event))
	case diff.Empty():
		event.Type = wire.StepUnchanged
	default:
		event.Type = wire.StepApplied
	}
	brief := diff.WithoutText()
	event.Diff = &brief
	return g.emit(event)
}
