package wire

import (
	"slices"
	"strings"

	"cairn/internal/sshdconf"
)

// SSH describes the SSH server of a host.
type SSH struct {
	// Port is the server's port of this session's login, or 0 if it is not known.
	Port uint16 `cbor:"1,keyasint,omitempty"`
	// Ports are the configured ports of the server, from its socket unit or its
	// files.
	Ports []uint16 `cbor:"2,keyasint,omitempty"`
	// Socket says that ssh.socket listens instead of the server.
	Socket bool `cbor:"3,keyasint,omitempty"`
	// Settings are all settings in the server's files and command line except
	// Cairn's own, in the order in which sshd reads them. Those of the command line
	// come first.
	Settings []sshdconf.Setting `cbor:"4,keyasint,omitempty"`
	// Forwarding is the effective AllowTcpForwarding outside of Match blocks.
	Forwarding string `cbor:"5,keyasint,omitempty"`
	// Managed says that Cairn has set where the server listens.
	Managed bool `cbor:"7,keyasint,omitempty"`
	// Concerns list the accounts of each Match that names users or groups, as long
	// as they are few.
	Concerns []Concern `cbor:"8,keyasint,omitempty"`
	// Trouble is why the files could not be read; empty if they were.
	Trouble string `cbor:"6,keyasint,omitempty"`
}

// Concern lists the accounts that a Match is about.
type Concern struct {
	Match    string      `cbor:"1,keyasint"`
	Accounts []Candidate `cbor:"2,keyasint,omitempty"`
}

// Candidate is an account that a Match is about.
type Candidate struct {
	Name   string   `cbor:"1,keyasint"`
	UID    int      `cbor:"2,keyasint"`
	Groups []string `cbor:"3,keyasint,omitempty"`
	// Allowed says that AllowGroups names one of the account's groups. Out says
	// that AllowUsers, DenyUsers or DenyGroups keep the account out, wherever it
	// logs in from.
	Allowed bool `cbor:"4,keyasint,omitempty"`
	Out     bool `cbor:"5,keyasint,omitempty"`
}

// Doors returns the settings that let somebody in, or something through, in spite
// of the policy before them. A setting for accounts that cannot log in is not a
// door.
func (s SSH) Doors(policy map[string]string, owner string) []sshdconf.Door {
	return slices.DeleteFunc(sshdconf.Doors(s.Settings, policy), func(door sshdconf.Door) bool {
		return s.letsNobodyIn(door.Match, strings.Fields(policy["allowgroups"]), owner)
	})
}

// letsNobodyIn reports whether a Match concerns only accounts that cannot log in.
// The owner's account may not exist yet. For root two locks must hold: root is in
// no group that may log in, and PermitRootLogin.
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
