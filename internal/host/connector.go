package host

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// Prompter asks the person at the terminal.
type Prompter interface {
	// Password asks for something that is not shown.
	Password(ctx context.Context, prompt string) (secret.Text, error)
	// Confirm asks a question that only a clear yes answers with true.
	Confirm(ctx context.Context, question string) (bool, error)
}

// Options say how hosts of a lab are reached.
type Options struct {
	Lab *lab.Lab
	Dir string   // where known_hosts is kept
	Ask Prompter // nil: there is no terminal
	// Home is the owner's home directory, for ~/.ssh; empty: none is read.
	Home string
	// AgentSocket is the SSH agent's (SSH_AUTH_SOCK); empty: none is asked.
	AgentSocket string
	// Fingerprint accepts a new host's key without asking ("SHA256:...").
	Fingerprint string
	// User is the owner's name on this machine, for hosts to go through; empty: the
	// one that the program runs as.
	User string
	Now  func() time.Time
	// Progress receives what takes a while; it may be nil.
	Progress func(host, text string)
	// Dial makes the TCP connections; nil: the ordinary way.
	Dial   DialFunc
	Limits Limits
}

// Login says how to log in where the owner's key is not accepted yet.
type Login struct {
	// User is who logs in on first contact, and Users the same for single hosts, by
	// name. Where neither says, it is the lab file's first user of the host, the one
	// that is remembered, that of ~/.ssh/config, or root.
	User  string
	Users map[string]string
	// AskPassword has a login password asked for before the first user logs in, and
	// AskSudo one to become root: of sudo, or root's own where there is no sudo.
	AskPassword, AskSudo bool
	// AsNeeded asks for either only where it turns out to be needed.
	AsNeeded bool
	// OwnerOnly allows nothing but the owner's key as the lab's user with sudo
	// that asks for nothing: what a guard has to prove.
	OwnerOnly bool
	// Port is the only one to try; 0: that of the lab, and where the host answered
	// before.
	Port uint16

	su bool // root's password is known to be the one to ask for
}

// Connector makes connections to the hosts of a lab. It is safe for concurrent
// use.
type Connector struct {
	options Options
	known   *knownHosts
	ports   *portMemory
	config  *sshConfig
	devices memo[hardwareKey, []*identity] // what the SSH agents hold that are there for security keys
	rings   memo[login, keyring]
	agents  memo[string, []*identity] // by their sockets
	doubt   time.Duration             // how long a login may say nothing

	asking    sync.Mutex    // one question at a time
	unlocking sync.Mutex    // one passphrase at a time
	uploads   chan struct{} // holds one for each agent that is being brought

	mu          sync.Mutex
	passphrases map[string]unlocking // by the keys' paths
}

// New reads the pinned keys and ~/.ssh/config.
func New(o Options) (*Connector, error) {
	known, err := openKnownHosts(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Dial == nil {
		o.Dial = tcpDialer.DialContext
	}
	if o.User == "" {
		if current, err := user.Current(); err == nil {
			o.User = current.Username
		}
	}
	config, err := newSSHConfig(o.Home, o.User)
	if err != nil {
		return nil, err
	}
	o.Limits = o.Limits.orUsual()
	return &Connector{
		options: o, known: known, ports: &portMemory{path: filepath.Join(o.Dir, "ports")}, config: config, doubt: doubtTime, passphrases: map[string]unlocking{},
		uploads: make(chan struct{}, uploadsAtOnce),
	}, nil
}

// Connect logs in and returns a session with the agent. Its errors are problems
// with the host's name as place.
func (c *Connector) Connect(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	session, err := c.connectAnyPort(ctx, h, how)
	if err != nil {
		return nil, c.placed(ctx, h, err)
	}
	return session, nil
}

// placed names the host where a problem does not yet.
func (c *Connector) placed(ctx context.Context, h lab.Host, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if p := problem.Of(err); p != nil && p.Where == "" {
		placed := *p
		placed.Where = h.Name
		return &placed
	}
	return err
}

// enterAsOwner logs in as the lab's user, with what the owner's ssh(1) would use.
// What a guard proves has to last: where a certificate opened the host, a key has
// to open it as well.
func (c *Connector) enterAsOwner(ctx context.Context, h lab.Host, proof bool) (*client, error) {
	t, err := c.target(ctx, h, h.User)
	if err != nil {
		return nil, err
	}
	offer, err := c.OwnerOffer(ctx, h)
	if err != nil {
		return nil, err
	}
	made, err := c.open(ctx, t, attempt{user: h.User, keys: offer.ring}, 0)
	if err != nil || !proof || made.used == nil || !made.used.certificate() {
		return made, err
	}
	_ = made.Close()
	return c.open(ctx, t, attempt{user: h.User, keys: offer.ring.plainOnly()}, 0)
}

func (c *Connector) tell(h lab.Host, text string) {
	if c.options.Progress != nil {
		c.options.Progress(h.Name, text)
	}
}

// HostKey is the key pinned for a host.
func (c *Connector) HostKey(h lab.Host) (ssh.PublicKey, bool) { return c.known.key(h.Name) }

// Forget unpins a host's key, and forgets how it was entered.
func (c *Connector) Forget(h lab.Host) error {
	return errors.Join(c.known.forget(h.Name), c.remember(h.Name, firstLogin{}))
}
