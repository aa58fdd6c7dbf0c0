package host

import (
	"context"
	"fmt"
	"net"
	"os/user"
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
	Dial DialFunc
}

// Login says how to log in where the owner's key is not accepted yet.
type Login struct {
	User        string // for first contact; empty: that of ~/.ssh/config, or root
	AskPassword bool   // ask for a login password
	AskSudo     bool   // ask for sudo's password
	// OwnerOnly allows nothing but the owner's key as the lab's user with sudo
	// that asks for nothing: what a guard has to prove.
	OwnerOnly bool
}

// Connector makes connections to the hosts of a lab. It is safe for concurrent
// use.
type Connector struct {
	options Options
	known   *knownHosts
	config  *sshConfig
	shell   []string // what runs a line of shell on this machine
	rings   memo[login, keyring]
	agents  memo[string, []*identity] // by their sockets

	asking    sync.Mutex // one question at a time
	unlocking sync.Mutex // one passphrase at a time

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
		o.Dial = new(net.Dialer).DialContext
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
	return &Connector{options: o, known: known, config: config, shell: []string{"sh", "-c"}, passphrases: map[string]unlocking{}}, nil
}

// Connect logs in and returns a session with the agent. Its errors are problems
// with the host's name as place.
func (c *Connector) Connect(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	session, err := c.connect(ctx, h, how)
	if err != nil {
		return nil, c.placed(ctx, h, err)
	}
	return session, nil
}

func (c *Connector) connect(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	client, user, err := c.enter(ctx, h, how)
	if err != nil {
		return nil, err
	}
	session, err := (&bootstrap{connector: c, host: h, transport: client, user: user, how: how}).start(ctx)
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	return session, nil
}

// ConnectLocal returns a session with an agent on the machine that the controller
// itself runs on, without SSH. It is no way to make guarded changes: nothing in it
// shows that the owner can log in.
func (c *Connector) ConnectLocal(ctx context.Context, h lab.Host) (*Session, error) {
	session, err := (&bootstrap{
		connector: c, host: h, transport: &localTransport{shell: c.shell}, user: c.options.User, how: Login{OwnerOnly: true},
	}).start(ctx)
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

// enter is the owner's own login, or on first contact another.
func (c *Connector) enter(ctx context.Context, h lab.Host, how Login) (*client, string, error) {
	made, err := c.enterAsOwner(ctx, h, how.OwnerOnly)
	if err == nil || how.OwnerOnly || problem.CodeOf(err) != problem.HostLoginRefused {
		return made, h.User, err
	}
	first, askErr := c.firstContact(ctx, h, how)
	if askErr != nil {
		return nil, "", askErr
	}
	t, askErr := c.target(ctx, h, first.user)
	if askErr != nil {
		return nil, "", askErr
	}
	made, firstErr := c.open(ctx, t, first, 0)
	if problem.CodeOf(firstErr) == problem.HostLoginRefused && first.user != h.User {
		return nil, "", problem.Wrap(problem.HostLoginRefused, h.Name, fmt.Sprintf("the host lets neither %s nor %s in", h.User, first.user), firstErr)
	}
	return made, first.user, firstErr
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

// firstContact is who to try before the lab's user exists.
func (c *Connector) firstContact(ctx context.Context, h lab.Host, how Login) (attempt, error) {
	named, err := c.config.forHost(ctx, h, "")
	if err != nil {
		return attempt{}, err
	}
	first := attempt{user: firstNonEmpty(how.User, named.get("user"), "root")}
	if first.keys, err = c.keysFor(ctx, h, first.user); err != nil || !how.AskPassword {
		return first, err
	}
	first.password, err = c.ask(ctx, fmt.Sprintf("Password of %s on %s: ", first.user, h.Name))
	return first, err
}

// ask asks for something secret, one question at a time.
func (c *Connector) ask(ctx context.Context, prompt string) (secret.Text, error) {
	if c.options.Ask == nil {
		return secret.Text{}, problem.New(problem.HostPromptNeeded, "", "a password is needed and there is no terminal to ask for it")
	}
	c.asking.Lock()
	defer c.asking.Unlock()
	return c.options.Ask.Password(ctx, prompt)
}

func (c *Connector) tell(h lab.Host, text string) {
	if c.options.Progress != nil {
		c.options.Progress(h.Name, text)
	}
}

// HostKey is the key pinned for a host.
func (c *Connector) HostKey(h lab.Host) (ssh.PublicKey, bool) { return c.known.key(h.Name) }

// Forget unpins a host's key.
func (c *Connector) Forget(h lab.Host) error { return c.known.forget(h.Name) }
