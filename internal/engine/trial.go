package engine

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/task"
)

// try makes the trials that a guard has for a moment, in order, each within its
// time limit.
func (f *follower) try(ctx context.Context, session *host.Session, guard sentGuard, when task.Moment) error {
	trials, err := f.trials(guard)
	if err != nil {
		return err
	}
	for _, t := range trials {
		if t.When != when {
			continue
		}
		if err := f.tryOne(ctx, t, ground{f, session, guard}); err != nil {
			return fmt.Errorf("%s: %w", t.Failed, err)
		}
		f.engine.tell(Event{Type: EventProof, Host: f.host.Name, Guard: guard.ID, Outcome: "proven", Text: t.Worked})
	}
	return nil
}

func (f *follower) tryOne(ctx context.Context, t task.Trial, on task.Ground) error {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	return t.Try(ctx, on)
}

// trials returns a guard's trials. A guard of an old version names none and gets
// the login it asked for.
func (f *follower) trials(guard sentGuard) ([]task.Trial, error) {
	if guard.TrialUser != "" && len(guard.Trials) == 0 {
		return []task.Trial{task.StagedLogin}, nil
	}
	var trials []task.Trial
	for _, name := range guard.Trials {
		t, known := f.engine.resolved.Trial(name)
		if !known {
			return nil, fmt.Errorf("this version of Cairn does not know how to try %q", name)
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// ground implements [task.Ground] on the host of a run.
type ground struct {
	*follower
	session *host.Session
	guard   sentGuard
}

// Host implements [task.Ground].
func (g ground) Host() lab.Host { return g.host }

// Dial implements [task.Ground].
func (g ground) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return g.engine.local.Dial(ctx, network, address)
}

// StagedLogin implements [task.Ground]. It logs in with what the owner's ssh(1)
// offers. If a certificate opens the server, a key must open it as well, because
// certificates expire.
func (g ground) StagedLogin(ctx context.Context) error {
	offer, err := g.engine.connector.OwnerOffer(ctx, g.follower.host)
	if err != nil {
		return err
	}
	if err := g.stagedLogin(ctx, offer); err != nil || !offer.ByCertificate() {
		return err
	}
	if err := g.stagedLogin(ctx, offer.Plain()); err != nil {
		return fmt.Errorf("a certificate opens the host, and no key does: %w", err)
	}
	return nil
}

// Login implements [task.Ground].
func (g ground) Login(ctx context.Context, at task.Door) error {
	h := g.host
	h.Address, h.Address6, h.Port, h.User = at.Address, netip.Addr{}, at.Port, at.User
	session, err := g.engine.connector.Connect(ctx, h, host.Login{OwnerOnly: true, Port: at.Port})
	if err != nil {
		return err
	}
	return session.Close()
}

// stagedLogin logs in with the pinned host key and opens a session.
func (g ground) stagedLogin(ctx context.Context, offer *host.Offer) error {
	pinned, known := g.engine.connector.HostKey(g.host)
	if !known {
		return fmt.Errorf("no host key is pinned for %s", g.host.Name)
	}
	conn, err := g.session.TrialDial(ctx, g.run, g.guard.ID)
	if err != nil {
		return err
	}
	client, err := host.Handshake(ctx, conn, g.host.Name, &ssh.ClientConfig{
		User: g.guard.TrialUser, Auth: []ssh.AuthMethod{ssh.PublicKeys(offer.Signers(ctx)...)}, HostKeyCallback: ssh.FixedHostKey(pinned),
		HostKeyAlgorithms: host.KeyAlgorithms(pinned),
	})
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	s, err := client.NewSession()
	if err != nil {
		return err
	}
	return s.Close()
}
