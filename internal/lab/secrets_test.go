package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
)

const (
	someRecipient  = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	otherRecipient = "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw"
)

// TestPrivateKeysAreNotRepeated: a private key that was pasted into the lab file is
// refused at its place, in whatever shape, and no message holds a part of it.
func TestPrivateKeysAreNotRepeated(t *testing.T) {
	const age, body = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SDLR30", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz"
	const pem = "-----BEGIN OPENSSH PRIVATE KEY-----"
	for _, secrets := range []string{
		"{recipients: [" + age + "]}", "{recipients: [" + strings.ToLower(age) + "]}", "{recipients: [" + age + ", " + age + "]}",
		"{recipients: " + age + "}", age, "[" + age + "]", "{recipients: {key: " + age + "}}", "{recipients: [{key: " + age + "}]}",
		"\n  recipients:\n  - |\n    " + pem + "\n    " + body + "\n    -----END OPENSSH PRIVATE KEY-----\n",
		"\n  recipients:\n  - " + pem + "\n    " + body + "\n    -----END OPENSSH PRIVATE KEY-----\n",
		"\n  recipients:\n  - '" + pem + " " + body + "'\n",
		"\n  recipients:\n  - " + body + "\n  - " + body + "\n",
		"\n  recipients:\n  - ssh-ed25519 " + body + "\n",
	} {
		text := "lab: home\nnetwork: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}\nhosts: {atlas: {address: 192.168.1.10}}\nsecrets: " + secrets
		_, err := Parse("lab.yaml", []byte(text))
		var faults document.Faults
		if !errors.As(err, &faults) || faults[0].Line < 4 {
			t.Errorf("%s: %v", secrets, err)
		}
		said := fmt.Sprintf("%v %+v", err, faults)
		for _, part := range []string{age[15:30], strings.ToLower(age[15:30]), body[:20]} {
			if strings.Contains(said, part) {
				t.Errorf("%s is repeated: %s", secrets, said)
			}
		}
	}
}

// TestWriteRecipient adds its lines at the end and leaves every other byte alone.
func TestWriteRecipient(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	for _, text := range []string{commented, strings.TrimSuffix(commented, "\n")} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it is there already
			if err := WriteRecipient(path, someRecipient); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		want := commented + "\n# Who can read the lab's secrets; the private key is in .cairn/identity.txt.\nsecrets:\n  recipients:\n  - " + someRecipient + "\n"
		if err != nil || string(got) != want {
			t.Errorf("%v\n%s", err, got)
		}
		if l, err := Load(path); err != nil || len(l.Secrets.Recipients) != 1 || l.Secrets.Recipients[0] != someRecipient {
			t.Errorf("%+v, %v", l, err)
		}
	}
	err := WriteRecipient(path, otherRecipient)
	if problem.CodeOf(err) != problem.LabUnwritten || !strings.Contains(problem.Of(err).Fix, "  - "+otherRecipient) {
		t.Errorf("with others in the list: %v", err)
	}
}

// TestMakeIdentity also where the lab was made by hand: git must not see it.
func TestMakeIdentity(t *testing.T) {
	dir := t.TempDir()
	first, written, err := MakeIdentity(dir, time.Now())
	if err != nil || len(written) != 2 || !recipientLinesParse(first) {
		t.Fatalf("%s, %v, %v", first, written, err)
	}
	again, written, err := MakeIdentity(dir, time.Now())
	if err != nil || len(written) != 0 || again != first {
		t.Errorf("%s became %s, %v, %v", first, again, written, err)
	}
	ignored, err := os.ReadFile(filepath.Join(dir, StateDirName, ".gitignore"))
	if err != nil || string(ignored) != gitignore {
		t.Errorf("%q, %v", ignored, err)
	}
}

func recipientLinesParse(recipient string) bool {
	_, err := Parse("lab.yaml", []byte(remarked+recipientLines(recipient)))
	return err == nil
}
