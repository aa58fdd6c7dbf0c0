package wire

import (
	"slices"
	"strings"

	"cairn/internal/sshdconf"
)

// SSH is what a host tells of its SSH server.
type SSH struct {
	// Port is where the login that carries this session came in; 0 where that is
	// not known.
	Port uint16 `cbor:"1,keyasint,omitempty"`
	// Ports are those that the server is to listen on, by its socket or its files.
	Ports []uint16 `cbor:"2,keyasint,omitempty"`
	// Socket says that ssh.socket listens in the server's place.
	Socket bool `cbor:"3,keyasint,omitempty"`
	// Settings are all of the server's files and command line but Cairn's own, in
	// the order in which sshd reads them, those of the command line first.
	Settings []sshdconf.Setting `cbor:"4,keyasint,omitempty"`
	// Forwarding is AllowTcpForwarding as it is in force for everybody.
	Forwarding string `cbor:"5,keyasint,omitempty"`
	// Managed says that Cairn has decided where the server listens.
	Managed bool `cbor:"7,keyasint,omitempty"`
	// Concerns are whom those Matches are about that name users or groups, as long as
	// these are few.
	Concerns []Concern `cbor:"8,keyasint,omitempty"`
	// Trouble is why the files could not be read; empty when they were.
	Trouble string `cbor:"6,keyasint,omitempty"`
}

// Concern is whom a Match is about.
type Concern struct {
	Match    string      `cbor:"1,keyasint"`
	Accounts []Candidate `cbor:"2,keyasint,omitempty"`
}

// Candidate is an account of the host that a Match is about.
type Candidate struct {
	Name   string   `cbor:"1,keyasint"`
	UID    int      `cbor:"2,keyasint"`
	Groups []string `cbor:"3,keyasint,omitempty"`
	// Allowed says that AllowGroups names a group of its, Out that AllowUsers,
	// DenyUsers or DenyGroups keep it out wherever it comes from.
	Allowed bool `cbor:"4,keyasint,omitempty"`
	Out     bool `cbor:"5,keyasint,omitempty"`
}

// Doors are the settings that let somebody in, or something through, although the
// policy stands before them. What opens something only for accounts that are not
// let in is no door.
func (s SSH) Doors(policy map[string]string, owner string) []sshdconf.Door {
	return slices.DeleteFunc(sshdconf.Doors(s.Settings, policy), func(door sshdconf.Door) bool {
		return s.letsNobodyIn(door.Match, strings.Fields(policy["allowgroups"]), owner)
	})
}

// letsNobodyIn reports whether a Match is only about accounts that the server does
// not let in. The owner may not be there yet. For root two locks are to hold: being
// in no group that may log in, and PermitRootLogin.
func (s SSH) letsNobodyIn(match string, groups []string, owner string) bool {
	at := slices.IndexFunc(s.Concerns, func(c Concern) bool { return c.Match == match })
	if at < 0 || sshdconf.Concerns(match, owner, append([]string{owner}, groups...)) {
		return false
	}
	return !slices.ContainsFunc(s.Concerns[at].Accounts, func(c Candidate) bool {
		allowed := c.Allowed || slices.ContainsFunc(c.Groups, func(group string) bool { return slices.Contains(groups, group) })
		return c.UID == 0 || allowed && !c.Out
	})
}
