package guard

import (
	"context"
	"errors"
	"testing"
	"time"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// obedientAlarm cannot be armed by a process that was told to stop, as systemd
// accepts no orders then.
type obedientAlarm struct{ fileAlarm }

func (a obedientAlarm) Arm(ctx context.Context, dir string, after time.Duration) error {
	return errors.Join(ctx.Err(), a.fileAlarm.Arm(ctx, dir, after))
}

// TestToldToStop ends the process in an orderly way at every point, as a restart
// of the host does. Failures that come from that decide nothing. The unit at boot
// ends the guard.
func TestToldToStop(t *testing.T) {
	before, after := pictures(t)
	for _, point := range undisturbed(t) {
		t.Run(point, func(t *testing.T) {
			s := newScratch(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			env := s.env("first")
			env.Alarm = obedientAlarm{env.Alarm.(fileAlarm)}
			env.arrow = func(p string) {
				if p == point {
					stop()
				}
			}
			answer := controller(t.Context(), s.dir())
			_, _ = Execute(ctx, env, plan(), func(e wire.Event) error {
				if e.Type == wire.StepIntent && ctx.Err() != nil {
					return ctx.Err()
				}
				return answer(e)
			})
			state, err := Read(s.dir())
			must(t, err)
			if state.Reason != "" {
				t.Errorf("being told to stop decided the guard: %+v", state)
			}
			_, err = Resume(t.Context(), s.env("second"))
			must(t, err)
			s.mustBeWhole(t, before, after)
		})
	}
}

// TestToldToStopWhilePuttingBack checks that programs which fail during the host's
// shutdown do not make the guard stuck.
func TestToldToStopWhilePuttingBack(t *testing.T) {
	before, after := pictures(t)
	s := newScratch(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sound, failing system.Undo
	env := s.env("first")
	env.arrow = func(point string) {
		if point == "rolling back" {
			must(t, kept(s.dir(), undoFile, &sound))
			failing = sound.And(system.Undo{Commands: []system.Command{{Argv: []string{"false"}}}})
			must(t, keep(s.dir(), undoFile, failing))
			stop()
		}
	}
	state, err := Execute(ctx, env, plan(), func(e wire.Event) error {
		if e.Type == wire.GuardSettled {
			return Abort(t.Context(), s.dir(), "the test says so")
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the guard ended as %+v, %v", state, err)
	}
	must(t, keep(s.dir(), undoFile, sound))
	state, err = Resume(t.Context(), s.env("second"))
	must(t, err)
	if state.Phase != RolledBack {
		t.Errorf("the guard ended as %+v", state)
	}
	s.mustBeWhole(t, before, after)
}
