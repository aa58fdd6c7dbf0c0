package engine

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host"
	"cairn/internal/resource"
)

func TestKeyNotes(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	about := noted{
		key:   host.OwnerKey{Signer: signer, Comment: "me@laptop", From: "the SSH agent", Command: "ssh ops@box", Offered: true},
		steps: []StepPlan{{Diff: resource.Diff{Changes: []resource.Change{{Property: "key", To: "it"}}}}},
	}
	notes := keyNotes(about)
	if len(notes) != 1 || notes[0].Kind != NoteKey || notes[0].Fix != "" {
		t.Fatalf("notes %+v", notes)
	}
	for _, word := range []string{ssh.FingerprintSHA256(signer.PublicKey()), `"me@laptop"`, "the SSH agent", "ssh ops@box"} {
		if !strings.Contains(notes[0].Text, word) {
			t.Errorf("%q does not say %s", notes[0].Text, word)
		}
	}
	about.key.Offered = false
	if fix := keyNotes(about)[0].Fix; !strings.Contains(fix, "IdentityFile") {
		t.Errorf("the fix is %q", fix)
	}
	about.key.Elsewhere = "10.0.0.99"
	if fix := keyNotes(about)[0].Fix; !strings.Contains(fix, "10.0.0.99") {
		t.Errorf("the fix is %q", fix)
	}
	about.steps = nil
	if notes := keyNotes(about); notes != nil {
		t.Errorf("nothing changes, and the notes are %+v", notes)
	}
}
