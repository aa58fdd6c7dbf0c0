package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// prepare saves what will be changed, rehearses the way back, and has every
// subsystem's own checker look at what is planned. It changes nothing.
func (g *guard) prepare(ctx context.Context) (State, error) {
	// What an earlier process prepared may no longer be what is there.
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
		return State{}, ctx.Err() // what fails because of that is no reason
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

// ready does the work of PREPARE; its error is the reason to refuse.
func (g *guard) ready(ctx context.Context) (system.Undo, error) {
	if err := errors.Join(g.lasting(), g.room()); err != nil {
		return system.Undo{}, err
	}
	undo, err := g.capture(ctx)
	if err != nil {
		return undo, fmt.Errorf("what is there now could not be saved: %w", err)
	}
	if err := g.rehearse(ctx, undo); err != nil {
		return undo, err
	}
	if err := g.precheck(ctx); err != nil {
		return undo, err
	}
	return undo, g.lookBefore(ctx)
}

// capture writes down, on disk, what puts the host back.
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

// rehearse compares the host with what was saved of it: putting it back would
// have to change nothing now.
func (g *guard) rehearse(ctx context.Context, undo system.Undo) error {
	differences, err := undo.Differences(ctx, g.System)
	if err != nil {
		return fmt.Errorf("the way back could not be rehearsed: %w", err)
	}
	if len(differences) > 0 {
		return fmt.Errorf("the way back was rehearsed and does not lead back: %s", strings.Join(differences, "; "))
	}
	return nil
}

// precheck asks each subsystem's own checker.
func (g *guard) precheck(ctx context.Context) error {
	for _, step := range g.plan.Steps {
		if err := step.Resource.Precheck(ctx, g.System); err != nil {
			return fmt.Errorf("%s was found wrong before it was put in place: %w", step.ID, err)
		}
	}
	return nil
}
