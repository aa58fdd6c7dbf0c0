package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/problem"
	"cairn/internal/secret"
)

// tcpDialer has the kernel notice a dead machine, in addition to the heartbeats of
// a session. The kernel sends a probe after 10 s of silence and gives up after
// three. It resends data for no longer than goneAfter.
var tcpDialer = net.Dialer{
	KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}, Control: boundResends,
}

// goneAfter is longer than a home network usually stalls.
const goneAfter = 30 * time.Second

// DialFunc makes a connection, as [net.Dialer.DialContext] does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// client is one SSH login.
type client struct {
	*ssh.Client
	conn *countingConn
	used *identity // the key that was accepted; nil for a password
}

// attempt is one way to log in.
type attempt struct {
	user     string
	keys     keyring
	password secret.Text // empty: not tried
}

// methods puts the password first, if there is one. A server counts every key that
// it refuses and gives up after a few (MaxAuthTries in sshd_config(5)).
func (a attempt) methods(signers []ssh.Signer) []ssh.AuthMethod {
	keys := ssh.PublicKeys(signers...)
	if a.password.Empty() {
		return []ssh.AuthMethod{keys}
	}
	password := func() (string, error) { return a.password.Reveal(), nil }
	return []ssh.AuthMethod{ssh.PasswordCallback(password), ssh.KeyboardInteractive(answerAll(a.password)), keys}
}

// offered says, for people, what the server was offered.
func (a attempt) offered() string {
	var offers []string
	if !a.password.Empty() {
		offers = append(offers, "a password")
	}
	if keys := a.keys.shown(); keys != "" {
		offers = append(offers, keys)
	}
	return firstNonEmpty(strings.Join(offers, ", "), "nothing")
}

// answerAll answers every hidden question of a server with the password. A question
// with a visible answer does not ask for a password.
func answerAll(password secret.Text) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, shown []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range questions {
			if !shown[i] {
				answers[i] = password.Reveal()
			}
		}
		return answers, nil
	}
}

// open makes a TCP connection and logs in. It asks the person only between two
// connections, because a server does not wait long for a login (LoginGraceTime). It
// may ask whether a new host key is right, and for the passphrase of a key that the
// host accepts.
func (c *Connector) open(ctx context.Context, t target, a attempt, depth int) (*client, error) {
	for {
		made, unknown, offer, err := c.login(ctx, t, a, depth)
		var locked *lockedError
		switch {
		case unknown != nil:
			if err := c.meet(ctx, t, unknown); err != nil {
				return nil, err
			}
		case err == nil || offer == nil || offer.failed == nil || ctx.Err() != nil:
			return made, err
		case errors.As(offer.failed, &locked) && c.options.Ask != nil:
			if err := c.unlock(ctx, locked.path); err != nil {
				return nil, err
			}
		default: // ssh(1) goes on with the next key
			a.keys = a.keys.without(offer.used, offer.failed)
			if len(a.keys.identities) == 0 && a.password.Empty() {
				return nil, unusable(t, locked, a.keys)
			}
		}
	}
}

// unusable says that the host accepts a key but the key cannot be used.
func unusable(t target, locked *lockedError, rest keyring) error {
	if locked != nil {
		return problem.Wrap(problem.HostPromptNeeded, t.name, "the host accepts a key that has a passphrase, and there is no terminal to ask for it", errors.Join(rest.problems...))
	}
	return rest.empty(t.name)
}

// login tries once. If the host's key is new and has to be accepted first, it
// returns that key.
func (c *Connector) login(ctx context.Context, t target, a attempt, depth int) (made *client, unknown ssh.PublicKey, offer *Offer, err error) {
	raw, err := c.dial(ctx, t, depth)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Limits.Login)
	defer cancel()
	conn := &countingConn{Conn: raw}
	judge := &keyJudge{known: c.known, name: t.name}
	offer = &Offer{ring: a.keys}
	config := &ssh.ClientConfig{User: a.user, Auth: a.methods(offer.Signers(ctx)), HostKeyCallback: judge.judge, HostKeyAlgorithms: c.keyAlgorithms(t)}
	session, err := Handshake(ctx, conn, t.name, config)
	if err == nil {
		return &client{session, conn, offer.used}, nil, nil, nil
	}
	if judge.err != nil || judge.unknown != nil {
		return nil, judge.unknown, nil, judge.err
	}
	if proxy, is := raw.(*proxyConn); is {
		err = proxy.explain(err)
	}
	return nil, nil, offer, c.loginProblem(ctx, t, a, err)
}

// keyJudge compares a host's key with the pinned one.
type keyJudge struct {
	known   *knownHosts
	name    string
	unknown ssh.PublicKey // what the host showed, when nothing is pinned for it
	err     error
}

func (j *keyJudge) judge(_ string, _ net.Addr, key ssh.PublicKey) error {
	pinned, known := j.known.key(j.name)
	if !known {
		j.unknown = key
		return errors.New("the host was never seen before")
	}
	j.err = samePinned(j.name, pinned, key)
	return j.err
}

// meet has a new host's key accepted, by --fingerprint or by the owner, and pins
// it.
func (c *Connector) meet(ctx context.Context, t target, key ssh.PublicKey) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	if pinned, known := c.known.key(t.name); known {
		return samePinned(t.name, pinned, key) // another goroutine pinned it meanwhile
	}
	seen := ssh.FingerprintSHA256(key)
	switch given := c.options.Fingerprint; {
	case given == seen:
		return c.known.pin(t.name, key)
	case given != "":
		return problem.New(problem.HostKeyChanged, t.name, fmt.Sprintf("the host shows the SSH key %s, not the one given with --fingerprint", seen)).
			WithFix("stop and find out what answers at the host's address, or give the right fingerprint")
	case c.options.Ask == nil:
		return problem.New(problem.HostKeyUnknown, t.name, fmt.Sprintf("the host was never seen before; it shows the SSH key %s", seen))
	}
	yes, err := c.options.Ask.Confirm(ctx, fmt.Sprintf(
		"%s at %s was never seen before. It shows the SSH key\n  %s\nCompare it with what `ssh-keygen -lf %s` says on the host. Is it this one?",
		t.name, t.endpoint, seen, keyFile(key)))
	if err != nil || !yes {
		return problem.Wrap(problem.HostKeyUnknown, t.name, "the host's SSH key was not accepted", err)
	}
	return c.known.pin(t.name, key)
}

// keyFile is where sshd(8) keeps a host key of this type.
func keyFile(key ssh.PublicKey) string {
	kind := "rsa"
	switch key.Type() {
	case ssh.KeyAlgoED25519:
		kind = "ed25519"
	case ssh.KeyAlgoECDSA256:
		kind = "ecdsa"
	}
	return "/etc/ssh/ssh_host_" + kind + "_key.pub"
}

// loginProblem explains why a login failed. Package ssh tells a refused login only
// by its text. A server that has refused too many keys closes the connection.
func (c *Connector) loginProblem(ctx context.Context, t target, a attempt, err error) error {
	var mismatch *ssh.AlgorithmNegotiationError
	_, known := c.known.key(t.name)
	switch text := err.Error(); {
	case errors.As(err, &mismatch) && mismatch.What == "host key" && known:
		return problem.Wrap(problem.HostKeyChanged, t.name, "the host no longer shows a key of the pinned kind", err)
	case strings.Contains(text, "Too many authentication failures"):
		return problem.Wrap(problem.HostLoginRefused, t.name, fmt.Sprintf("the host does not let %s in; it was offered %s and gave up", a.user, a.offered()), err).
			WithFix("name the right key as ssh.key in lab.yaml, or as IdentityFile with IdentitiesOnly for this host in ~/.ssh/config")
	case strings.Contains(text, "unable to authenticate"):
		return refused(t, a, err)
	case ctx.Err() != nil:
		return problem.Wrap(problem.HostTimeout, t.name, "the login took too long", ctx.Err())
	}
	p := problem.Wrap(problem.HostUnreachable, t.name, "no SSH server answers at "+t.endpoint, err)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
		return p.WithFix("check address and port in lab.yaml. If they are right, wait a minute and try again. After several failed logins a server turns a client away for a while (PerSourcePenalties in sshd_config(5))")
	}
	return p
}

// refused says which keys the host refused, which ones could not be offered, and
// what else ssh(1) would try.
func refused(t target, a attempt, err error) error {
	p := problem.Wrap(problem.HostLoginRefused, t.name, fmt.Sprintf("the host does not let %s in; it was offered %s", a.user, a.offered()), errors.Join(append(a.keys.problems, err)...))
	if beyond := t.ssh.beyond(); beyond != "" {
		return p.WithFix("use a key for this host: ~/.ssh/config asks for " + beyond + ", which Cairn does not support")
	}
	return p
}
