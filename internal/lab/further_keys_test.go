package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/internal/problem"
)

const phoneKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID9TnDZKlpoo9qhow/tSUglIidVKsXPaf10kBh4TxPGi phone"

// TestFurtherKeysFromFiles names keys by their files. A file that is no public key
// gets an error that says what it is. For a private key's file, the error names
// the public one beside it.
func TestFurtherKeysFromFiles(t *testing.T) {
	home := t.TempDir()
	for name, content := range map[string]string{
		"phone.pub": phoneKey + "\n", "laptop": "-----BEGIN OPENSSH PRIVATE KEY-----\n", "laptop.pub": phoneKey + "\n", "notes.pub": "my keys\n",
		"two.pub": phoneKey + "\n" + strings.Replace(phoneKey, "phone", "again", 1) + "\n", "empty.pub": "",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"~/phone.pub": "", filepath.Join(home, "phone.pub"): "",
		"~/gone.pub":  "there is no such file",
		"~/laptop":    "this is a private key; its public half is what belongs on the hosts; expected a public key (its line of authorized_keys without options, or the path of its file, which begins with / or ~/) such as ~/.ssh/phone.pub; did you mean `~/laptop.pub`?",
		"~/notes.pub": "what is in \"~/notes.pub\" is not a public key",
		"~/empty.pub": "what is in \"~/empty.pub\" is not a public key",
		"~/two.pub":   "there is more than one key",
	} {
		text := fmt.Sprintf("lab: home\nssh: {further-keys: [%s]}\nnetwork: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}\nhosts: {atlas: {address: 192.168.1.10}}\n", name)
		l, err := Known{Home: home}.Parse("lab.yaml", []byte(text))
		switch {
		case want == "" && (err != nil || !slices.Equal(l.SSH.FurtherKeys, []string{phoneKey})):
			t.Errorf("%s: %+v, %v", name, l, err)
		case want != "" && (problem.CodeOf(err) != problem.LabInvalid || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "lab.yaml:2:")):
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
