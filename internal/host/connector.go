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

// Prompter asks the person at the terminal. Both methods return when ctx ends. They
// are safe for concurrent use: a question waits until the one before is answered. An
// error means that nobody answered. It is never taken for a no.
type Prompter interface {
	// Password asks for a secret and does not show what is typed.
	Password(ctx context.Context, prompt string) (secret.Text, error)
	// Confirm asks a yes/no question. Only a clear yes gives true.
	Confirm(ctx context.Context, question string) (bool, error)
}

// Options say how to reach the hosts of a lab.
type Options struct {
	Lab *lab.Lab
	Dir string   // the folder of known_hosts
	Ask Prompter // nil: there is no terminal
	// Home is the owner's home directory, for ~/.ssh. If empty, ~/.ssh is not read.
	Home string
	// AgentSocket is the socket of the SSH agent (SSH_AUTH_SOCK); empty for no
	// agent.
	AgentSocket string
	// Fingerprint accepts a new host's key without asking ("SHA256:...").
	Fingerprint string
	// User is the owner's name on this machine, for jump hosts. If empty, it is the
	// user who runs the program.
	User string
	Now  func() time.Time
	// Progress is told about steps that take a while. It may be nil.
	Progress func(host, text string)
	// Dial makes the TCP connections. If nil, they are made directly.
	Dial   DialFunc
	Limits Limits
}

// Login says how to log in while the host does not accept the owner's key yet.
type Login struct {
	// User logs in on first contact. Users names the same for single hosts, by host
	// name. If neither is set, the order is: first-user in the lab file, the user
	// that worked before, User in ~/.ssh/config, root.
	User  string
	Users map[string]string
	// AskPassword asks for a login password before the first user logs in. AskSudo
	// asks for a password to become root: that of sudo, or root's own where there
	// is no sudo.
	AskPassword, AskSudo bool
	// AsNeeded asks for a password only when one turns out to be needed.
	AsNeeded bool
	// OwnerOnly allows only the owner's key, as the lab's user, with sudo that
	// needs no password. This is what a guard has to prove.
	OwnerOnly bool
	// Port is the only port to try. 0 means the lab's port and those where the host
	// answered before.
	Port uint16

	su bool // ask for root's own password; sudo is known not to work
}

// Connector connects to the hosts of a lab. It is safe for concurrent use.
type Connector struct {
	options Options
	known   *knownHosts
	ports   *portMemory
	config  *sshConfig
	devices memo[hardwareKey, []*identity] // the keys in the SSH agents that this program started
	rings   memo[login, keyring]
	agents  memo[string, []*identity] // by their sockets
	doubt   time.Duration             // how long a login may say nothing

	asking    sync.Mutex    // one question at a time
	unlocking sync.Mutex    // one passphrase at a time
	uploads   chan struct{} // one entry for each upload that runs

	mu          sync.Mutex
	passphrases map[string]unlockResult // by the keys' paths
}

// New returns a Connector. It reads the pinned keys and ~/.ssh/config.
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
		options: o, known: known, ports: &portMemory{path: filepath.Join(o.Dir, "ports")}, config: config, doubt: doubtTime, passphrases: map[string]unlockResult{},
		uploads: make(chan struct{}, uploadsAtOnce),
	}, nil
}

// Connect logs in to a host, starts the agent and returns a session. Its errors are
// problems that name the host.
func (c *Connector) Connect(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	session, err := c.connectAnyPort(ctx, h, how)
	if err != nil {
		return nil, c.placed(ctx, h, err)
	}
	return session, nil
}

// placed adds the host's name to a problem that names no place.
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

// enterAsOwner logs in as the lab's user, with the keys that the owner's ssh(1)
// would offer. What a guard proves has to last. So if a certificate opened the
// host, a plain key has to open it as well.
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

// HostKey returns the key that is pinned for a host, and whether there is one.
func (c *Connector) HostKey(h lab.Host) (ssh.PublicKey, bool) { return c.known.key(h.Name) }

// Forget removes a host's pinned key and its remembered first login.
func (c *Connector) Forget(h lab.Host) error {
	return errors.Join(c.known.forget(h.Name), c.remember(h.Name, firstLogin{}))
}
