// Package probe defines how a checkpoint looks. Each probe observes one thing
// from one vantage and says what it expected, what it saw, and whether that
// proves it. A probe changes nothing on the host, except that it opens test
// listeners and makes containers, and takes them away again.
//
// # Rules
//
// A probe that could not look says unproven and why; it never guesses. The
// finding holds what it observed, as values. If a positive look has a negative
// twin, the twin is a named probe of its own. Every probe has a test in which
// it proves and one in which it refutes.
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
// Implementations are safe for concurrent use, and may be asked as often as wanted. An
// error means that nobody could look, so that the look is unproven; that nothing
// answers is a reply. Dial has one error for both, so its caller tells them apart.
type Vantage interface {
	// Name is "controller" or the host's name.
	Name() string
	// Dial opens a connection that starts at the vantage.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Scan tries TCP ports from the vantage.
	Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error)
	// Datagram sends one datagram from the vantage and waits for an answer.
	Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error)
}

// Inside is the target's own side: what only the host itself can tell.
// Implementations are safe for concurrent use, and may be asked as often as wanted. An
// error means that the host could not be asked; what it answered is in the reply.
type Inside interface {
	// Facts reads the host's facts again.
	Facts(ctx context.Context) (wire.Facts, error)
	// Read runs one of the agent's named commands, which leave the host as it was.
	Read(ctx context.Context, command wire.ReadCommand) (wire.ReadReply, error)
	// Listen opens a test listener on the host; it lasts until stop is called, which
	// is to be once. The error of stop means that the listener had ended before, so
	// that what was seen of it proves nothing.
	Listen(ctx context.Context, request wire.ListenRequest) (reply wire.ListenReply, stop func() error, err error)
}

// Target is what a probe looks at, with what it needs to judge it.
type Target struct {
	Lab    *lab.Lab
	Host   lab.Host
	Inside Inside
	// Port is where SSH answers now. While a move to the lab's port is still
	// planned, it differs from that.
	Port uint16
	// Owner is the owner's key. HostKey is the host's pinned key.
	Owner   ssh.Signer
	HostKey ssh.PublicKey
	// OwnerKeys are all keys that the owner logs in with, including Owner's.
	OwnerKeys []ssh.PublicKey
	// FurtherKeys are the keys of the owner's other devices, as the lab declares
	// them, without the key of this controller.
	FurtherKeys []ssh.PublicKey
	// Expect is what the plan has put in force.
	Expect Expectation
	// Sources are the vantage's own addresses, as the target sees them.
	Sources []netip.Addr
	// Root is the root certificate of the lab's authority as PEM; empty if it has none.
	Root string
	// Subject is what the look is about on the host. Arguments are the probe's
	// own; [Taking] decodes them.
	Subject   evidence.Subject
	Arguments evidence.Arguments
	// Nonce is new for every run, so that an old answer cannot pass.
	Nonce string
}

// Expectation is what should be in force on the target.
type Expectation struct {
	SSHOptions map[string]string // lower-case keyword to value, as `sshd -T` prints them
	Openings   []lab.Opening     // including SSH, from the admin networks
	// UpdateTimers are the units that install updates by themselves.
	UpdateTimers []string
}

// Finding is what a probe saw.
type Finding struct {
	Outcome  evidence.Outcome
	Reason   string // why it is not proven; empty if it is
	Remedy   string // what to do about that, if known
	Expected []evidence.Field
	Observed []evidence.Field
}

// Probe is one kind of look.
type Probe struct {
	Name string
	// Text is what it looks at, for people.
	Text string
	// Twin names the probe that must have the opposite result on the same target.
	Twin string
	// Outside means that the probe asks nothing of the target's own side. It can
	// look even when the owner can no longer get in.
	Outside bool
	// Look observes the target from the vantage. It returns before ctx's deadline.
	Look func(ctx context.Context, from Vantage, target Target) Finding
}

// All returns every probe, under the names that the roadmap uses. Recorded evidence
// has these names, so they never change: a canary is a test listener.
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
		{Name: "canary-allowed", Text: "whether a listener on an open port is reached", Twin: "canary-denied", Look: openPortAnswers},
		{Name: "canary-denied", Text: "whether a listener on a closed port is not reached", Twin: "canary-allowed", Look: explained(closedPortIsSilent)},
		{Name: "canary-published", Text: "whether a port that a container would publish is not reached", Twin: "canary-allowed", Look: explained(publishedPortIsSilent)},
		{Name: "udp-canary", Text: "whether UDP gets through on open ports and on no others", Twin: "canary-allowed", Look: explained(udpIsFiltered)},
		{Name: "container-runs", Text: "whether Docker runs an image, and who may use Docker", Look: containerRuns},
		{Name: "containers-reach", Text: "whether containers on one network reach each other by name", Twin: "containers-apart", Look: containersReach},
		{Name: "containers-apart", Text: "whether containers on different networks do not reach each other", Twin: "containers-reach", Look: containersApart},
		{Name: "volume-keeps", Text: "whether a volume keeps its content when its container is made again", Look: volumeKeeps},
		{Name: "container-port-closed", Text: "whether a port that a container publishes is not reached unless it is declared", Twin: "container-port-open", Look: explained(containerPortClosed)},
		{Name: "container-port-open", Text: "whether a declared port that a container publishes is reached", Twin: "container-port-closed", Look: containerPortOpen},
		{Name: "route-answers", Text: "whether a service answers by its name through the reverse proxy", Twin: "route-unknown", Look: Taking(routeAnswers)},
		{Name: "route-unknown", Text: "whether a name that nobody has leads nowhere", Twin: "route-answers", Look: Taking(routeUnknown)},
		{Name: "route-reaches", Text: "whether requests for a name come into the container of its service", Look: Taking(routeReaches)},
		{Name: "name-resolves", Text: "whether a resolver leads the names of services to the reverse proxy, over UDP and TCP", Twin: "name-unknown-refused", Look: Taking(nameResolves)},
		{Name: "name-unknown-refused", Text: "whether a resolver says of a name that nobody has that it does not exist", Twin: "name-resolves", Look: Taking(nameUnknownRefused)},
		{Name: "https-answers", Text: "whether a service answers over HTTPS, and plain HTTP leads there", Twin: "tls-old-refused", Look: Taking(httpsAnswers)},
		{Name: "tls-old-refused", Text: "whether old versions of TLS are refused", Twin: "https-answers", Look: Taking(tlsOldRefused)},
		{Name: "certificate-valid", Text: "whether a client that trusts only the lab's authority accepts the certificate", Look: Taking(certificateValid)},
		{Name: "certificate-renews", Text: "whether a certificate that lives for a day is renewed in time", Look: Taking(certificateRenews)},
		{Name: "firewall-lasts", Text: "whether the firewall comes back by itself, and after a restart", Look: firewallLasts},
	}
}

// Find returns the probe of that name, and whether there is one.
func Find(all []Probe, name string) (Probe, bool) {
	for _, p := range all {
		if p.Name == name {
			return p, true
		}
	}
	return Probe{}, false
}
