package guard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/internal/wire"
)

// TestMain lets the test program play the processes of a host, which can then be
// killed.
func TestMain(m *testing.M) {
	if order := os.Getenv("CAIRN_GUARD_TEST"); order != "" {
		os.Exit(process(order))
	}
	if exit, done := hostSide(os.Args[1:]); done {
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

// order tells a process of the test what to do.
type order struct {
	Base   string // of the scratch tree
	Boot   string
	Resume bool   // instead of carrying the guard out
	Ending string // how the controller ends it: confirm, abort, silence
	Die    string // the point at which the process is killed; empty for none
	Nth    int    // which passage of the point, from 0
	Hang   string // the point at which the process stops
}

// process carries an order out.
func process(text string) int {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fail(err)
	}
	s := scratch{o.Base}
	env := s.env(o.Boot)
	env.arrow = o.pass
	ctx := context.Background()
	var state State
	var err error
	if o.Resume {
		state, err = Resume(ctx, env)
	} else {
		state, err = Execute(ctx, env, o.plan(), o.controller(ctx, env))
	}
	if err != nil {
		return fail(err)
	}
	fmt.Println("ended", state.Phase, state.Reason)
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func (o order) plan() Plan {
	p := plan()
	p.Trial = true
	if o.Ending == "silence" {
		p.Deadline = 100 * time.Millisecond
	}
	return p
}

// pass reports the point, and dies there if told to.
func (o *order) pass(point string) {
	fmt.Println("at", point)
	if point == o.Hang {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	if point != o.Die {
		return
	}
	if o.Nth == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	o.Nth--
}

// controller ends the guard as ordered, and records the answer.
func (o *order) controller(ctx context.Context, env Env) Emit {
	return func(e wire.Event) error {
		o.pass("told " + string(e.Type))
		switch {
		case e.Type == wire.GuardPrepared:
			return Proceed(ctx, env.Dir)
		case e.Type == wire.GuardSettled && o.Ending == "confirm":
			if err := Confirm(ctx, env.Dir, nonce); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(o.Base, "confirmed"), nil, 0o600); err != nil {
				return err
			}
			o.pass("told that it is confirmed")
		case e.Type == wire.GuardSettled && o.Ending == "abort":
			return Abort(ctx, env.Dir, "the test says so")
		}
		return nil
	}
}

// start runs a process and returns the points that it passed.
func (o order) start(t *testing.T) (points []string) {
	t.Helper()
	cmd := o.command(t)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL) {
		t.Fatalf("%+v: %v\n%s", o, err, out)
	}
	if killed := err != nil; killed != (o.Die != "") {
		t.Fatalf("%+v: killed is %v\n%s", o, killed, out)
	}
	for line := range strings.Lines(string(out)) {
		if point, found := strings.CutPrefix(strings.TrimSpace(line), "at "); found {
			points = append(points, point)
		}
	}
	return points
}

func (o order) command(t *testing.T) *exec.Cmd {
	t.Helper()
	body, err := json.Marshal(o)
	must(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CAIRN_GUARD_TEST="+string(body))
	cmd.Stderr = os.Stderr
	return cmd
}

// followers are the things that may happen after the process has died.
var followers = map[string]func(order) order{
	"the alarm goes off": func(o order) order { o.Resume = true; return o },
	"the host restarts":  func(o order) order { o.Resume = true; o.Boot = "second"; return o },
	"the run goes on":    func(o order) order { return o },
	"the run goes on after a restart": func(o order) order {
		o.Boot = "second"
		return o
	},
}

// TestKilledAnywhere kills the process at every point of the protocol, and lets
// each of the followers end the guard. It also kills the follower at each of its
// points. The host is then as before, or as after and confirmed.
func TestKilledAnywhere(t *testing.T) {
	before, after := pictures(t)
	for ending, end := range map[string]Phase{"confirm": Persisted, "abort": RolledBack, "silence": RolledBack} {
		s := newScratch(t)
		first := order{Base: s.base, Boot: "first", Ending: ending}
		points := first.start(t)
		if state, err := Read(s.dir()); err != nil || state.Phase != end {
			t.Fatalf("undisturbed, %s: the guard ended as %+v, %v", ending, state, err)
		}
		s.mustBeWhole(t, before, after)
		for i, point := range points {
			first.Die, first.Nth = point, count(points[:i], point)
			t.Run(fmt.Sprintf("%s/%02d %s", ending, i, point), func(t *testing.T) {
				for name, follow := range followers {
					t.Run(name, func(t *testing.T) { killed(t, first, follow, before, after) })
				}
			})
		}
	}
}

// killedTwice are the points after which the follower is killed too, at each of
// its own points.
var killedTwice = []string{"arming", "applied file /etc/removed", "settled", "told that it is confirmed", "rolling back", "put back", "persisted"}

// killed plays one death. In -short mode nobody is killed twice.
func killed(t *testing.T, first order, follow func(order) order, before, after string) {
	play := func() (scratch, order) {
		s := newScratch(t)
		o := first
		o.Base = s.base
		o.start(t)
		s.mustKeepNoContent(t)
		o.Die = ""
		return s, follow(o)
	}
	s, second := play()
	points := second.start(t)
	s.mustBeWhole(t, before, after)
	if testing.Short() || !slices.Contains(killedTwice, first.Die) {
		return
	}
	for n, again := range points {
		s, second := play()
		second.Die, second.Nth = again, count(points[:n], again)
		second.start(t)
		second.Die, second.Resume = "", true
		second.start(t)
		s.mustBeWhole(t, before, after)
	}
}

// TestKilledAtAnyMoment does not wait for points of the protocol. It kills the
// process in the middle of its work.
func TestKilledAtAnyMoment(t *testing.T) {
	before, after := pictures(t)
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for i := range rounds {
		s := newScratch(t)
		o := order{Base: s.base, Boot: "first", Ending: "confirm"}
		cmd := o.command(t)
		must(t, cmd.Start())
		// The moments are spread over the time of a whole guard, and a little more.
		time.AfterFunc(time.Duration(i)*70*time.Millisecond/time.Duration(rounds), func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		s.mustKeepNoContent(t)
		o.Resume = true
		if _, err := os.Stat(s.dir()); err == nil {
			o.start(t)
		}
		s.mustBeWhole(t, before, after)
	}
}

func count(points []string, point string) int {
	return len(slices.DeleteFunc(slices.Clone(points), func(p string) bool { return p != point }))
}

// mustKeepNoContent searches the guard's files for the new contents of the change.
// After a restart the files are there, so only the way back is needed.
func (s scratch) mustKeepNoContent(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(s.dir(), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		body, errRead := os.ReadFile(path)
		if bytes.Contains(body, []byte("no link any more")) {
			t.Errorf("%s has a content", path)
		}
		return errors.Join(err, errRead)
	})
	must(t, err)
}

// mustBeWhole compares the tree with the guard's directory.
func (s scratch) mustBeWhole(t *testing.T, before, after string) {
	t.Helper()
	state, err := Read(s.dir())
	must(t, err)
	_, err = os.Stat(filepath.Join(s.base, "confirmed"))
	confirmed := err == nil
	want, name := before, "before"
	if state.Phase == Persisted {
		want, name = after, "after"
	}
	if got := s.picture(t); got != want {
		t.Errorf("the guard is %q, but the host is not as %s:\n%s\nwant\n%s", state.Phase, name, got, want)
	}
	if confirmed && state.Phase != Persisted {
		t.Errorf("the controller got a confirmation, but the guard is %q: %s", state.Phase, state.Reason)
	}
	if !state.Phase.Over() && !state.Phase.untouched() {
		t.Errorf("the guard is left as %q", state.Phase)
	}
	if s.armed() {
		t.Errorf("the guard is %q, and its alarm is still armed", state.Phase)
	}
}
