package engine

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/resource"
)

// keyNotes say which key opens the host once it is set up, where something on the
// host is to be changed: it is the owner's way in from then on.
func keyNotes(n noted) []Note {
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
		note.Fix = fmt.Sprintf("~/.ssh/config leads ssh to %s, lab.yaml to %s: make them the same", n.key.Elsewhere, n.host.Address)
	case !n.key.Offered:
		note.Fix = "Your ssh does not offer this key by itself: name it as IdentityFile in ~/.ssh/config"
	}
	return append([]Note{note}, furtherKeyNotes(n)...)
}

// furtherKeyNotes say which other keys open the same account, where they are put
// there.
func furtherKeyNotes(n noted) []Note {
	step, changes := n.changing("authorized-key ")
	if !changes || !slices.ContainsFunc(step.Diff.Changes, func(c resource.Change) bool { return c.Property == resource.FurtherKey }) {
		return nil
	}
	var names []string
	for _, line := range n.lab.SSH.FurtherKeys {
		if key, comment, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			names = append(names, strings.TrimSpace(ssh.FingerprintSHA256(key)+" "+comment))
		}
	}
	return []Note{{Kind: NoteKey, Text: "So do the keys of your other devices: " + strings.Join(names, ", ") + " (ssh.further-keys)."}}
}
