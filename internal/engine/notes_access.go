package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/internal/task"
	"cairn/internal/wire"
)

// lostAccounts names each account that can log in over SSH at present and will not
// afterwards, and those that lose one of their ways in. If the SSH server already
// runs with Cairn's policy, no account is lost.
func lostAccounts(n noteInput) []Note {
	if _, changes := n.changing("sshd-dropin "); !changes {
		return nil
	}
	var notes []Note
	for _, a := range n.survey.Accounts {
		if a.Keys == 0 && !a.Password {
			continue // it cannot log in today either
		}
		text := lostWays(a, n.host.User)
		if text == "" {
			continue
		}
		if !a.Last.IsZero() {
			text += " Last login: " + a.Last.Format(time.DateOnly) + "."
		}
		notes = append(notes, Note{Kind: NoteAccess, Text: text})
	}
	return append(notes, sleepingKeys(n)...)
}

// sleepingKeys names the keys that stay but will open nothing.
func sleepingKeys(n noteInput) []Note {
	var whose []string
	for _, a := range n.survey.Accounts {
		if number := a.Keys + a.Asleep; number > 0 && !stays(a, n.host.User) {
			whose = append(whose, fmt.Sprintf("%s (%d)", a.Name, number))
		}
	}
	if len(whose) == 0 {
		return nil
	}
	return []Note{{
		Kind: NoteAccess, Text: "These keys stay in authorized_keys, but will open nothing: " + strings.Join(whose, ", ") + ". After a release they open the host again.",
		Fix: "take out what nobody needs any more",
	}}
}

// stays reports whether an account's keys will still work.
func stays(a wire.Account, owner string) bool {
	return a.Name == owner || slices.Contains(a.Groups, task.SSHGroup)
}

// lostWays says what an account can do at present and cannot do afterwards.
func lostWays(a wire.Account, owner string) string {
	switch stays := stays(a, owner); {
	case stays && a.Keys > 0 && a.Password:
		return a.Name + " can log in with a password today; only its key will work."
	case a.Name == owner && a.Password:
		return a.Name + " can log in with a password today; only the key that is installed will work."
	case stays && a.Keys > 0:
		return ""
	}
	var with []string
	if a.Keys > 0 {
		with = append(with, keys(a.Keys))
	}
	if a.Password {
		with = append(with, "a password")
	}
	text := fmt.Sprintf("%s can log in with %s today and will no longer get in over SSH.", a.Name, strings.Join(with, " or "))
	if a.UID == 0 {
		text += " You become root with sudo."
	}
	return text
}

func keys(n int) string {
	if n == 1 {
		return "a key"
	}
	return fmt.Sprintf("%d keys", n)
}

// sudoWithoutPassword says what the owner's key finally opens.
func sudoWithoutPassword(n noteInput) []Note {
	if _, changes := n.changing("sudoers "); !changes {
		return nil
	}
	return []Note{{Kind: NoteKey, Text: fmt.Sprintf("sudo will ask %s for no password: anybody with the key is root.", n.host.User)}}
}
