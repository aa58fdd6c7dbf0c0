package task

import (
	"path"
	"slices"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/sshdconf"
)

// access is the owner's own way in: a user with the owner's key, in the group
// that may log in, with sudo. It is proven before any other way in is closed.
// Home and shell are for a new user; an existing account keeps its own.
func access(h Host) []resource.Resource {
	user := h.Host.User
	return []resource.Resource{
		resource.Group{Name: SSHGroup, System: true},
		resource.User{Name: user, Home: "/home/" + user, Shell: "/bin/bash", Groups: []string{SSHGroup}},
		resource.AuthorizedKey{User: user, Line: h.OwnerKey, Further: furtherKeys(h)},
		resource.Sudoers{Name: "cairn-" + user, Content: resource.Inline(sudoersFor(user))},
	}
}

// furtherKeys returns the owner's other keys. The lab may also declare the key
// that is already set up; it is left out here.
func furtherKeys(h Host) []string {
	var others []string
	for _, line := range h.Lab.SSH.FurtherKeys {
		if !sameKey(line, h.OwnerKey) {
			others = append(others, line)
		}
	}
	return others
}

// sameKey compares the keys of two lines of authorized_keys, without options.
func sameKey(a, b string) bool {
	one, other := strings.Fields(a), strings.Fields(b)
	return len(one) > 1 && len(other) > 1 && slices.Equal(one[:2], other[:2])
}

// dropinName sorts before everything that the distribution or cloud-init puts
// into sshd_config.d, because the first value of a keyword wins
// (sshd_config(5)).
var dropinName = path.Base(sshdconf.Own)

// sshDropin is the policy for sshd on the host.
func sshDropin(h Host) resource.SSHDropin {
	dropin := resource.SSHDropin{Name: dropinName, Ports: sshPorts(h)}
	for _, o := range SSHPolicy(h.Facts.OS, h.Lab.Network.Admin, h.Host.Forwarding) {
		dropin.Options = append(dropin.Options, resource.SSHOption(o))
	}
	return dropin
}

// EffectiveSSH returns the policy in the form of `sshd -T`, to compare it with
// what is in force: keywords in lower case, values as they are written.
func EffectiveSSH(h Host) map[string]string {
	effective := map[string]string{}
	for _, o := range SSHPolicy(h.Facts.OS, h.Lab.Network.Admin, h.Host.Forwarding) {
		effective[strings.ToLower(o.Keyword)] = o.Value
	}
	return effective
}

// firewallTable returns the host's firewall table.
func firewallTable(h Host) resource.Resource {
	open := slices.Concat(oldDoor(h), h.Host.Open)
	policy, err := FirewallPolicy(h.Host.Port, h.Lab.Network.Admin, open, SidesOf(h))
	table := resource.NftTable{Family: "inet", Name: FirewallTable, Body: resource.Inline(policy.Nft())}
	if err != nil {
		return impossibleTable{table, err}
	}
	return table
}

// impossibleTable is a table for a policy that no firewall can express. It never
// reaches a host: describing it fails, and so does the plan.
type impossibleTable struct {
	resource.NftTable
	why error
}

// Validate implements [resource.Resource].
func (u impossibleTable) Validate() error { return u.why }
