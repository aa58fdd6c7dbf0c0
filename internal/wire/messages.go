package wire

import (
	"time"

	"cairn/internal/resource"
)

// Protocol is raised with every change of the messages. There is no
// negotiation: an agent of another version is replaced.
const Protocol = 5

// Kinds of streams that the controller opens. Each begins with the request named
// beside it.
const (
	KindFacts    = "facts"    // nothing; answered by Facts
	KindCheck    = "check"    // CheckRequest; CheckReply
	KindStart    = "start"    // Run; StartReply; the bytes that are missing, if any, and then Done
	KindAttach   = "attach"   // AttachRequest; Event after Event, to the run's last
	KindSignal   = "signal"   // GuardSignal; Done
	KindTrial    = "canary"   // TrialLogin; Done, then the bytes of an SSH server on the staged configuration
	KindDial     = "dial"     // DialRequest; Done, then the bytes of the connection
	KindScan     = "scan"     // ScanRequest; ScanNews until one has the reply
	KindListen   = "listen"   // ListenRequest; ListenReply; listens until the stream closes
	KindDatagram = "datagram" // DatagramRequest; DatagramReply
	KindRead     = "read"     // ReadCommand; ReadReply
	KindPurge    = "purge"    // nothing; Done
)

// Done answers a request that has no other result.
type Done struct {
	Failure *Failure `cbor:"1,keyasint,omitempty"`
}

// AttachRequest asks for a run's events after a number. A run that has not ended
// and that no process works on is taken up again.
type AttachRequest struct {
	Run   string `cbor:"1,keyasint"`
	After uint64 `cbor:"2,keyasint,omitempty"`
}

// Signal is what a controller says to a guard.
type Signal string

// The signals.
const (
	SignalProceed Signal = "proceed" // the trial login worked
	SignalConfirm Signal = "confirm" // with the nonce, over a connection made after the change
	SignalAbort   Signal = "abort"   // with the reason
)

// GuardSignal is one signal to one guard.
type GuardSignal struct {
	Run    string `cbor:"1,keyasint"`
	Guard  string `cbor:"2,keyasint"`
	Signal Signal `cbor:"3,keyasint"`
	Nonce  string `cbor:"4,keyasint,omitempty"`
	Reason string `cbor:"5,keyasint,omitempty"`
}

// TrialLogin asks for a connection to an SSH server that runs on the
// configuration which a guard has staged.
type TrialLogin struct {
	Run   string `cbor:"1,keyasint"`
	Guard string `cbor:"2,keyasint"`
}

// DialRequest asks for a connection that starts at the host.
type DialRequest struct {
	Network string        `cbor:"1,keyasint"` // tcp, tcp4, tcp6
	Address string        `cbor:"2,keyasint"` // host:port
	Timeout time.Duration `cbor:"3,keyasint"`
}

// Hello is the agent's first message on a session.
type Hello struct {
	Protocol int       `cbor:"1,keyasint"`
	Agent    string    `cbor:"2,keyasint"` // SHA-256 of the agent's program, hex
	Facts    Facts     `cbor:"3,keyasint"`
	Runs     []RunInfo `cbor:"4,keyasint,omitempty"` // known on the host, oldest first
	Epoch    uint64    `cbor:"5,keyasint,omitempty"` // highest fencing epoch seen
}

// Facts are what a host tells of itself.
type Facts struct {
	Hostname       string    `cbor:"1,keyasint"`
	OS             OS        `cbor:"2,keyasint"`
	Arch           string    `cbor:"3,keyasint"` // as Go names it: amd64, arm64
	Kernel         string    `cbor:"4,keyasint"`
	BootID         string    `cbor:"5,keyasint"`
	CPUs           int       `cbor:"6,keyasint"`
	MemoryBytes    uint64    `cbor:"7,keyasint"`
	Disks          []Disk    `cbor:"8,keyasint,omitempty"`
	Interfaces     []NIC     `cbor:"9,keyasint,omitempty"`
	Routes         []string  `cbor:"10,keyasint,omitempty"` // default gateways, both families
	Resolvers      []string  `cbor:"11,keyasint,omitempty"`
	Virtualization bool      `cbor:"12,keyasint,omitempty"` // vmx or svm flag
	Firmware       string    `cbor:"13,keyasint,omitempty"` // bios vendor and version, where readable
	Container      string    `cbor:"14,keyasint,omitempty"` // what it runs in when it is no machine of its own
	SystemState    string    `cbor:"15,keyasint"`           // systemctl is-system-running
	FailedUnits    []string  `cbor:"16,keyasint,omitempty"`
	Clock          time.Time `cbor:"17,keyasint"`
	ClockSynced    bool      `cbor:"18,keyasint,omitempty"`
	User           string    `cbor:"19,keyasint"`           // who logged in, before sudo
	Peer           string    `cbor:"20,keyasint,omitempty"` // where the login came from, as the host sees it
	// What else has to do with the packets of the host, beside Cairn's own table.
	Forwards []string `cbor:"30,keyasint,omitempty"` // families that it passes on between networks: IPv4, IPv6
	Filters  []Filter `cbor:"31,keyasint,omitempty"` // other tables in force that drop what comes in
	Loaders  []Loader `cbor:"32,keyasint,omitempty"` // other units that load or flush rules

	Banning []string `cbor:"50,keyasint,omitempty"` // programs that ban addresses, and can be told whom not to
	Clocks  []Clock  `cbor:"51,keyasint,omitempty"` // daemons that keep the clock right, in the order of their names
	// Fixed are kernel settings that cannot be set from here; one that ends with a
	// dot is the beginning of several.
	Fixed    []string     `cbor:"52,keyasint,omitempty"`
	Failures []FailedUnit `cbor:"53,keyasint,omitempty"` // of FailedUnits, in their order
	SSH      SSH          `cbor:"40,keyasint"`
}

// Filter is a table of another owner that drops what it does not let in.
type Filter struct {
	Table string   `cbor:"1,keyasint"`           // family and name
	Owner string   `cbor:"2,keyasint,omitempty"` // ufw, firewalld; empty: nobody that is known
	Lets  []string `cbor:"3,keyasint,omitempty"` // ports that it lets in from somewhere: 8096/tcp, 6000-6010/udp
}

// Loader is a unit that loads or flushes rules and is enabled or active.
type Loader struct {
	Unit    string    `cbor:"1,keyasint"`
	Enabled bool      `cbor:"2,keyasint,omitempty"` // starts with the host
	Active  bool      `cbor:"3,keyasint,omitempty"`
	Since   time.Time `cbor:"4,keyasint,omitzero"`  // when it was last started
	Flushes string    `cbor:"5,keyasint,omitempty"` // where it says "flush ruleset"
}

// FailedUnit is a unit of systemd's that failed.
type FailedUnit struct {
	Name   string    `cbor:"1,keyasint"`
	Since  time.Time `cbor:"2,keyasint"`
	Result string    `cbor:"3,keyasint,omitempty"` // systemd's word: exit-code, timeout, ...
}

// Clock is a daemon that keeps a host's clock right.
type Clock struct {
	Daemon string `cbor:"1,keyasint"` // chrony, ntp, ntpsec, openntpd, systemd-timesyncd
	Unit   string `cbor:"2,keyasint"` // "chrony.service"
	// Synced is its own word that a time server holds the clock, and Says how it
	// puts that. Both are empty for one that does not run, and for timesyncd, for
	// which the kernel speaks.
	Synced bool   `cbor:"3,keyasint,omitempty"`
	Says   string `cbor:"4,keyasint,omitempty"`
}

// OS is what /etc/os-release says.
type OS struct {
	ID       string `cbor:"1,keyasint"`
	Version  string `cbor:"2,keyasint"`
	Codename string `cbor:"3,keyasint,omitempty"`
	Name     string `cbor:"4,keyasint"` // for people
}

// Disk is a block device that can hold data.
type Disk struct {
	Name  string `cbor:"1,keyasint"`
	Bytes uint64 `cbor:"2,keyasint"`
}

// FirewallState is how a host's table stands beside what others do. It is the
// output of the read command "firewall-state".
type FirewallState struct {
	Next    resource.NextBoot `cbor:"1,keyasint"`
	Filters []Filter          `cbor:"2,keyasint,omitempty"`
	Loaders []Loader          `cbor:"3,keyasint,omitempty"`
}

// NIC is a network interface.
type NIC struct {
	Name      string   `cbor:"1,keyasint"`
	MAC       string   `cbor:"2,keyasint,omitempty"`
	Addresses []string `cbor:"3,keyasint,omitempty"` // with prefix length
	MTU       int      `cbor:"4,keyasint"`
	Up        bool     `cbor:"5,keyasint,omitempty"`
	Kind      string   `cbor:"6,keyasint,omitempty"` // as ip-link(8) names it: bridge, wireguard; empty for hardware
	Ports     []string `cbor:"7,keyasint,omitempty"` // of a bridge or bond
	Default   bool     `cbor:"8,keyasint,omitempty"` // a default route leads over it
}

// CheckRequest asks how far resources are from their description. Nothing is changed.
type CheckRequest struct {
	Resources []resource.Spec `cbor:"1,keyasint"`
	// Survey asks for what the owner should know before saying yes, too.
	Survey bool `cbor:"70,keyasint,omitempty"`
}

// CheckReply answers in the order of the request.
type CheckReply struct {
	Results []Checked `cbor:"1,keyasint"`
	Survey  *Survey   `cbor:"70,keyasint,omitempty"` // where it was asked for
}

// Checked is one resource's difference, or why it could not be read.
type Checked struct {
	Diff    resource.Diff `cbor:"1,keyasint"`
	Failure *Failure      `cbor:"2,keyasint,omitempty"`
}

// Failure is a problem on its way to the controller.
type Failure struct {
	Code    string `cbor:"1,keyasint"`
	Summary string `cbor:"2,keyasint"`
	Cause   string `cbor:"3,keyasint,omitempty"`
	Fix     string `cbor:"4,keyasint,omitempty"`
}

// Run is the work for one host: the steps in order, then each guard alone. One that
// fails ends what depends on it, and the rest is done.
type Run struct {
	ID     string  `cbor:"1,keyasint"`
	Epoch  uint64  `cbor:"2,keyasint"` // fencing: a host refuses one lower than it has seen
	Lab    string  `cbor:"3,keyasint"`
	Steps  []Step  `cbor:"4,keyasint,omitempty"`
	Guards []Guard `cbor:"5,keyasint,omitempty"`
}

// StartReply says that the run was begun, or what of the contents that it names is
// missing on the host. Their bytes follow on the stream, in this order and with
// nothing between them; then the host begins the run, and says Done.
type StartReply struct {
	Missing []resource.ContentName `cbor:"1,keyasint,omitempty"`
	Failure *Failure               `cbor:"2,keyasint,omitempty"`
}

// Specs are all descriptions of the run, to be read or replaced.
func (r *Run) Specs() []*resource.Spec {
	var all []*resource.Spec
	for i := range r.Steps {
		all = append(all, &r.Steps[i].Resource)
	}
	for _, g := range r.Guards {
		for i := range g.Steps {
			all = append(all, &g.Steps[i].Resource)
		}
	}
	return all
}

// Step is one resource to bring about.
type Step struct {
	ID       string        `cbor:"1,keyasint"` // kind and key, unique in the run
	Task     string        `cbor:"2,keyasint"` // the roadmap task it serves
	Resource resource.Spec `cbor:"3,keyasint"`
	// Fingerprint is what the plan saw; a run begins only when everything it names
	// is still so. Empty takes what is there.
	Fingerprint string `cbor:"4,keyasint,omitempty"`
	// After are the steps, by id, and the tasks without which this one makes no
	// sense: where one of them failed it is skipped.
	After []string `cbor:"20,keyasint,omitempty"`
}

// Guard is a group of steps that could lock the owner out.
type Guard struct {
	ID       string        `cbor:"1,keyasint"`
	Steps    []Step        `cbor:"2,keyasint"`
	Deadline time.Duration `cbor:"3,keyasint"` // from arming to rolling back by itself
	Settle   time.Duration `cbor:"4,keyasint"` // between applying and probing
	// Nonce is what a confirmation has to bring. The controller sends it again
	// only over a new connection.
	Nonce string `cbor:"5,keyasint"`
	// TrialUser asks for a login through the new sshd configuration, before it is
	// in force, as this user, whose way in the host also looks at by itself.
	TrialUser string `cbor:"6,keyasint,omitempty"`
	// Peer is the address that the run was sent from, as the host sees it. The
	// agent fills it in.
	Peer string `cbor:"7,keyasint,omitempty"`
	// Local and LocalPort are where on the host the run came in. The agent fills
	// them in.
	Local     string `cbor:"8,keyasint,omitempty"`
	LocalPort uint16 `cbor:"9,keyasint,omitempty"`
	// Port is where the owner has to get in once the change is made: the SSH
	// server may stop listening elsewhere. 0: wherever it listens now.
	Port uint16 `cbor:"10,keyasint,omitempty"`
	// Trials are what the controller tries the change with, by name; the host waits
	// for the outcome and knows nothing else of them.
	Trials []string `cbor:"11,keyasint,omitempty"`
	// Checks are what the host itself looks at; none: the way in by SSH.
	Checks []GuardCheck `cbor:"21,keyasint,omitempty"`
	// After are the tasks, and other guards by id, without which this one is not
	// made.
	After []string `cbor:"20,keyasint,omitempty"`
}

// GuardCheck is something that the host itself looks at in a guarded change: before
// it is made, as far as that can be seen, and once it is applied.
type GuardCheck struct {
	Name string   `cbor:"1,keyasint"`
	Args []string `cbor:"2,keyasint,omitempty"`
}

// What a host can look at.
const (
	CheckSSHLogin = "ssh-login" // the SSH server, the owner's account, keys and sudo
	CheckCommand  = "command"   // a program, with its arguments, that has to work afterwards
)

// Event is one thing that happened in a run on a host. Seq starts at 1 and has
// no gaps; an event is on the host's disk before it is sent, unless it is passing.
type Event struct {
	Run     string         `cbor:"1,keyasint" json:"run"`
	Seq     uint64         `cbor:"2,keyasint" json:"seq"`
	At      time.Time      `cbor:"3,keyasint" json:"at"`
	Type    EventType      `cbor:"4,keyasint" json:"type"`
	Task    string         `cbor:"5,keyasint,omitempty" json:"task,omitempty"`
	Step    string         `cbor:"6,keyasint,omitempty" json:"step,omitempty"`
	Guard   string         `cbor:"7,keyasint,omitempty" json:"guard,omitempty"`
	Diff    *resource.Diff `cbor:"8,keyasint,omitempty" json:"diff,omitempty"`
	Failure *Failure       `cbor:"9,keyasint,omitempty" json:"failure,omitempty"`
	Detail  string         `cbor:"10,keyasint,omitempty" json:"detail,omitempty"`
	// Lasts is how long an armed guard waits for its confirmation, from now on.
	Lasts time.Duration `cbor:"11,keyasint,omitempty" json:"lasts_ns,omitempty"`
}

// EventType names what happened.
type EventType string

// What can happen in a run on a host. The last event of a run is RunDone,
// RunFailed or RunRefused.
const (
	RunStarted EventType = "run.started"
	RunDone    EventType = "run.done"
	RunFailed  EventType = "run.failed"
	RunRefused EventType = "run.refused" // locked or fenced; nothing was changed

	StepIntent    EventType = "step.intent"    // about to be applied; on disk before it is
	StepApplied   EventType = "step.applied"   // applied and verified
	StepUnchanged EventType = "step.unchanged" // nothing to do
	StepFailed    EventType = "step.failed"
	StepSkipped   EventType = "step.skipped" // something that it depends on failed, in Detail
	StepNote      EventType = "step.note"    // what it waits for or leaves aside, in Detail

	// StepProgress is how far the step is, in Detail. It is in no log and has no Seq.
	StepProgress EventType = "step.progress"

	GuardSkipped    EventType = "guard.skipped"     // not begun: something that it depends on failed, in Detail
	GuardPrepared   EventType = "guard.prepared"    // saved, rollback rehearsed; waits for the trial login if one is asked for
	GuardRefused    EventType = "guard.refused"     // before anything was changed
	GuardArmed      EventType = "guard.armed"       // the rollback will come by itself
	GuardApplied    EventType = "guard.applied"     // changed, not confirmed
	GuardSettled    EventType = "guard.settled"     // waits for the confirmation
	GuardConfirmed  EventType = "guard.confirmed"   // the nonce came over a new connection
	GuardPersisted  EventType = "guard.persisted"   // permanent; the timer is gone
	GuardRolledBack EventType = "guard.rolled-back" // as before, verified
	GuardStuck      EventType = "guard.stuck"       // the rollback left differences, named in Detail
)

// Final reports whether the event is the last of its run.
func (t EventType) Final() bool { return t == RunDone || t == RunFailed || t == RunRefused }

// Passing reports whether an event is for the moment only: nobody keeps it, and it
// may be missed.
func (t EventType) Passing() bool { return t == StepProgress }

// RunInfo is where a run on a host stands.
type RunInfo struct {
	ID      string    `cbor:"1,keyasint"`
	Epoch   uint64    `cbor:"2,keyasint"`
	LastSeq uint64    `cbor:"3,keyasint"`
	Last    EventType `cbor:"4,keyasint"`
	Alive   bool      `cbor:"5,keyasint"` // a process on the host holds its lock
}

// ScanRequest asks which TCP ports of an address answer, seen from the agent's host.
type ScanRequest struct {
	Address string        `cbor:"1,keyasint"`
	First   uint16        `cbor:"2,keyasint"`
	Last    uint16        `cbor:"3,keyasint"`
	Timeout time.Duration `cbor:"4,keyasint"` // for one port
}

// ScanReply is what a scan saw.
type ScanReply struct {
	Open    []uint16      `cbor:"1,keyasint,omitempty"` // a connection was made
	Refused int           `cbor:"2,keyasint"`           // answered that nothing listens, or that it is forbidden
	Silent  int           `cbor:"3,keyasint"`           // no answer in time
	Errors  int           `cbor:"4,keyasint"`           // could not be tried: such a scan proves nothing
	Took    time.Duration `cbor:"5,keyasint"`
	Trouble string        `cbor:"6,keyasint,omitempty"` // why one of them could not be tried
}

// ScanNews is how far a scan is, and in the last of them what it saw.
type ScanNews struct {
	Percent int        `cbor:"1,keyasint,omitempty"`
	Reply   *ScanReply `cbor:"2,keyasint,omitempty"`
}

// ListenRequest asks the agent to listen where nobody else does, and to answer
// with the nonce, until the stream that carried the request closes.
type ListenRequest struct {
	Network string `cbor:"1,keyasint"` // tcp4, tcp6, udp4, udp6
	Port    uint16 `cbor:"2,keyasint"` // 0 takes a free one
	Nonce   string `cbor:"3,keyasint"`
	// Forwarded puts the listener behind a published port: in a network
	// namespace of its own, reached by destination NAT as a container's is.
	Forwarded bool `cbor:"4,keyasint,omitempty"`
}

// ListenReply names the port of the listener.
type ListenReply struct {
	Port    uint16   `cbor:"1,keyasint"`
	Failure *Failure `cbor:"2,keyasint,omitempty"`
	// Impossible is why nothing of the kind can be reached on this host at all,
	// which is no failure: where nothing is forwarded, no port can be published.
	Impossible string `cbor:"3,keyasint,omitempty"`
}

// DatagramRequest asks to send a datagram and wait for an answer.
type DatagramRequest struct {
	Address string        `cbor:"1,keyasint"` // host:port
	Payload []byte        `cbor:"2,keyasint"`
	Timeout time.Duration `cbor:"3,keyasint"`
}

// DatagramReply is the answer, or nothing.
type DatagramReply struct {
	Payload []byte   `cbor:"1,keyasint,omitempty"`
	Failure *Failure `cbor:"2,keyasint,omitempty"`
}

// ReadCommand asks to run one of the read-only commands that the agent knows by
// name. Nothing else can be run over a session.
type ReadCommand struct {
	Name string   `cbor:"1,keyasint"` // of agent.readCommands and what session.read knows beside them
	Args []string `cbor:"2,keyasint,omitempty"`
}

// ReadReply is what the command printed.
type ReadReply struct {
	Output  []byte   `cbor:"1,keyasint,omitempty"`
	Exit    int      `cbor:"2,keyasint"`
	Failure *Failure `cbor:"3,keyasint,omitempty"`
}
