package engine

import "fmt"

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
	return []Note{note}
}
