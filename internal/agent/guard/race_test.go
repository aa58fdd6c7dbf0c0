package guard

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairn/internal/wire"
)

// errKilled ends an execution as the death of its process would.
var errKilled = errors.New("killed by the test")

// TestExactlyOneWins lets signals, the alarm, restarts and deaths come in any
// order, at any point, also at the same time. The host must end as after if a
// confirmation was accepted, and as before if none was.
func TestExactlyOneWins(t *testing.T) {
	before, after := pictures(t)
	points := undisturbed(t)
	rapid.Check(t, func(r *rapid.T) {
		s := scratch{newBase(r)}
		defer func() { _ = os.RemoveAll(s.base) }()
		s.fill(t)
		race := &race{scratch: s, ctx: t.Context(), boot: "first", at: map[string][]string{}}
		for range rapid.IntRange(0, 6).Draw(r, "number of actions") {
			point := rapid.SampledFrom(points).Draw(r, "point")
			action := rapid.SampledFrom([]string{"confirm", "confirm", "wrong nonce", "abort", "alarm", "die", "proceed"}).Draw(r, "action")
			race.at[point] = append(race.at[point], action)
		}
		race.run(r, rapid.Bool().Draw(r, "restarts"))
		state, err := Read(s.dir())
		if err != nil {
			r.Fatal(err)
		}
		want := before
		if race.confirmed {
			want = after
		}
		if got := s.picture(t); got != want {
			r.Fatalf("confirmed is %v, the guard is %+v, and the host is\n%s\nwant\n%s", race.confirmed, state, got, want)
		}
		if race.confirmed != (state.Phase == Persisted) {
			r.Fatalf("confirmed is %v, but the guard is %+v", race.confirmed, state)
		}
		if s.armed() {
			r.Fatalf("the guard is %q, but its alarm is still armed", state.Phase)
		}
	})
}

func newBase(r *rapid.T) string {
	base, err := os.MkdirTemp("", "guard-race-")
	if err != nil {
		r.Fatal(err)
	}
	return base
}

// undisturbed are the points of a confirmed guard.
func undisturbed(t *testing.T) (points []string) {
	s := newScratch(t)
	env := s.env("first")
	env.arrow = func(point string) { points = append(points, point) }
	_, err := Execute(t.Context(), env, plan(), controller(t.Context(), env.Dir))
	must(t, err)
	return points
}

// race is one guard and what happens to it.
type race struct {
	scratch
	ctx  context.Context
	boot string
	at   map[string][]string // point -> actions that begin there

	others    sync.WaitGroup
	mu        sync.Mutex
	confirmed bool
}

// run carries the guard out until it is over. At the end the alarm goes off in any
// case.
func (c *race) run(r *rapid.T, restarts bool) {
	err := c.execute()
	if err != nil && !errors.Is(err, errKilled) {
		r.Fatal(err)
	}
	c.others.Wait()
	if restarts {
		c.boot = "second"
	}
	if _, err := Resume(c.ctx, c.env(c.boot)); err != nil {
		r.Fatal(err)
	}
}

func (c *race) execute() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			if reason != errKilled {
				panic(reason)
			}
			err = errKilled
		}
	}()
	env := c.env(c.boot)
	env.arrow = func(point string) {
		actions := c.at[point]
		delete(c.at, point)
		for _, action := range actions {
			c.act(env, action)
		}
	}
	p := plan()
	p.Deadline = 300 * time.Millisecond
	_, err = Execute(c.ctx, env, p, func(wire.Event) error { return nil })
	return err
}

// act begins an action. Every action but death is another process. It acts when it
// gets the lock.
func (c *race) act(env Env, action string) {
	if action == "die" {
		panic(errKilled)
	}
	env.arrow = nil
	c.others.Go(func() {
		switch action {
		case "confirm":
			if Confirm(c.ctx, env.Dir, nonce) == nil {
				c.mu.Lock()
				c.confirmed = true
				c.mu.Unlock()
			}
		case "wrong nonce":
			_ = Confirm(c.ctx, env.Dir, "another")
		case "abort":
			_ = Abort(c.ctx, env.Dir, "the test says so")
		case "proceed":
			_ = Proceed(c.ctx, env.Dir)
		case "alarm":
			_, _ = Resume(c.ctx, env)
		}
	})
}
