package guard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// TestEventsOfAConfirmedGuard checks the order of the protocol.
func TestEventsOfAConfirmedGuard(t *testing.T) {
	s := newScratch(t)
	var events []string
	answer := controller(t.Context(), s.dir())
	state, err := Execute(t.Context(), s.env("first"), plan(), func(e wire.Event) error {
		events = append(events, strings.TrimSpace(string(e.Type)+" "+e.Step))
		if e.Type == wire.GuardPrepared && s.armed() {
			t.Error("armed before PREPARE was done")
		}
		if e.Type == wire.StepIntent && !s.armed() {
			t.Error("changing something before the alarm is armed")
		}
		if e.Type == wire.GuardPersisted && s.armed() {
			t.Error("the alarm is still armed at the end")
		}
		return answer(e)
	})
	must(t, err)
	if state.Phase != Persisted {
		t.Errorf("the guard ended as %+v", state)
	}
	want := []string{"guard.prepared", "guard.armed"}
	for _, step := range steps() {
		outcome := "step.applied "
		if step.ID == "file /etc/same" {
			outcome = "step.unchanged "
		}
		want = append(want, "step.intent "+step.ID, outcome+step.ID)
	}
	want = append(want, "guard.applied", "guard.settled", "guard.confirmed", "guard.persisted")
	if !slices.Equal(events, want) {
		t.Errorf("events are\n%s\nwant\n%s", strings.Join(events, "\n"), strings.Join(want, "\n"))
	}
}

// TestNothingSavedIsLeft checks that saved files are gone at the end. One may be
// /etc/shadow.
func TestNothingSavedIsLeft(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s := newScratch(t)
		emit := controller(t.Context(), s.dir())
		p := plan()
		if silent {
			emit, p.Deadline = func(wire.Event) error { return nil }, 200*time.Millisecond
		}
		_, err := Execute(t.Context(), s.env("first"), p, emit)
		must(t, err)
		left, err := filepath.Glob(filepath.Join(s.dir(), "*"))
		must(t, err)
		for _, path := range left {
			if name := filepath.Base(path); name != stateFile && name != lockFile {
				t.Errorf("%s is left", name)
			}
		}
		body, err := os.ReadFile(filepath.Join(s.dir(), stateFile))
		must(t, err)
		if strings.Contains(string(body), nonce) {
			t.Error("the nonce is readable where a confirmation is")
		}
	}
}

// If a program hangs before anything was changed, the guard must refuse, not wait
// for ever.
func TestAProgramThatHangs(t *testing.T) {
	before, _ := pictures(t)
	s := newScratch(t)
	env, p := s.env("first"), plan()
	env.System.Runner = hangingRunner{}
	p.Deadline = 200 * time.Millisecond
	p.Steps = append(p.Steps, Step{ID: "sudoers owner", Resource: resource.Sudoers{Name: "owner", Content: resource.Inline("root ALL=(ALL:ALL) ALL\n")}})
	state, err := Execute(t.Context(), env, p, func(wire.Event) error { return nil })
	must(t, err)
	if state.Phase != Refused || !strings.Contains(state.Reason, "sudoers owner") {
		t.Errorf("the guard ended as %+v", state)
	}
	if got := s.picture(t); got != before || s.armed() {
		t.Errorf("armed: %v, and the host is\n%s", s.armed(), got)
	}
}

// hangingRunner runs programs that never end.
type hangingRunner struct{}

// Run implements [resource.Runner].
func (hangingRunner) Run(ctx context.Context, _ system.Command) (system.Output, error) {
	<-ctx.Done()
	return system.Output{}, ctx.Err()
}

// TestAFailingStepIsTakenBack lets steps fail, also the last one.
func TestAFailingStepIsTakenBack(t *testing.T) {
	before, after := pictures(t)
	s := newScratch(t)
	p := plan()
	p.Steps = append(p.Steps, Step{ID: "impossible", Resource: resource.File{Path: "/etc/owned", Owner: "nobody-of-that-name", Mode: 0o600}})
	state, err := Execute(t.Context(), s.env("first"), p, controller(t.Context(), s.dir()))
	must(t, err)
	if state.Phase != RolledBack || !strings.Contains(state.Reason, "nobody-of-that-name") {
		t.Errorf("the guard ended as %+v", state)
	}
	s.mustBeWhole(t, before, after)
}

// TestAStaleStepIsTakenBack changes what the plan saw.
func TestAStaleStepIsTakenBack(t *testing.T) {
	before, after := pictures(t)
	s := newScratch(t)
	p := plan()
	p.Steps[2].Fingerprint = "another"
	state, err := Execute(t.Context(), s.env("first"), p, controller(t.Context(), s.dir()))
	must(t, err)
	if state.Phase != RolledBack {
		t.Errorf("the guard ended as %+v", state)
	}
	s.mustBeWhole(t, before, after)
}

// TestAChangeDuringTheTrialLogin changes a saved file during the trial, so its
// copy is wrong. The guard must not begin.
func TestAChangeDuringTheTrialLogin(t *testing.T) {
	s := newScratch(t)
	p := plan()
	p.Trial = true
	state, err := Execute(t.Context(), s.env("first"), p, func(e wire.Event) error {
		if e.Type != wire.GuardPrepared {
			return nil
		}
		must(t, os.WriteFile(filepath.Join(s.root(), "etc/changed"), []byte("by somebody else"), 0o600))
		return Proceed(t.Context(), s.dir())
	})
	must(t, err)
	if state.Phase != Refused || !strings.Contains(state.Reason, "/etc/changed") || s.armed() {
		t.Errorf("the guard ended as %+v, armed is %v", state, s.armed())
	}
}

// TestStuckNamesWhatDiffers checks that a stuck guard names the differences and
// keeps what it saved.
func TestStuckNamesWhatDiffers(t *testing.T) {
	s := newScratch(t)
	state, err := Execute(t.Context(), s.env("first"), plan(), func(e wire.Event) error {
		if e.Type != wire.GuardSettled {
			return nil
		}
		// The saved state says that there was something which nobody can bring back.
		var undo system.Undo
		must(t, kept(s.dir(), undoFile, &undo))
		undo.States = append(undo.States, system.State{Command: system.Command{Argv: []string{"false"}}})
		must(t, keep(s.dir(), undoFile, undo))
		return Abort(t.Context(), s.dir(), "the test says so")
	})
	must(t, err)
	if state.Phase != Stuck || !strings.Contains(state.Reason, "the test says so") || !strings.Contains(state.Reason, "`false`") {
		t.Errorf("the guard ended as %+v", state)
	}
	if _, err := os.Stat(filepath.Join(s.dir(), undoFile)); err != nil {
		t.Errorf("the saved state is gone: %v", err)
	}
}

// TestOneGuardAtATime checks that a host accepts one guard at a time.
func TestOneGuardAtATime(t *testing.T) {
	s := newScratch(t)
	env := s.env("first")
	must(t, env.Alarm.Arm(t.Context(), "/another/guard", 1))
	_, err := Execute(t.Context(), env, plan(), controller(t.Context(), s.dir()))
	if problem.CodeOf(err) != problem.GuardBusy {
		t.Errorf("the second guard ended with %v", err)
	}
}

// TestAnAlarmThatCannotBeArmed checks that the host is left alone.
func TestAnAlarmThatCannotBeArmed(t *testing.T) {
	before, after := pictures(t)
	s := newScratch(t)
	env := s.env("first")
	env.Alarm = brokenAlarm{env.Alarm.(fileAlarm)}
	state, err := Execute(t.Context(), env, plan(), controller(t.Context(), s.dir()))
	must(t, err)
	if state.Phase != Refused || !strings.Contains(state.Reason, "no timers today") {
		t.Errorf("the guard ended as %+v", state)
	}
	s.mustBeWhole(t, before, after)
}

type brokenAlarm struct{ fileAlarm }

func (brokenAlarm) Arm(context.Context, string, time.Duration) error {
	return errors.New("no timers today")
}

// TestSignals are taken only when they are waited for.
// TestWhereARestartWouldTakeTheWayBack: /run is empty after a restart.
func TestWhereARestartWouldTakeTheWayBack(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may write to /run")
	}
	s := newScratch(t)
	before := s.picture(t)
	env := s.env("first")
	var err error
	env.Dir, err = os.MkdirTemp("/run", "cairn-guard-test-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(env.Dir) })
	state, err := Execute(t.Context(), env, plan(), func(wire.Event) error { return nil })
	must(t, err)
	if state.Phase != Refused || !strings.Contains(state.Reason, "A restart empties that folder") {
		t.Errorf("the guard ended as %+v", state)
	}
	if s.armed() || s.picture(t) != before {
		t.Error("something was done")
	}
}

func TestSignals(t *testing.T) {
	confirm := func(dir string) error { return Confirm(t.Context(), dir, nonce) }
	wrong := func(dir string) error { return Confirm(t.Context(), dir, "another") }
	proceed := func(dir string) error { return Proceed(t.Context(), dir) }
	abort := func(dir string) error { return Abort(t.Context(), dir, "because") }
	cases := []struct {
		name   string
		signal func(string) error
		from   Phase
		want   error
		to     Phase
	}{
		{"proceed", proceed, Prepared, nil, Proceeding},
		{"proceed again", proceed, Proceeding, nil, Proceeding},
		{"proceed too early", proceed, None, ErrTooLate, None},
		{"proceed too late", proceed, Refused, ErrTooLate, Refused},
		{"confirm", confirm, Settled, nil, Confirmed},
		{"confirm again", confirm, Confirmed, nil, Confirmed},
		{"confirm at the end", confirm, Persisted, nil, Persisted},
		{"confirm before it settled", confirm, Armed, ErrTooLate, Armed},
		{"confirm what is taken back", confirm, RollingBack, ErrTooLate, RollingBack},
		{"confirm what was taken back", confirm, RolledBack, ErrTooLate, RolledBack},
		{"confirm with another nonce", wrong, Settled, ErrNonce, Settled},
		{"abort what is prepared", abort, Prepared, nil, Refused},
		{"abort what proceeds", abort, Proceeding, nil, Refused},
		{"abort what is changed", abort, Settled, nil, RollingBack},
		{"abort again", abort, RollingBack, nil, RollingBack},
		{"abort what is confirmed", abort, Confirmed, ErrTooLate, Confirmed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, writeState(dir, State{Phase: c.from, NonceSum: sum(nonce)}))
			if err := c.signal(dir); !errors.Is(err, c.want) {
				t.Errorf("the answer is %v, want %v", err, c.want)
			}
			if s, err := Read(dir); err != nil || s.Phase != c.to {
				t.Errorf("the guard is %+v, %v, want %q", s, err, c.to)
			}
		})
	}
}

// TestQuote checks that systemd reads the words unchanged.
func TestQuote(t *testing.T) {
	if got, want := quote("/a b", `c"d\e`, "100%", "$HOME"), `"/a b" "c\"d\\e" "100%%" "$$HOME"`; got != want {
		t.Errorf("quoted is %s, want %s", got, want)
	}
}
