package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cairn/internal/resource"
	"cairn/internal/system"
)

// Resume ends a guard that no process carries out any more. It restores an
// unconfirmed change and makes a confirmed one permanent. The timer calls it at
// the deadline, the unit calls it at boot, and so does any process that finds such
// a guard. It leaves alone a guard that has changed nothing yet, and one that is
// over.
func Resume(ctx context.Context, env Env) (State, error) {
	s, err := Read(env.Dir)
	if err != nil || s.Phase.untouched() {
		return s, err
	}
	why := env.whyGiveUp(s)
	if why == "" {
		// The deadline came from another clock than the alarm's.
		why = "no confirmation came in time: nobody could show that the owner still gets in"
	}
	if s, err = rollback(ctx, env, why); err == nil && s.Phase == Confirmed {
		s, err = persist(ctx, env)
	}
	if err == nil && s.Phase.Over() {
		err = tidy(ctx, env, s)
	}
	return s, err
}

// rollback restores everything and verifies it, unless the change was confirmed
// first. Both happen under the lock, so exactly one of them wins. If the process
// is told to stop meanwhile, it continues as far as it can. The unit at boot
// restores what a shutdown prevented.
func rollback(ctx context.Context, env Env, reason string) (State, error) {
	stopped := ctx.Err
	ctx = context.WithoutCancel(ctx)
	s, err := Read(env.Dir)
	if err != nil {
		return s, err
	}
	release, err := lockFirmly(ctx, env.Dir, patience(s))
	if err != nil {
		return State{}, err
	}
	defer release()
	s, err = Read(env.Dir)
	if err != nil || !s.Phase.changed() {
		return s, err
	}
	giveRoom(env.Dir)
	if s.Phase != RollingBack {
		s.Phase, s.Reason = RollingBack, reason
		if err := writeState(env.Dir, s); err != nil {
			return s, err
		}
	}
	env.at("rolling back")
	err = putBack(ctx, env)
	if err != nil && stopped() != nil {
		return s, stopped()
	}
	s.Phase = RolledBack
	if err != nil {
		s.Phase, s.Reason = Stuck, s.Reason+"; putting back: "+err.Error()
	}
	env.at("put back")
	if err := writeState(env.Dir, s); err != nil {
		return s, err
	}
	env.at("rolled back")
	return s, nil
}

// attempts is how often a restore is tried before the guard is stuck. A file that
// is busy for a moment should not alarm the owner.
const attempts = 3

// putBack restores and verifies, and returns what is wrong afterwards.
func putBack(ctx context.Context, env Env) error {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	var undo system.Undo
	err := kept(env.Dir, undoFile, &undo)
	if err != nil {
		return err
	}
	for attempt := range attempts {
		if attempt > 0 {
			if err := sleep(ctx, time.Second); err != nil {
				return err
			}
		}
		if err = restore(ctx, env, undo); err == nil {
			return nil
		}
	}
	return err
}

func restore(ctx context.Context, env Env, undo system.Undo) error {
	failed := undo.Restore(ctx, env.System)
	differences, err := undo.Differences(ctx, env.System)
	switch {
	case err != nil:
		return err
	case failed != nil && len(differences) > 0:
		return fmt.Errorf("%s; %w", strings.Join(differences, "; "), failed)
	case len(differences) > 0:
		return fmt.Errorf("%s", strings.Join(differences, "; "))
	}
	return failed
}

// persist makes a confirmed change permanent and reads it back.
func persist(ctx context.Context, env Env) (State, error) {
	release, err := lock(ctx, env.Dir)
	if err != nil {
		return State{}, err
	}
	defer release()
	s, err := Read(env.Dir)
	if err != nil || s.Phase != Confirmed {
		return s, err
	}
	env.at("confirmed")
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	giveRoom(env.Dir)
	resources, err := keptChange(env.Dir)
	if err != nil {
		return s, err
	}
	for _, r := range resources {
		if err := persistOne(ctx, env, r); err != nil {
			return s, err
		}
	}
	env.at("made permanent")
	s.Phase = Persisted
	if err := writeState(env.Dir, s); err != nil {
		return s, err
	}
	env.at("persisted")
	return s, nil
}

func persistOne(ctx context.Context, env Env, r resource.Guardable) error {
	if err := r.Persist(ctx, env.System); err != nil {
		return fmt.Errorf("making %s %s permanent: %w", r.Kind(), r.Key(), err)
	}
	if err := resource.KeepResult(env.System, r); err != nil {
		return fmt.Errorf("writing down what was made permanent of %s %s: %w", r.Kind(), r.Key(), err)
	}
	env.at("made permanent " + r.Key())
	// A restart since the confirmation has ended what existed only at runtime.
	diff, err := resource.Converge(ctx, env.System, r, "")
	if errors.Is(err, resource.ErrNotHere) {
		// Files survive a restart, so their contents are not kept for this. A file with
		// another content was changed by somebody else since. The next plan shows that.
		return nil
	}
	if err != nil || diff.Empty() {
		return err
	}
	diff, err = r.Check(ctx, env.System)
	if err != nil {
		return err
	}
	if !diff.Empty() {
		return fmt.Errorf("%s %s was made permanent, but %s is not as it should be", r.Kind(), r.Key(), diff.Changes[0].Property)
	}
	return nil
}

// tidy removes what a finished guard no longer needs: the alarm and, unless it is
// stuck, the copies of the host's files.
func tidy(ctx context.Context, env Env, s State) error {
	if err := env.Alarm.Disarm(ctx, env.Dir); err != nil {
		return err
	}
	env.at("disarmed")
	if s.Phase == Stuck {
		return nil
	}
	return forget(env.Dir)
}
