package wire

import (
	"time"

	"cairn/internal/resource"
)

// Protocol is the version of the messages. Every change of them raises it. There
// is no negotiation: an agent of another version is replaced.
const Protocol = 5

// Kinds of streams that the controller opens. Each begins with the request beside
// its name.
const (
	KindFacts    = "facts"    // nothing; answered by Facts
	KindCheck    = "check"    // CheckRequest; CheckReply
	KindStart    = "start"    // Run; StartReply; if bytes are missing: the bytes, then Done
	KindAttach   = "attach"   // AttachRequest; all Events to the last one of the run
	KindSignal   = "signal"   // GuardSignal; Done
	KindTrial    = "trial"    // TrialLogin; Done, then the bytes of an SSH server on the staged configuration
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

// AttachRequest asks for a run's events after a number. If the run has not ended
// and no process works on it, the agent resumes it.
type AttachRequest struct {
	Run   string `cbor:"1,keyasint"`
	After uint64 `cbor:"2,keyasint,omitempty"`
}

// Signal is a message from the controller to a guard.
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

// TrialLogin asks for a connection to an SSH server with a guard's staged
// configuration.
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

// Facts are what a host says about itself.
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
	Container      string    `cbor:"14,keyasint,omitempty"` // the kind of container, if it is one
	SystemState    string    `cbor:"15,keyasint"`           // systemctl is-system-running
	FailedUnits    []string  `cbor:"16,keyasint,omitempty"`
	Clock          time.Time `cbor:"17,keyasint"`
	ClockSynced    bool      `cbor:"18,keyasint,omitempty"`
	User           string    `cbor:"19,keyasint"`           // who logged in, before sudo
	Peer           string    `cbor:"20,keyasint,omitempty"` // where the login came from, as the host sees it
	// What else handles the host's packets, apart from Cairn's own table.
	Forwards []string `cbor:"30,keyasint,omitempty"` // families that it passes on between networks: IPv4, IPv6
	Filters  []Filter `cbor:"31,keyasint,omitempty"` // other tables in force that drop what comes in
	Loaders  []Loader `cbor:"32,keyasint,omitempty"` // other units that load or flush rules

	Banning []string `cbor:"50,keyasint,omitempty"` // programs that ban addresses and accept exemptions
	Clocks  []Clock  `cbor:"51,keyasint,omitempty"` // daemons that keep the clock right, in the order of their names
	// Fixed are kernel settings that cannot be changed from here. A name that ends in
	// a dot stands for all that begin with it.
	Fixed    []string     `cbor:"52,keyasint,omitempty"`
	Failures []FailedUnit `cbor:"53,keyasint,omitempty"` // of FailedUnits, in their order
	SSH      SSH          `cbor:"40,keyasint"`
	Docker   Docker       `cbor:"54,keyasint,omitzero"`
	Resolver bool         `cbor:"55,keyasint,omitempty"` // Cairn has set up the lab's resolver
}

// Docker says what a host has of Docker that is not from the distribution's packages,
// and which services of Cairn's it remembers.
type Docker struct {
	EngineElsewhere  bool `cbor:"1,keyasint,omitempty"`
	ComposeElsewhere bool `cbor:"2,keyasint,omitempty"` // Compose v2

	Services []string `cbor:"3,keyasint,omitempty"`
}

// Filter is somebody else's table that drops all packets it does not let in.
type Filter struct {
	Table string   `cbor:"1,keyasint"`           // family and name
	Owner string   `cbor:"2,keyasint,omitempty"` // ufw, firewalld; empty if unknown
	Lets  []string `cbor:"3,keyasint,omitempty"` // ports open to at least one source: 8096/tcp, 6000-6010/udp
}

// Loader is a unit that loads or flushes rules and is enabled or active.
type Loader struct {
	Unit    string    `cbor:"1,keyasint"`
	Enabled bool      `cbor:"2,keyasint,omitempty"` // starts with the host
	Active  bool      `cbor:"3,keyasint,omitempty"`
	Since   time.Time `cbor:"4,keyasint,omitzero"`  // when it was last started
	Flushes string    `cbor:"5,keyasint,omitempty"` // where it says "flush ruleset"
}

// FailedUnit is a failed unit of systemd.
type FailedUnit struct {
	Name   string    `cbor:"1,keyasint"`
	Since  time.Time `cbor:"2,keyasint"`
	Result string    `cbor:"3,keyasint,omitempty"` // systemd's word: exit-code, timeout, ...
}

// Clock is a daemon that keeps a host's clock right.
type Clock struct {
	Daemon string `cbor:"1,keyasint"` // chrony, ntp, ntpsec, openntpd, systemd-timesyncd
	Unit   string `cbor:"2,keyasint"` // "chrony.service"
	// Synced is the daemon's own report that a time server holds the clock, and Says
	// is its wording. Both are empty for a daemon that does not run, and for
	// timesyncd, for which the kernel reports.
	Synced bool   `cbor:"3,keyasint,omitempty"`
	Says   string `cbor:"4,keyasint,omitempty"`
}

// OS is the content of /etc/os-release.
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

// FirewallState says how Cairn's table fares beside what others do. It is the
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
	Kind      string   `cbor:"6,keyasint,omitempty"` // in ip-link(8)'s words: bridge, wireguard; empty for hardware
	Ports     []string `cbor:"7,keyasint,omitempty"` // of a bridge or bond
	Default   bool     `cbor:"8,keyasint,omitempty"` // a default route leads over it
}

// CheckRequest asks how resources differ from their descriptions. It changes
// nothing.
type CheckRequest struct {
	Resources []resource.Spec `cbor:"1,keyasint"`
	// Survey also asks for what the owner should know before agreeing to a change.
	Survey bool `cbor:"70,keyasint,omitempty"`
}

// CheckReply has the answers in the order of the request.
type CheckReply struct {
	Results []Checked `cbor:"1,keyasint"`
	Survey  *Survey   `cbor:"70,keyasint,omitempty"` // if the request asked for it
}

// Checked is the difference of one resource, or why it could not be read.
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

// Run is the work for one host: the steps in order, then the guards one by one. A
// failure stops what depends on it. Everything else is done.
type Run struct {
	ID     string  `cbor:"1,keyasint"`
	Epoch  uint64  `cbor:"2,keyasint"` // fencing: a host refuses a lower one than it has seen
	Lab    string  `cbor:"3,keyasint"`
	Steps  []Step  `cbor:"4,keyasint,omitempty"`
	Guards []Guard `cbor:"5,keyasint,omitempty"`
}

// StartReply says that the run was begun, or which of its named contents the host
// lacks. The controller then sends their bytes on the stream, in this order and
// without separators. After that the host begins the run and sends Done.
type StartReply struct {
	Missing []resource.ContentName `cbor:"1,keyasint,omitempty"`
	Failure *Failure               `cbor:"2,keyasint,omitempty"`
}

// Specs returns all descriptions of the run. The caller may replace them.
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

// Step is one resource to set up.
type Step struct {
	ID       string        `cbor:"1,keyasint"` // kind and key, unique in the run
	Task     string        `cbor:"2,keyasint"` // the roadmap task it serves
	Resource resource.Spec `cbor:"3,keyasint"`
	// Fingerprint is the state that the plan saw. A run begins only if all its
	// resources still have it. An empty one accepts any state.
	Fingerprint string `cbor:"4,keyasint,omitempty"`
	// After are the steps, by id, and the tasks that this step depends on. If one of
	// them failed, the step is skipped.
	After []string `cbor:"20,keyasint,omitempty"`
}

// Guard is a group of steps that could lock the owner out.
type Guard struct {
	ID       string        `cbor:"1,keyasint"`
	Steps    []Step        `cbor:"2,keyasint"`
	Deadline time.Duration `cbor:"3,keyasint"` // from arming to rolling back by itself
	Settle   time.Duration `cbor:"4,keyasint"` // between applying and probing
	// Nonce is what a confirmation must contain. The controller sends it again only
	// over a new connection.
	Nonce string `cbor:"5,keyasint"`
	// TrialUser asks for a login as this user through the new sshd configuration,
	// before it is in force. The host also checks this user's access by itself.
	TrialUser string `cbor:"6,keyasint,omitempty"`
	// Peer is the address from which the run was sent, as the host sees it. The agent
	// fills it in.
	Peer string `cbor:"7,keyasint,omitempty"`
	// Local and LocalPort are the host's address and port at which the run arrived.
	// The agent fills them in.
	Local     string `cbor:"8,keyasint,omitempty"`
	LocalPort uint16 `cbor:"9,keyasint,omitempty"`
	// Port is the port where the owner must get in after the change: the SSH server
	// may stop listening elsewhere. 0 means wherever it listens now.
	Port uint16 `cbor:"10,keyasint,omitempty"`
	// Trials are the names of the controller's tests of the change. The host waits for
	// the result and knows nothing else about them.
	Trials []string `cbor:"11,keyasint,omitempty"`
	// Checks are the host's own tests. If there are none, it tests the way in by SSH.
	Checks []GuardCheck `cbor:"21,keyasint,omitempty"`
	// After are the tasks, and other guards by id, that this guard depends on.
	After []string `cbor:"20,keyasint,omitempty"`
}

// GuardCheck is a test that the host makes in a guarded change: beforehand, as far
// as possible, and after it is applied.
type GuardCheck struct {
	Name string   `cbor:"1,keyasint"`
	Args []string `cbor:"2,keyasint,omitempty"`
}

// The tests that a host can make.
const (
	CheckSSHLogin = "ssh-login" // the SSH server, the owner's account, keys and sudo
	CheckCommand  = "command"   // a program, with its arguments, that has to work afterwards
)

// Event is one thing that happened in a run on a host. Seq starts at 1 and has no
// gaps. An event is on the host's disk before it is sent, unless it is passing.
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
	// Lasts is how much longer an armed guard waits for its confirmation.
	Lasts time.Duration `cbor:"11,keyasint,omitempty" json:"lasts_ns,omitempty"`
}

// EventType says what happened.
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

	// StepProgress says how far the step is, in Detail. It is in no log and has no
	// Seq.
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

// Passing reports whether an event is only for the moment. It is not kept and may
// be missed.
func (t EventType) Passing() bool { return t == StepProgress }

// RunInfo is the state of a run on a host.
type RunInfo struct {
	ID      string    `cbor:"1,keyasint"`
	Epoch   uint64    `cbor:"2,keyasint"`
	LastSeq uint64    `cbor:"3,keyasint"`
	Last    EventType `cbor:"4,keyasint"`
	Alive   bool      `cbor:"5,keyasint"` // a process on the host holds its lock
}

// ScanRequest asks which TCP ports of an address answer, as seen from the agent's
// host.
type ScanRequest struct {
	Address string        `cbor:"1,keyasint"`
	First   uint16        `cbor:"2,keyasint"`
	Last    uint16        `cbor:"3,keyasint"`
	Timeout time.Duration `cbor:"4,keyasint"` // for one port
}

// ScanReply is the result of a scan.
type ScanReply struct {
	Open    []uint16      `cbor:"1,keyasint,omitempty"` // a connection was made
	Refused int           `cbor:"2,keyasint"`           // answers that nothing listens or that it is forbidden
	Silent  int           `cbor:"3,keyasint"`           // no answer in time
	Errors  int           `cbor:"4,keyasint"`           // could not be tried: such a scan proves nothing
	Took    time.Duration `cbor:"5,keyasint"`
	Trouble string        `cbor:"6,keyasint,omitempty"` // why one of them could not be tried
}

// ScanNews says how far a scan is. The last one has the result.
type ScanNews struct {
	Percent int        `cbor:"1,keyasint,omitempty"`
	Reply   *ScanReply `cbor:"2,keyasint,omitempty"`
}

// ListenRequest asks the agent to listen on an unused port and to answer with the
// nonce, until the request's stream closes.
type ListenRequest struct {
	Network string `cbor:"1,keyasint"` // tcp4, tcp6, udp4, udp6
	Port    uint16 `cbor:"2,keyasint"` // 0 takes a free one
	Nonce   string `cbor:"3,keyasint"`
	// Forwarded puts the listener behind a published port. It then has a network
	// namespace of its own and is reached by destination NAT, like a container.
	Forwarded bool `cbor:"4,keyasint,omitempty"`
	// Container puts the listener into a container of Docker's that publishes the
	// port, on TCP.
	Container bool `cbor:"5,keyasint,omitempty"`
}

// ListenReply names the port of the listener.
type ListenReply struct {
	Port    uint16   `cbor:"1,keyasint"`
	Failure *Failure `cbor:"2,keyasint,omitempty"`
	// Impossible says why this host can have no such listener at all. That is not a
	// failure: without forwarding, no port can be published.
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

// ContainerLook is what was seen of a host's containers. It is the output of the
// read commands "container-runs", "container-networks" and "container-volume".
type ContainerLook struct {
	Docker  string `cbor:"1,keyasint,omitempty"` // the version of the Engine
	Trouble string `cbor:"2,keyasint,omitempty"` // why no container could be made
	Seen    []Seen `cbor:"3,keyasint,omitempty"`
}

// Seen is one thing that was tried, and what came of it.
type Seen struct {
	What string `cbor:"1,keyasint"`
	Came string `cbor:"2,keyasint"`
}

// ReadCommand asks to run one of the commands that the agent knows by name, which
// leave the host as it was. Nothing else can be run over a session.
type ReadCommand struct {
	Name string   `cbor:"1,keyasint"` // of agent.readCommands and what session.read knows beside them
	Args []string `cbor:"2,keyasint,omitempty"`
}

// ReadServiceLog is the read command whose output is a [resource.ServiceLog]. Its
// arguments are service, container, lines, and the time since when; container and time
// may be empty.
const ReadServiceLog = "service-log"

// ReadServiceImages is the read command that prints a line for each digest of an image
// that a service runs: the name of the image and the digest. Its argument is the service.
const ReadServiceImages = "service-images"

// ReadRegistryDigest is the read command whose output is the digest that the name of an
// image means at its registry. Its argument is that name.
const ReadRegistryDigest = "registry-digest"

// ReadReply is the command's output.
type ReadReply struct {
	Output  []byte   `cbor:"1,keyasint,omitempty"`
	Exit    int      `cbor:"2,keyasint"`
	Failure *Failure `cbor:"3,keyasint,omitempty"`
}
