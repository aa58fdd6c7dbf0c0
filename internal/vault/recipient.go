package vault

import (
	"errors"
	"regexp"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// RecipientPattern matches what [PlainRecipient] may accept, for schemas.
const RecipientPattern = `^(age1[02-9ac-hj-np-z]{58}$|ssh-ed25519 AAAA)`

// ErrPrivate means that a private key stands where a public one belongs. No error of
// this package repeats the given text.
var ErrPrivate = errors.New("this is a private key")

var privateKey = regexp.MustCompile(`(?i)AGE-SECRET-KEY-|PRIVATE KEY|AGE-PLUGIN-`)

// PlainRecipient checks a recipient, and returns it without its comment.
func PlainRecipient(text string) (string, error) {
	r, err := parseRecipient(text)
	return r.text, err
}

// recipient is a public key for which secrets are encrypted.
type recipient struct {
	text string
	key  age.Recipient
}

func parseRecipient(text string) (recipient, error) {
	text = strings.TrimSpace(text)
	if privateKey.MatchString(text) {
		return recipient{}, ErrPrivate
	}
	if strings.HasPrefix(text, "age1") {
		key, err := age.ParseX25519Recipient(text)
		if err != nil {
			return recipient{}, errors.New("this age recipient has a typing error, or is of an unknown kind")
		}
		return recipient{key.String(), key}, nil
	}
	public, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	switch {
	case err != nil || len(rest) > 0:
		return recipient{}, errors.New("this is no public key")
	case len(options) > 0:
		return recipient{}, errors.New("the lab file takes no options before a key: write the key alone")
	case public.Type() != ssh.KeyAlgoED25519:
		return recipient{}, errors.New("an SSH key must be of the kind ssh-ed25519 to encrypt secrets, and this one is of the kind " + public.Type())
	}
	key, err := agessh.NewEd25519Recipient(public)
	if err != nil {
		return recipient{}, errors.New("this SSH key cannot encrypt secrets")
	}
	return recipient{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))), key}, nil
}
