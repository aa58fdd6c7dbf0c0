package engine

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/resource"
)

// keyNotes say which key will open the host, if anything on the host is to change.
// It is the owner's way in from then on.
func keyNotes(n noteInput) []Note {
	changes := false
	for _, step := range n.steps {
		changes = changes || step.Changes()
	}
	if !changes || n.key.Signer == nil {
		return nil
	}
	comment := ""
	if n.key.Comment != "" {
		comment = fmt.Sprintf(" %q", n.key.Comment)
	}
	note := Note{
		Kind: NoteKey,
		Text: fmt.Sprintf("Your key %s%s opens the host afterwards: %s. It is from %s.", n.key.Fingerprint(), comment, n.key.Command, n.key.From),
	}
	switch {
	case n.key.Elsewhere != "":
		note.Fix = fmt.Sprintf("~/.ssh/config leads ssh to %s, lab.yaml to %s: make them the same", n.key.Elsewhere, n.host.At())
	case !n.key.Offered:
		note.Fix = "Your ssh does not offer this key by itself: name it as IdentityFile in ~/.ssh/config"
	}
	return append([]Note{note}, furtherKeyNotes(n)...)
}

// furtherKeyNotes say which other keys will open the same account.
func furtherKeyNotes(n noteInput) []Note {
	step, changes := n.changing("authorized-key ")
	if !changes || !slices.ContainsFunc(step.Diff.Changes, func(c resource.Change) bool { return c.Property == resource.FurtherKey }) {
		return nil
	}
	var names []string
	for _, line := range n.lab.SSH.FurtherKeys {
		names = append(names, keyName(line))
	}
	return []Note{{Kind: NoteKey, Text: "So do the keys of your other devices: " + strings.Join(names, ", ") + " (ssh.further-keys)."}}
}

// revokedKeys say which of the keys to be set up the SSH server refuses, and why.
// One of them is the way in on which everything else depends.
func revokedKeys(n noteInput) []Note {
	var notes []Note
	for _, r := range n.survey.Revoked {
		note := Note{Kind: NoteConflict, Text: "the SSH server refuses the key " + keyName(r.Line) + ": " + r.Why, Fix: "take the key out of that file, or set up another one"}
		if r.All {
			note = Note{Kind: NoteConflict, Text: r.Why + ", yours too", Fix: "correct that file, or remove the line with RevokedKeys; a file without a key revokes none"}
		}
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}

// keyName names the key of an authorized_keys line, for people.
func keyName(line string) string {
	key, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(ssh.FingerprintSHA256(key) + " " + comment)
}
