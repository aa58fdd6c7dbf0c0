package engine

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/lab"
	"cairn/internal/sshdconf"
	"cairn/internal/task"
)

// policyChanges reports whether the SSH server's policy is about to change.
func (n noteInput) policyChanges() bool {
	_, changes := n.changing("sshd-dropin ")
	return changes
}

// policy returns the planned policy of the SSH server, with keywords in lower case.
func (n noteInput) policy() map[string]string {
	return task.EffectiveSSH(task.Host{Lab: n.lab, Host: n.host, Facts: n.facts})
}

// sshDoors are the owner's settings that let somebody in despite the policy.
func (n noteInput) sshDoors() []Note {
	var notes []Note
	if trouble := n.facts.SSH.Trouble; trouble != "" {
		notes = append(notes, Note{Kind: NoteConflict, Text: "the SSH server's files cannot be read: " + trouble, Fix: "correct the line that is named"})
	}
	for _, door := range n.facts.SSH.Doors(n.policy(), n.host.User) {
		notes = append(notes, Note{
			Kind: NoteConflict, Text: door.Text(), Fix: shutting(door) + ", or waive foundation.ssh-access; the checkpoint cannot be proven with it",
		})
	}
	return notes
}

// shutting says how to close a door.
func shutting(door sshdconf.Door) string {
	switch {
	case door.Command && door.Line == 0:
		return "restart the SSH server; its unit no longer has that option"
	case door.Command:
		return "remove the option and restart the SSH server"
	}
	return "remove the line"
}

// waysIn are settings that let somebody in and that the policy turns off, with a
// text for each.
var waysIn = map[string]string{
	"trustedusercakeys":       "certificates of the authority in %s will no longer open the host",
	"authorizedkeyscommand":   "keys that %s names will no longer open the host",
	"hostbasedauthentication": "logins that another machine vouches for (HostbasedAuthentication %s) will no longer work",
	"gssapiauthentication":    "Kerberos tickets (GSSAPIAuthentication %s) will no longer open the host",
	"kerberosauthentication":  "Kerberos passwords (KerberosAuthentication %s) will no longer open the host",
	"authorizedkeysfile":      "of the key files %s only .ssh/authorized_keys will still be read",
}

// sshWaysClosed names the owner's ways in that the policy closes.
func (n noteInput) sshWaysClosed() []Note {
	if !n.policyChanges() {
		return nil
	}
	policy, seen := n.policy(), map[string]bool{}
	var notes []Note
	for _, s := range n.facts.SSH.Settings {
		text, isWay := waysIn[s.Keyword]
		value := s.Value()
		if !isWay || s.Match != "" || seen[s.Keyword] || strings.EqualFold(value, policy[s.Keyword]) || value == "none" || strings.EqualFold(value, "no") ||
			s.Keyword == "authorizedkeysfile" && value == ".ssh/authorized_keys .ssh/authorized_keys2" {
			continue
		}
		seen[s.Keyword] = true
		notes = append(notes, Note{
			Kind: NoteAccess, Text: fmt.Sprintf(text, value) + " (" + s.Place() + ")",
			Fix: "first give everybody who needs it an account and a key of their own",
		})
	}
	return notes
}

// sshListsOwner names lists that would keep the owner out, or keep letting others
// in.
func (n noteInput) sshListsOwner() []Note {
	var notes []Note
	for _, s := range n.facts.SSH.Settings {
		named := slices.ContainsFunc(s.Args, func(pattern string) bool {
			user, _, _ := strings.Cut(pattern, "@")
			return sshdconf.Matches(user, n.host.User)
		})
		switch {
		case s.Keyword == "denyusers" && named:
			notes = append(notes, Note{
				Kind: NoteConflict, Text: fmt.Sprintf("%s: DenyUsers %s keeps %s out", s.Place(), s.Value(), n.host.User), Fix: "take " + n.host.User + " out of that line",
			})
		case s.Keyword == "allowusers" && !named && !n.allowedElsewhere(s):
			notes = append(notes, Note{
				Kind: NoteConflict, Text: fmt.Sprintf("%s: AllowUsers %s does not let %s in", s.Place(), s.Value(), n.host.User), Fix: "add " + n.host.User + " to that line",
			})
		}
	}
	return notes
}

// allowedElsewhere reports whether another line of AllowUsers for the same logins
// names the owner. Such lines add up.
func (n noteInput) allowedElsewhere(than sshdconf.Setting) bool {
	return slices.ContainsFunc(n.facts.SSH.Settings, func(s sshdconf.Setting) bool {
		return s.Keyword == "allowusers" && s.Match == than.Match && slices.ContainsFunc(s.Args, func(pattern string) bool {
			user, _, _ := strings.Cut(pattern, "@")
			return sshdconf.Matches(user, n.host.User)
		})
	})
}

// forwards ranks what sshd forwards. Each value includes those below it.
var forwards = map[string]int{"no": 0, "local": 1, "yes": 2, "all": 2}

// sshForwarding names forwarding that works at present and will not afterwards.
func (n noteInput) sshForwarding() []Note {
	today, then := n.facts.SSH.Forwarding, n.policy()["allowtcpforwarding"]
	if !n.policyChanges() || forwards[strings.ToLower(today)] <= forwards[then] {
		return nil
	}
	text := "TCP forwarding over SSH stops working, which VS Code Remote and ProxyJump through this host need"
	if n.host.Forwarding == lab.ForwardLocal {
		text = "TCP forwarding from this host to a client (ssh -R) stops working"
	}
	return []Note{{Kind: NoteStops, Text: text, Fix: "to keep it, set `forwarding: local` for the host (or `all`, with ssh -R)"}}
}
