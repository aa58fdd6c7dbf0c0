// Package probe is how a checkpoint looks: each probe observes one thing from
// one vantage and says what it expected, what it saw, and whether that proves
// it. A probe changes nothing on the host it looks at but canaries, which it
// takes away again.
//
// # Rules
//
// A probe that could not look says unproven and why; it never guesses. What it
// observed is in the finding as values. Where a positive has a negative twin,
// the twin is a probe of its own and named. Every probe has a test in which it
// proves and one in which it refutes.
package probe

import (
	"context"
	"net"
	"net/netip"

	"golang.org/x/crypto/ssh"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// Vantage is a place to look from: the controller, or a host of the lab.
// Implementations are safe for concurrent use.
type Vantage interface {
	// Name is "controller" or the host's name.
	Name() string
	// Dial makes a connection that starts at the vantage.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Scan tries TCP ports from the vantage.
	Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error)
	// Datagram sends one datagram from the vantage and waits for an answer.
	Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error)
}

// Inside is the target's own side: what only the host itself can tell.
type Inside interface {
	// Facts reads the host's facts anew.
	Facts(ctx context.Context) (wire.Facts, error)
	// Read runs one of the agent's named read-only commands.
	Read(ctx context.Context, command wire.ReadCommand) (wire.ReadReply, error)
	// Listen opens a canary on the host; it lasts until stop is called.
	Listen(ctx context.Context, request wire.CanaryRequest) (reply wire.CanaryReply, stop func() error, err error)
}

// Target is what a probe looks at, and what it needs to judge it.
type Target struct {
	Lab    *lab.Lab
	Host   lab.Host
	Inside Inside
	// Port is where SSH answers now, which is not the lab's yet while it is to be
	// moved there.
	Port uint16
	// Owner is the owner's key and HostKey the host's pinned one.
	Owner   ssh.Signer
	HostKey ssh.PublicKey
	// OwnerKeys are all keys that the owner logs in with, Owner's among them.
	OwnerKeys []ssh.PublicKey
	// FurtherKeys are those of the owner's other devices, as the lab declares them,
	// without the one that is set up.
	FurtherKeys []ssh.PublicKey
	// Expect is what the plan has put in force.
	Expect Expectation
	// Sources are the vantage's own addresses, as the target sees them.
	Sources []netip.Addr
	// Subject is what the look is about on the host, and Arguments are the probe's
	// own, which [Taking] reads.
	Subject   evidence.Subject
	Arguments evidence.Arguments
	// Nonce is new for every run, so that yesterday's answer cannot pass.
	Nonce string
}

// Expectation is what should be in force on the target.
type Expectation struct {
	SSHOptions map[string]string // lower-case keyword to value, as `sshd -T` prints them
	Openings   []lab.Opening     // SSH among them, from the admin networks
	// UpdateTimers are the units that have updates install themselves.
	UpdateTimers []string
}

// Finding is what a probe saw.
type Finding struct {
	Outcome  evidence.Outcome
	Reason   string // why it is not proven; empty when it is
	Remedy   string // what to do about that, where it is known
	Expected []evidence.Field
	Observed []evidence.Field
}

// Probe is one way of looking.
type Probe struct {
	Name string
	// Text is what it looks at, for people.
	Text string
	// Twin names the probe that must come out the other way on the same thing.
	Twin string
	// Outside says that nothing is asked of the target's own side: the probe can
	// look when the owner can no longer get in.
	Outside bool
	// Look observes the target from the vantage. It returns within ctx's deadline.
	Look func(ctx context.Context, from Vantage, target Target) Finding
}

// All returns every probe, by the names the roadmap uses.
func All() []Probe {
	return []Probe{
		{Name: "hardware", Text: "what the host is made of: its processor, memory and disks", Look: hardware},
		{Name: "os-release", Text: "which operating system it runs, and whether Cairn supports it", Look: osRelease},
		{Name: "network", Text: "its addresses, the way out, and whether names resolve", Look: network},
		{Name: "clock-offset", Text: "how far its clock is from that of the place that looks", Look: clockOffset},
		{Name: "clock-synchronised", Text: "whether something keeps its clock right", Look: clockSynchronised},
		{Name: "updates-on", Text: "whether updates of its security install themselves", Look: updatesOn},
		{Name: "ssh-key-login", Text: "whether the owner gets in with the key", Twin: "ssh-password-refused", Outside: true, Look: sshKeyLogin},
		{Name: "ssh-root-refused", Text: "whether root is refused", Twin: "ssh-key-login", Outside: true, Look: sshRootRefused},
		{Name: "ssh-password-refused", Text: "whether a password is refused", Twin: "ssh-key-login", Outside: true, Look: sshPasswordRefused},
		{Name: "ssh-keyboard-interactive-refused", Text: "whether questions and answers in place of a password are refused", Twin: "ssh-key-login", Outside: true, Look: sshKeyboardInteractiveRefused},
		{Name: "ssh-other-user-refused", Text: "whether users other than the owner are refused", Twin: "ssh-key-login", Look: sshOtherUserRefused},
		{Name: "ssh-weak-kex-refused", Text: "whether weak algorithms are refused", Twin: "ssh-key-login", Outside: true, Look: sshWeakAlgorithmsRefused},
		{Name: "ssh-effective-config", Text: "what is in force of the SSH server's configuration", Look: sshEffectiveConfig},
		{Name: "port-scan-ipv4", Text: "which TCP ports answer over IPv4", Twin: "canary-allowed", Look: explained(portScanIPv4)},
		{Name: "port-scan-ipv6", Text: "which TCP ports answer over IPv6", Twin: "canary-allowed", Look: explained(portScanIPv6)},
		{Name: "canary-allowed", Text: "whether a listener on an open port is reached", Twin: "canary-denied", Look: canaryAllowed},
		{Name: "canary-denied", Text: "whether a listener on a closed port is not reached", Twin: "canary-allowed", Look: explained(canaryDenied)},
		{Name: "canary-published", Text: "whether a port that a container would publish is not reached", Twin: "canary-allowed", Look: explained(canaryPublished)},
		{Name: "udp-canary", Text: "whether UDP gets through on open ports and on no others", Twin: "canary-allowed", Look: explained(udpCanary)},
		{Name: "firewall-lasts", Text: "whether the firewall comes back by itself, and after a restart", Look: firewallLasts},
	}
}

// Find returns the probe of that name.
func Find(all []Probe, name string) (Probe, bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	return Probe{}, false
}
