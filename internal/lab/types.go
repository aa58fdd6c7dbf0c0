// Package lab reads the lab file, in which the owner declares the lab.
//
// The keys of the file are in one table: fields.go, with the forms of values in
// forms.go and the choices in choices.go. Validation, the JSON Schema for editors
// ([Schema]) and the reference page ([Reference]) are all made from it. The files
// *_rules.go check values against each other. This package connects to no host.
package lab

import (
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"cairn/internal/document"
)

// Workflow says how strictly one stage waits for another.
type Workflow string

// The workflow modes.
const (
	// Waterfall opens a stage when the stage before it has met its exit criteria.
	Waterfall Workflow = "waterfall"
	// Agile makes tasks wait only for their dependencies.
	Agile Workflow = "agile"
	// Hybrid makes everything wait for the first stage, and later tasks only for
	// their dependencies.
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

// Lab is everything that the lab file declares, with all defaults filled in. It
// does not change after loading, so it is safe for concurrent use.
type Lab struct {
	Name     string // an RFC 1123 label
	Domain   string // services are named SERVICE.DOMAIN
	Timezone string // a name of the IANA time zone database
	Workflow Workflow
	SSH      SSH
	Network  Network           // the first network, and who administers the lab
	Networks []Subnet          // further networks, sorted by name
	Hosts    []Host            // sorted by name
	Choose   map[string]string // the chosen option of every choice
	Journal  Journal
	Secrets  Secrets
	Services []Service // sorted by name
	Images   Images
	Waivers  []Waiver // in the file's order

	File string // path of the lab file as it was given
	Dir  string // its folder
	Hash string // SHA-256 of its bytes, in hexadecimal digits

	// Remarks are faults that do not prevent the use of the lab: an expired waiver
	// (code LabExpired), a key file that is not on this machine (LabNoKey), and
	// settings that this version of Cairn does not support yet (LabNotReady).
	Remarks document.Faults
}

// RootFile is the path of the root certificate of the lab's own authority, beside the
// lab file.
func (l *Lab) RootFile() string { return filepath.Join(l.Dir, "authority.crt") }

// SSH is how the owner logs in.
type SSH struct {
	// Key is the path of the owner's private key, or of a public key whose private
	// half the SSH agent holds. It is absolute or begins with "~/". Empty means the
	// keys that the owner's ssh(1) offers to a host.
	Key string
	// FurtherKeys are the public keys of the owner's other devices, as plain lines
	// of authorized_keys, without duplicates.
	FurtherKeys []string
	// Forwarding is what hosts forward over SSH, unless one says otherwise.
	Forwarding Forwarding
}

// Journal says how long the record of events is kept.
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

// Network is the main network of the hosts, and the networks that may administer
// all hosts. Its prefixes are masked.
type Network struct {
	CIDR    netip.Prefix   // IPv4
	CIDR6   netip.Prefix   // IPv6; invalid if the lab has none
	Gateway netip.Addr     // invalid if none is declared
	DNS     []netip.Addr   // resolvers; the gateway unless declared
	Admin   []netip.Prefix // who may reach SSH and management ports; never empty, never everyone, no two overlap
}

// Host is a machine of the lab.
type Host struct {
	Name     string       // an RFC 1123 label
	Address  netip.Addr   // IPv4, within a network of the lab; invalid if the host has only Address6
	Address6 netip.Addr   // IPv6, within the same network; invalid if the host has none
	Also     []netip.Addr // further addresses, each within a network of the lab
	Port     uint16       // of its SSH server
	User     string       // the owner's account on it, never root
	// FirstUser is the user for first contact, while User does not work yet. Empty
	// if the file does not say.
	FirstUser string
	Roles     []Role // never empty, in the file's order
	Hardware  Hardware
	// Forwarding is what the host's SSH server forwards.
	Forwarding Forwarding
	Open       []Opening // beside SSH, which is open to the admin networks
	Inside     []string  // network interfaces that lead only to the host's own guests
}

// Hardware is what a host is declared to have. Cairn verifies it.
type Hardware struct {
	CPUs           int            // logical processors; 0 means not declared
	Memory         document.Bytes // 0 means not declared
	Virtualization *bool          // whether it can run virtual machines; nil means not declared
}

// Opening is a port of a host that is open to others.
type Opening struct {
	Protocol string         // "tcp" or "udp"
	Port     uint16         // never 0
	From     []netip.Prefix // the networks that may reach it; empty means everyone
}

// Service is optional work: a service of the catalog, or the owner's own.
type Service struct {
	Name     string         // an RFC 1123 label
	Compose  string         // the owner's own compose file, relative to Lab.Dir; empty for a service of the catalog
	On       string         // the host that it runs on; empty leaves the choice to Cairn
	HTTPPort uint16         // the HTTP port of the owner's own service; 0 if it has none
	Options  map[string]any // for the catalog: string, bool, int64, float64, nil, []any and map[string]any
}

// Waiver lets a checkpoint count without proof for a time, by the owner's word.
type Waiver struct {
	Checkpoint string    // STAGE.CHECKPOINT, or STAGE.CHECKPOINT/ASPECT for a part of it
	Reason     string    // never empty
	Expires    time.Time // from this moment on, in UTC, it no longer counts
}

// Host returns the host of that name, and whether there is one.
func (l *Lab) Host(name string) (Host, bool) {
	for _, h := range l.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return Host{}, false
}

// At returns the address at which Cairn reaches the host: its IPv4 address, or its
// IPv6 address if it has no other.
func (h Host) At() netip.Addr {
	if h.Address.IsValid() {
		return h.Address
	}
	return h.Address6
}

// Addresses returns all declared addresses of the host, with that of [Host.At]
// first.
func (h Host) Addresses() []netip.Addr {
	all := append([]netip.Addr{h.Address, h.Address6}, h.Also...)
	return slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
}

// Has reports whether the host has the role.
func (h Host) Has(r Role) bool { return slices.Contains(h.Roles, r) }

// OnlyVantage reports whether the host is only a vantage. Cairn never changes such
// a host.
func (h Host) OnlyVantage() bool { return len(h.Roles) == 1 && h.Roles[0] == VantageRole }
