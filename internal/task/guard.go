package task

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

// Guard is how a change is made that could lock the owner out: how long it may take
// and what it is tried with. Once it is made the owner logs in over a new connection,
// with sudo, whatever else it is tried with.
type Guard struct {
	ID       string
	Deadline time.Duration // from arming to rolling back by itself; the agent arms before it changes anything
	Settle   time.Duration // between the change and its trials
	// Checks are what the host itself looks at before the change is made and once it
	// is applied; without any it is the way in by SSH, which a [StagedLogin] needs.
	// Trials are what the controller tries.
	Checks []wire.GuardCheck
	Trials []Trial
}

// Trial is something that has to work for a guarded change to be made, or to stay.
// The controller tries it. Trials are found again by their names, after the
// controller that sent the change has died.
type Trial struct {
	Name string
	When Moment
	// Try returns why it did not work, within ctx's deadline. It is safe to call
	// again.
	Try func(ctx context.Context, on Ground) error
	// Worked and Failed tell the owner of the outcome; what went wrong follows Failed.
	Worked, Failed string
}

// Moment is when a trial is made.
type Moment int

// The moments.
const (
	Before Moment = iota // nothing is changed yet, and what was staged can be tried
	After                // the change is made and not confirmed yet
)

// Ground is what a trial is made on: one host in a guarded change.
type Ground interface {
	Host() lab.Host
	// StagedLogin logs the owner in to an SSH server that runs on the staged
	// configuration and is reached over the session, through no port. It works
	// [Before] only.
	StagedLogin(ctx context.Context) error
	// Dial makes a connection that starts at the controller.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Login logs the owner in over a new connection, with sudo, where it says.
	Login(ctx context.Context, at Door) error
}

// Door is where a host is entered.
type Door struct {
	Address netip.Addr
	Port    uint16
	User    string
}

// with is the guard with what another of the same id asks for too.
func (g Guard) with(other Guard) Guard {
	g.Deadline, g.Settle = max(g.Deadline, other.Deadline), max(g.Settle, other.Settle)
	g.Trials = slices.Clone(g.Trials)
	for _, t := range other.Trials {
		if !slices.ContainsFunc(g.Trials, func(have Trial) bool { return have.Name == t.Name }) {
			g.Trials = append(g.Trials, t)
		}
	}
	g.Checks = slices.Clone(g.checks())
	for _, c := range other.checks() {
		if !slices.ContainsFunc(g.Checks, func(have wire.GuardCheck) bool { return have.Name == c.Name && slices.Equal(have.Args, c.Args) }) {
			g.Checks = append(g.Checks, c)
		}
	}
	return g
}

func (g Guard) checks() []wire.GuardCheck {
	if len(g.Checks) == 0 {
		return sshLogin
	}
	return g.Checks
}

// StagedLogin is a login to the SSH server on its staged configuration.
var StagedLogin = Trial{
	Name: "staged-login", When: Before,
	Worked: "the owner logged in to a server with the new configuration", Failed: "the owner could not log in through the new configuration",
	Try: func(ctx context.Context, on Ground) error { return on.StagedLogin(ctx) },
}

// LoginAt is a login at another door of a host than the one it has now, such as its
// new address. The name tells it from others; where is a pure function.
func LoginAt(name string, where func(lab.Host) Door) Trial {
	return Trial{
		Name: name, When: After,
		Worked: "the owner got in where the host is from now on", Failed: "the owner could not get in where the host is from now on",
		Try: func(ctx context.Context, on Ground) error { return on.Login(ctx, where(on.Host())) },
	}
}

// sshLogin is the host's own look at the owner's way in.
var sshLogin = []wire.GuardCheck{{Name: wire.CheckSSHLogin}}

// deadline is what a guard of sshd, accounts or the firewall has.
const deadline = 60 * time.Second

// settle is for what runs: a server that ends a moment after its reload, rules that
// cut connections which begin then.
const settle = 2 * time.Second

// The guarded changes of this version.
const (
	GuardAccess  = "access"  // the owner's user, key and sudo
	GuardGate    = "gate"    // sshd and the firewall
	GuardRelease = "release" // the way back of all that Cairn changed on a host
)

// accessGuard need not settle: accounts are read at each login, and nothing that
// runs is changed.
var accessGuard = Guard{ID: GuardAccess, Deadline: deadline, Checks: sshLogin}

var gateGuard = Guard{ID: GuardGate, Deadline: deadline, Settle: settle, Checks: sshLogin, Trials: []Trial{StagedLogin}}

// ReleaseGuard is that of no task: a release ends what they did.
var ReleaseGuard = Guard{ID: GuardRelease, Deadline: deadline, Settle: settle, Checks: sshLogin, Trials: []Trial{StagedLogin}}
