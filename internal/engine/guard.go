package engine

import (
	"context"
	"fmt"
	"time"

	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// proofTime bounds each of the controller's proofs in a guard.
const proofTime = 25 * time.Second

// answer gives a host that waits in a guard what it waits for: after PREPARE the
// go-ahead, when the owner can log in to a server with the new configuration;
// after SETTLE the confirmation, over a connection made after the change. When
// the proof fails the guard is told why and puts everything back.
func (f *following) answer(ctx context.Context, session *host.Session, event wire.Event) error {
	guard, known := f.guard(event.Guard)
	switch {
	case event.Type == wire.GuardPrepared && known && guard.Canary != "":
		if err := f.notAdmitted(session, guard); err != nil {
			return f.abort(ctx, session, guard, err)
		}
		if err := f.try(ctx, session, guard, task.Before); err != nil {
			return f.abort(ctx, session, guard, err)
		}
		err := session.Proceed(ctx, f.run, guard.ID)
		if problem.CodeOf(err) == problem.GuardRolledBack {
			return nil // it came too late; the guard's own events tell what became of it
		}
		return err
	case event.Type == wire.GuardSettled && known:
		if err := f.try(ctx, session, guard, task.After); err != nil {
			return f.abort(ctx, session, guard, err)
		}
		if err := f.confirm(ctx, guard); err != nil {
			return f.abort(ctx, session, guard, fmt.Errorf("the owner could not get in after the change: %w", err))
		}
	}
	return nil
}

func (f *following) guard(id string) (sentGuard, bool) {
	for _, g := range f.sent.Guards {
		if g.ID == id {
			return g, true
		}
	}
	return sentGuard{}, false
}

// abort tells the guard to put everything back. That it could not be told is no
// failure: the guard then does it by itself at its deadline. A proof that was
// interrupted has failed nothing: whoever comes back in time can still make it.
func (f *following) abort(ctx context.Context, session *host.Session, guard sentGuard, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := err.Error()
	f.told = append(f.told, reason)
	f.engine.tell(Event{Type: EventProof, Host: f.host.Name, Guard: guard.ID, Outcome: "failed", Text: reason})
	if err := session.Abort(ctx, f.run, guard.ID, reason); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// confirm makes a wholly new connection as the owner, which proves the TCP path,
// the key exchange, the host key, the login and sudo, confirms over it, and keeps
// it.
func (f *following) confirm(ctx context.Context, guard sentGuard) error {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	fresh, err := f.engine.connector.Connect(ctx, f.host, host.Login{OwnerOnly: true, Port: guard.Port})
	if err != nil {
		return err
	}
	f.engine.tell(Event{Type: EventProof, Host: f.host.Name, Guard: guard.ID, Outcome: "proven", Text: "the owner got in over a new connection, with sudo"})
	if err := fresh.Confirm(ctx, f.run, guard.ID, guard.Nonce); err != nil {
		_ = fresh.Close()
		return err
	}
	f.engine.outcomes.confirmed(f.host.Name, guard.ID, f.engine.now())
	f.keep(fresh)
	return nil
}
