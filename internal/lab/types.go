// Package lab is what the owner declares: the lab file, strictly read.
//
// Everything that may stand in the file is in one table (fields.go, with the
// forms of values in forms.go and the choices in choices.go). Validation, the
// JSON Schema for editors ([Schema]) and the reference page ([Reference]) are all
// made from it. What only shows when values are held against each other is in
// the files named *_rules.go. Nothing here reaches a host.
package lab

import (
	"net/netip"
	"slices"
	"time"

	"cairn/internal/document"
)

// Workflow says how strictly stages gate.
type Workflow string

// The workflow modes.
const (
	// Waterfall opens a stage when the one before it met its exit criteria.
	Waterfall Workflow = "waterfall"
	// Agile lets only true dependencies gate.
	Agile Workflow = "agile"
	// Hybrid gates everything by the first stage, and later tasks by their
	// dependencies only.
	Hybrid Workflow = "hybrid"
)

// Role is what a host is for.
type Role string

// The roles.
const (
	Server      Role = "server"  // runs services
	Worker      Role = "worker"  // adds computing power to the servers
	Storage     Role = "storage" // keeps data and backups
	GPU         Role = "gpu"     // has a graphics processor for computing
	VantageRole Role = "vantage" // a place to look from
)

// Lab is everything the lab file declares, with every default filled in. It is
// not changed after loading and so may be read by many at once.
type Lab struct {
	Name     string // an RFC 1123 label
	Domain   string // under which services get their names
	Timezone string // a name of the IANA time zone database
	Workflow Workflow
	SSH      SSH
	Network  Network           // the first network, and who administers the lab
	Networks []Subnet          // further networks, sorted by name
	Hosts    []Host            // sorted by name
	Choose   map[string]string // the option of every choice there is
	Journal  Journal
	Services []Service // sorted by name
	Waivers  []Waiver  // in the file's order

	File string // path of the lab file as it was given
	Dir  string // its folder
	Hash string // SHA-256 of its bytes, in hexadecimal digits

	// Remarks are what is wrong without keeping the lab from being looked at: a
	// waiver that is over (code LabExpired), a key file that is not on this machine
	// (LabNoKey), and what this version of Cairn does not do yet (LabNotReady).
	Remarks document.Faults
}

// SSH is how the owner logs in.
type SSH struct {
	// Key is the path of the owner's private key, or of the public one of a key
	// that the SSH agent holds, absolute or beginning with "~/". Empty means what
	// the owner's ssh(1) offers to a host.
	Key string
	// FurtherKeys are the public keys of the owner's other devices, as plain lines of
	// authorized_keys, each key once.
	FurtherKeys []string
	// Forwarding is what hosts forward over SSH, unless one says otherwise.
	Forwarding Forwarding
}

// Journal is what becomes of the record of all that happened.
type Journal struct {
	// Keep is how long events stay in the journal before they are archived.
	Keep time.Duration
}

// Forwarding says which TCP connections lead through a host over SSH.
type Forwarding string

// What a host forwards (AllowTcpForwarding in sshd_config(5)).
const (
	ForwardNone  Forwarding = "none"
	ForwardLocal Forwarding = "local" // from the client through the host
	ForwardAll   Forwarding = "all"   // and from the host to the client
)

// Network is the first network that hosts are on, and who may administer all of
// them. Prefixes are masked.
type Network struct {
	CIDR    netip.Prefix   // IPv4
	CIDR6   netip.Prefix   // IPv6; invalid when the lab has none
	Gateway netip.Addr     // invalid when none is declared
	DNS     []netip.Addr   // resolvers; the gateway unless declared
	Admin   []netip.Prefix // who may reach SSH and management ports; never empty, never everyone, no two overlap
}

// Bytes is an amount of memory in bytes.
type Bytes int64

// Host is a machine of the lab.
type Host struct {
	Name     string       // an RFC 1123 label
	Address  netip.Addr   // IPv4, within a network of the lab; invalid when the host has only Address6
	Address6 netip.Addr   // IPv6, within the same network; invalid when the host has none
	Also     []netip.Addr // further ones, each within a network of the lab
	Port     uint16       // of its SSH server
	User     string       // the owner's account on it, never root
	// FirstUser is who logs in as long as User cannot; empty when the file does not say.
	FirstUser string
	Roles     []Role // never empty, in the file's order
	Hardware  Hardware
	// Forwarding is what its SSH server forwards.
	Forwarding Forwarding
	Open       []Opening // beside SSH, which is open to the admin networks
	Inside     []string  // network interfaces with nothing but the host's own guests behind them
}

// Hardware is what a host is said to have. It is verified, not assumed.
type Hardware struct {
	CPUs           int   // logical processors; 0 means not declared
	Memory         Bytes // 0 means not declared
	Virtualization *bool // whether it can run virtual machines; nil means not declared
}

// Opening is a port of a host that others may reach.
type Opening struct {
	Protocol string         // "tcp" or "udp"
	Port     uint16         // never 0
	From     []netip.Prefix // who may; everyone when empty
}

// Service is discretionary work: a service of the catalog, or the owner's own.
type Service struct {
	Name     string         // an RFC 1123 label
	Compose  string         // the owner's own compose file, relative to Lab.Dir; empty for a service of the catalog
	HTTPPort uint16         // where the owner's own answers HTTP; 0 when it does not
	Options  map[string]any // for the catalog: string, bool, int64, float64, nil, []any and map[string]any
}

// Waiver is the owner's word that a checkpoint may do without proof for a time.
type Waiver struct {
	Checkpoint string    // STAGE.CHECKPOINT, or STAGE.CHECKPOINT/ASPECT for a part of it
	Reason     string    // never empty
	Expires    time.Time // the first moment, in UTC, at which it no longer counts
}

// Host finds a host by name.
func (l *Lab) Host(name string) (Host, bool) {
	for _, h := range l.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return Host{}, false
}

// At is where the host is reached: its IPv4 address, or its IPv6 address where it
// has no other.
func (h Host) At() netip.Addr {
	if h.Address.IsValid() {
		return h.Address
	}
	return h.Address6
}

// Addresses are all that the host is declared with, the one where it is reached
// first.
func (h Host) Addresses() []netip.Addr {
	all := append([]netip.Addr{h.Address, h.Address6}, h.Also...)
	return slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
}

// Has reports whether the host has the role.
func (h Host) Has(r Role) bool { return slices.Contains(h.Roles, r) }

// OnlyVantage reports whether the host is only looked from, and so is never
// changed.
func (h Host) OnlyVantage() bool { return len(h.Roles) == 1 && h.Roles[0] == VantageRole }
