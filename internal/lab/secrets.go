package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/vault"
)

// Secrets says who can read the lab's secrets.
type Secrets struct {
	// Recipients are public keys of age or SSH, without comments and duplicates.
	Recipients []string
}

// recipientForm never shows what is written: it may be a private key.
var recipientForm = &document.Form{
	Name: "a recipient", Rule: "a public key of age, or of SSH if it is of the kind ssh-ed25519", Private: true,
	Example: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
	Pattern: vault.RecipientPattern,
	Check: func(text string) *document.Flaw {
		_, err := vault.PlainRecipient(text)
		switch {
		case errors.Is(err, vault.ErrPrivate):
			return &document.Flaw{
				Code: problem.LabUnsafe, Message: "this is a private key, which must not be in this file: take it out, and replace it if it was ever in git",
				Expected: "its public half, which `age-keygen -y` shows",
			}
		case err != nil:
			return &document.Flaw{Message: err.Error()}
		}
		return nil
	},
}

func secretsShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "recipients", Required: true, Shape: document.NonEmpty(document.ListOf(document.Words(recipientForm)), "nobody could read the secrets"),
			Doc: "Public keys of all who can read them. The private one of the first is in `.cairn/identity.txt`, which `cairn init` makes, or is your SSH key. After a change run `cairn secret rewrap`."},
	)
}

// recipients takes the keys in, and reports one that is there twice with different
// comments.
func (r *rules) recipients() {
	for _, n := range r.root.Get("secrets").Get("recipients").List() {
		plain, err := vault.PlainRecipient(document.TextOf(n))
		switch {
		case !r.good(n) || err != nil:
		case slices.Contains(r.lab.Secrets.Recipients, plain):
			r.fault(n.Place, document.Flaw{Code: problem.LabDuplicate, Message: "this key is in the list twice"})
		default:
			r.lab.Secrets.Recipients = append(r.lab.Secrets.Recipients, plain)
		}
	}
}

// MakeIdentity makes the identity that opens a lab's secrets, in the state folder of
// the lab in dir, unless there is one. It sees to it that git leaves it out. It
// returns the identity's recipient, and the paths of the files that it wrote.
func MakeIdentity(dir string, now time.Time) (recipient string, written []string, err error) {
	state := filepath.Join(dir, StateDirName)
	if err := os.MkdirAll(state, 0o755); err != nil {
		return "", nil, fmt.Errorf("make the folder of the lab: %w", err)
	}
	ignored := filepath.Join(state, ".gitignore")
	wrote, err := writeNew(ignored, []byte(gitignore))
	if err != nil {
		return "", nil, fmt.Errorf("write %s: %w", ignored, err)
	}
	if wrote {
		written = append(written, ignored)
	}
	recipient, made, err := vault.MakeIdentity(state, now)
	if made {
		written = append(written, filepath.Join(state, vault.IdentityName))
	}
	return recipient, written, err
}

// recipientLines are those of a lab file that name who can read the secrets.
func recipientLines(recipient string) string {
	return "secrets:\n  recipients:\n  - " + recipient + "\n"
}

// WriteRecipient adds to the lab file at path, at its end, who can read the secrets.
// It changes nothing else of the text. It writes only if the lab then differs in
// nothing but this. Otherwise it returns a problem that gives the owner the lines to
// add. A lab that names this recipient already stays as it is.
func WriteRecipient(path, recipient string) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	before, err := Parse(path, data)
	if err != nil {
		return err
	}
	if slices.Contains(before.Secrets.Recipients, recipient) {
		return nil
	}
	changed := slices.Clone(data)
	if !bytes.HasSuffix(changed, []byte("\n")) {
		changed = append(changed, '\n')
	}
	changed = append(changed, "\n# Who can read the lab's secrets; the private key is in "+StateDirName+"/"+vault.IdentityName+".\n"+recipientLines(recipient)...)
	after, err := Parse(path, changed)
	if err != nil || !onlyRecipient(*before, *after, recipient) {
		return problem.New(problem.LabUnwritten, path, "Cairn cannot add who can read the secrets without changing more").
			WithFix("add these lines yourself:\n" + recipientLines(recipient))
	}
	return replaceFile(path, changed)
}

// onlyRecipient reports whether two labs differ only in who can read the secrets,
// and that is just the one.
func onlyRecipient(before, after Lab, recipient string) bool {
	named := slices.Equal(after.Secrets.Recipients, []string{recipient})
	after.Hash, after.Secrets = before.Hash, before.Secrets
	return named && reflect.DeepEqual(before, after)
}
