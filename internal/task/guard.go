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

// Guard describes how to make a change that could lock the owner out: how long
// it may take and how it is tried. In addition to its trials, the owner always
// logs in over a new connection, with sudo, once the change is made.
type Guard struct {
	ID       string
	Deadline time.Duration // from arming, before any change, to the automatic rollback
	Settle   time.Duration // between the change and its trials
	// Checks are made by the host itself, before the change and after it. Without
	// any, the host checks the way in by SSH, which a [StagedLogin] needs. The
	// controller makes the Trials.
	Checks []wire.GuardCheck
	Trials []Trial
}

// Trial is a test that must succeed before a guarded change is made, or before
// it may stay. The controller makes it. It finds trials by name even after the
// controller that sent the change has died.
type Trial struct {
	Name string
	When Moment
	// Try returns why the trial failed, before ctx's deadline. It may be called
	// again.
	Try func(ctx context.Context, on Ground) error
	// Worked and Failed tell the owner the outcome. The reason follows Failed.
	Worked, Failed string
}

// Moment is when a trial is made.
type Moment int

// The moments.
const (
	Before Moment = iota // nothing is changed yet, but the staged configuration can be tried
	After                // the change is made but not confirmed yet
)

// Ground is what a trial is made on: one host in a guarded change.
// A trial may call the methods any number of times. A guard makes its trials one after
// another. An error means not proven, whatever the reason: nothing is changed then, or
// the change is put back.
type Ground interface {
	Host() lab.Host
	// StagedLogin logs the owner in to an SSH server that runs with the staged
	// configuration. It goes through the session and no port. It works only
	// [Before] the change.
	StagedLogin(ctx context.Context) error
	// Dial opens a connection that starts at the controller.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Login logs the owner in over a new connection at a door, and tries sudo.
	Login(ctx context.Context, at Door) error
}

// Door is the address, port and user for entering a host.
type Door struct {
	Address netip.Addr
	Port    uint16
	User    string
}

// with merges the guard with another of the same id.
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

// StagedLogin is a login to the SSH server with its staged configuration.
var StagedLogin = Trial{
	Name: "staged-login", When: Before,
	Worked: "the owner logged in to a server with the new configuration", Failed: "the owner could not log in through the new configuration",
	Try: func(ctx context.Context, on Ground) error { return on.StagedLogin(ctx) },
}

// LoginAt is a login at another door than the host has now, such as its new
// address. Its name must be unique. where must be pure.
func LoginAt(name string, where func(lab.Host) Door) Trial {
	return Trial{
		Name: name, When: After,
		Worked: "the owner got in at the host's new address", Failed: "the owner could not get in at the host's new address",
		Try: func(ctx context.Context, on Ground) error { return on.Login(ctx, where(on.Host())) },
	}
}

// sshLogin is the host's own check of the owner's way in.
var sshLogin = []wire.GuardCheck{{Name: wire.CheckSSHLogin}}

// deadline is the deadline of a guard of sshd, accounts or the firewall.
const deadline = 60 * time.Second

// settle waits for what keeps running: a server that dies a moment after its
// reload, or rules that cut connections begun after them.
const settle = 2 * time.Second

// The guarded changes of this version.
const (
	GuardAccess  = "access"  // the owner's user, key and sudo
	GuardGate    = "gate"    // sshd and the firewall
	GuardRelease = "release" // undoing everything that Cairn changed on a host
)

// accessGuard need not settle. Each login reads the accounts again, and nothing
// that runs is changed.
var accessGuard = Guard{ID: GuardAccess, Deadline: deadline, Checks: sshLogin}

var gateGuard = Guard{ID: GuardGate, Deadline: deadline, Settle: settle, Checks: sshLogin, Trials: []Trial{StagedLogin}}

// ReleaseGuard belongs to no task: a release undoes the tasks' work.
var ReleaseGuard = Guard{ID: GuardRelease, Deadline: deadline, Settle: settle, Checks: sshLogin, Trials: []Trial{StagedLogin}}
