package engine

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host"
	"cairn/internal/problem"
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
			return f.abort(ctx, session, guard, "", err)
		}
		if err := f.proveCanary(ctx, session, guard); err != nil {
			return f.abort(ctx, session, guard, "the owner could not log in through the new configuration: ", err)
		}
		err := session.Proceed(ctx, f.run, guard.ID)
		if problem.CodeOf(err) == problem.GuardRolledBack {
			return nil // it came too late; the guard's own events tell what became of it
		}
		return err
	case event.Type == wire.GuardSettled && known:
		if err := f.confirm(ctx, guard); err != nil {
			return f.abort(ctx, session, guard, "the owner could not get in after the change: ", err)
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
func (f *following) abort(ctx context.Context, session *host.Session, guard sentGuard, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := what + err.Error()
	f.told = append(f.told, reason)
	f.engine.tell(Event{Type: EventProof, Host: f.host.Name, Guard: guard.ID, Outcome: "failed", Text: reason})
	if err := session.Abort(ctx, f.run, guard.ID, reason); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// proveCanary logs in, with what the owner's ssh(1) offers, to an sshd that runs on
// the staged configuration and is reached over the session, through no port. Where
// a certificate opens it, a key has to open it as well: certificates expire.
func (f *following) proveCanary(ctx context.Context, session *host.Session, guard sentGuard) error {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	offer, err := f.engine.connector.OwnerOffer(ctx, f.host)
	if err != nil {
		return err
	}
	if err := f.canaryLogin(ctx, session, guard, offer); err != nil {
		return err
	}
	if offer.ByCertificate() {
		if err := f.canaryLogin(ctx, session, guard, offer.Plain()); err != nil {
			return fmt.Errorf("a certificate opens the host, and no key does: %w", err)
		}
	}
	f.engine.tell(Event{Type: EventProof, Host: f.host.Name, Guard: guard.ID, Outcome: "proven", Text: "the owner logged in to a server with the new configuration"})
	return nil
}

// canaryLogin logs in, with the pinned host key, and opens a session.
func (f *following) canaryLogin(ctx context.Context, session *host.Session, guard sentGuard, offer *host.Offer) error {
	pinned, known := f.engine.connector.HostKey(f.host)
	if !known {
		return fmt.Errorf("no host key is pinned for %s", f.host.Name)
	}
	conn, err := session.CanaryDial(ctx, f.run, guard.ID)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	sshConn, channels, requests, err := ssh.NewClientConn(conn, f.host.Name, &ssh.ClientConfig{
		User: guard.Canary, Auth: []ssh.AuthMethod{ssh.PublicKeys(offer.Signers(ctx)...)}, HostKeyCallback: ssh.FixedHostKey(pinned),
		HostKeyAlgorithms: host.KeyAlgorithms(pinned),
	})
	if err != nil {
		return err
	}
	client := ssh.NewClient(sshConn, channels, requests)
	defer func() { _ = client.Close() }()
	s, err := client.NewSession()
	if err != nil {
		return err
	}
	return s.Close()
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
