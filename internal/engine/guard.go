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

// proofTime limits each of the controller's proofs in a guard.
const proofTime = 25 * time.Second

// answer gives a waiting guard what it waits for. After PREPARE that is the
// go-ahead, if the owner can log in to a server with the new configuration. After
// SETTLE it is the confirmation, over a connection made after the change. If the
// proof fails, the guard is told the reason and restores everything.
func (f *follower) answer(ctx context.Context, session *host.Session, event wire.Event) error {
	guard, known := f.guard(event.Guard)
	switch {
	case event.Type == wire.GuardPrepared && known && guard.TrialUser != "":
		if err := f.notAdmitted(session, guard); err != nil {
			return f.abort(ctx, session, guard, err)
		}
		if err := f.try(ctx, session, guard, task.Before); err != nil {
			return f.abort(ctx, session, guard, err)
		}
		err := session.Proceed(ctx, f.run, guard.ID)
		if problem.CodeOf(err) == problem.GuardRolledBack {
			return nil // too late; the guard's own events report the result
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

func (f *follower) guard(id string) (sentGuard, bool) {
	for _, g := range f.sent.Guards {
		if g.ID == id {
			return g, true
		}
	}
	return sentGuard{}, false
}

// abort tells the guard to restore everything. If it cannot be told, that is no
// error, because the guard then acts by itself at its deadline. An interrupted
// proof has not failed: a controller that comes back in time can repeat it.
func (f *follower) abort(ctx context.Context, session *host.Session, guard sentGuard, err error) error {
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

// confirm makes an entirely new connection as the owner, confirms the guard over
// it, and keeps it. The connection proves the TCP path, the key exchange, the host
// key, the login and sudo.
func (f *follower) confirm(ctx context.Context, guard sentGuard) error {
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
