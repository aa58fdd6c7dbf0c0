package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// prepare saves what will be changed, rehearses the way back, and has each
// subsystem's own checker check the plan. It changes nothing.
func (g *guard) prepare(ctx context.Context) (State, error) {
	// What an earlier process prepared may be out of date.
	s, err := transition(ctx, g.Dir, func(s State) (State, error) {
		if s.Phase.untouched() {
			return State{}, nil
		}
		return s, nil
	})
	if err != nil || s.Phase != None {
		return s, err
	}
	bounded, cancel := context.WithTimeout(ctx, g.plan.Deadline)
	defer cancel()
	undo, err := g.ready(bounded)
	if ctx.Err() != nil {
		return State{}, ctx.Err() // a failure caused by the stop is no reason to refuse
	}
	if err != nil {
		return g.refuse(ctx, err.Error())
	}
	g.at("saved")
	s, err = transition(ctx, g.Dir, func(State) (State, error) { return State{Phase: Prepared}, nil })
	if err != nil {
		return s, err
	}
	g.at("prepared")
	return s, g.tell(wire.GuardPrepared, fmt.Sprintf("%d files and %d commands to put back", len(undo.Files), len(undo.Commands)))
}

// ready does the work of PREPARE. Its error is the reason to refuse.
func (g *guard) ready(ctx context.Context) (system.Undo, error) {
	if err := errors.Join(g.lasting(), g.room()); err != nil {
		return system.Undo{}, err
	}
	undo, err := g.capture(ctx)
	if err != nil {
		return undo, fmt.Errorf("the present state could not be saved: %w", err)
	}
	if err := g.rehearse(ctx, undo); err != nil {
		return undo, err
	}
	if err := g.precheck(ctx); err != nil {
		return undo, err
	}
	return undo, g.lookBefore(ctx)
}

// capture saves, on disk, everything that restores the host.
func (g *guard) capture(ctx context.Context) (system.Undo, error) {
	var undo system.Undo
	for _, step := range g.plan.Steps {
		part, err := step.Resource.Capture(ctx, g.System)
		if err != nil {
			return undo, fmt.Errorf("%s: %w", step.ID, err)
		}
		undo = undo.And(part)
	}
	if err := keepChange(g.Dir, g.plan.Steps); err != nil {
		return undo, err
	}
	if err := takeRoom(g.Dir, undo); err != nil {
		return undo, err
	}
	return undo, keep(g.Dir, undoFile, undo)
}

// rehearse compares the host with what was saved. A restore at this moment must
// have nothing to do.
func (g *guard) rehearse(ctx context.Context, undo system.Undo) error {
	differences, err := undo.Differences(ctx, g.System)
	if err != nil {
		return fmt.Errorf("the way back could not be rehearsed: %w", err)
	}
	if len(differences) > 0 {
		return fmt.Errorf("the rehearsal of the way back found differences: %s", strings.Join(differences, "; "))
	}
	return nil
}

// precheck runs each subsystem's own checker.
func (g *guard) precheck(ctx context.Context) error {
	for _, step := range g.plan.Steps {
		if err := step.Resource.Precheck(ctx, g.System); err != nil {
			return fmt.Errorf("%s was found wrong before it was put in place: %w", step.ID, err)
		}
	}
	return nil
}
