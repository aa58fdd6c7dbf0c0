package engine

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/testkey"
	"cairn/internal/wire"
)

const phoneKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID9TnDZKlpoo9qhow/tSUglIidVKsXPaf10kBh4TxPGi phone"

func TestKeyNotes(t *testing.T) {
	signer := testkey.New(t)
	about := noteInput{
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
	about.lab = &lab.Lab{SSH: lab.SSH{FurtherKeys: []string{phoneKey}}}
	about.steps = append(about.steps, StepPlan{ID: "authorized-key ops", Diff: resource.Diff{Changes: []resource.Change{{Property: resource.FurtherKey}}}})
	if notes := keyNotes(about); len(notes) != 2 || !strings.Contains(notes[1].Text, "SHA256:0F7SxrYNQRVg7TACxVLwtev90sh18/8LcgLXXmIdU4E phone") {
		t.Errorf("with a further key: %+v", notes)
	}
	about.steps = nil
	if notes := keyNotes(about); notes != nil {
		t.Errorf("nothing changes, and the notes are %+v", notes)
	}
}

// TestRevokedKeyNotes checks that a key which the server refuses is named with the
// reason. A reason for every key is given once.
func TestRevokedKeyNotes(t *testing.T) {
	about := noteInput{survey: wire.Survey{Revoked: []resource.Revoked{
		{Line: phoneKey, Why: "/etc/ssh/lost:3 revokes it (RevokedKeys, /etc/ssh/sshd_config:9)"},
	}}}
	got := revokedKeys(about)
	if len(got) != 1 || got[0].Kind != NoteConflict || got[0].Text != "the SSH server refuses the key "+keyName(phoneKey)+": /etc/ssh/lost:3 revokes it (RevokedKeys, /etc/ssh/sshd_config:9)" {
		t.Errorf("%+v", got)
	}
	all := resource.Revoked{Line: phoneKey, Why: "there is no /etc/ssh/lost, so the SSH server refuses every key (RevokedKeys, /etc/ssh/sshd_config:9)", All: true}
	other := all
	other.Line = "another"
	about.survey.Revoked = []resource.Revoked{all, other}
	if got := revokedKeys(about); len(got) != 1 || got[0].Text != all.Why+", yours too" {
		t.Errorf("%+v", got)
	}
}
