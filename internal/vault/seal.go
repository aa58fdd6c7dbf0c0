package vault

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"
	"filippo.io/age/armor"

	"cairn/internal/problem"
	"cairn/internal/secret"
)

// Bounds of a secret and of its file, far above what services need.
const (
	mostValue = 64 << 10
	mostFile  = 256 << 10
)

// sealed encrypts a value for the recipients that its note names.
func sealed(value secret.Text, n note, recipients []recipient) ([]byte, error) {
	var body bytes.Buffer
	armoured := armor.NewWriter(&body)
	keys := make([]age.Recipient, 0, len(recipients)+1)
	n.For = nil
	for _, r := range recipients {
		keys = append(keys, r.key)
		n.For = append(n.For, r.text)
	}
	plain, err := age.Encrypt(armoured, append(keys, n)...)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(plain, value.Reveal())
	if err := errors.Join(err, plain.Close(), armoured.Close()); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// opened decrypts a file. Its errors never repeat the content: somebody may have
// saved a value there in plain.
func opened(where string, body []byte, identities []age.Identity) (secret.Text, error) {
	if err := whole(where, body); err != nil {
		return secret.Text{}, err
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(body)), identities...)
	if err != nil {
		return secret.Text{}, notOpened(where, body, err)
	}
	value, err := io.ReadAll(io.LimitReader(plain, mostValue+1))
	switch {
	case err != nil:
		return secret.Text{}, damaged(where, "what it holds does not fit its seal")
	case len(value) > mostValue:
		return secret.Text{}, damaged(where, "it holds more than 64 KiB")
	}
	return secret.New(string(value)), nil
}

func notOpened(where string, body []byte, err error) error {
	if p := problem.Of(err); p != nil { // from asking for a passphrase
		return p
	}
	if !errors.As(err, new(*age.NoIdentityMatchError)) {
		return damaged(where, "its header cannot be read or does not fit its seal")
	}
	p := problem.New(problem.SecretLocked, where, "no identity on this machine opens this secret")
	if n, _ := noteOf(where, body); n != nil && len(n.For) > 0 {
		p.Cause = errors.New("it can be read by " + shortAll(n.For))
	}
	return p
}

// noteOf returns the note of a file, without opening the file. It is nil if Cairn did
// not write the file.
func noteOf(where string, body []byte) (*note, error) {
	if err := whole(where, body); err != nil {
		return nil, err
	}
	var r noteReader
	_, err := age.Decrypt(armor.NewReader(bytes.NewReader(body)), &r)
	if !errors.As(err, new(*age.NoIdentityMatchError)) || r.wrong {
		return nil, damaged(where, "its header cannot be read")
	}
	return r.note, nil
}

// whole reports if a part of a file is obviously missing.
func whole(where string, body []byte) error {
	switch text := bytes.TrimSpace(body); {
	case len(body) > mostFile:
		return damaged(where, "it has more than 256 KiB")
	case !bytes.HasPrefix(text, []byte(armor.Header)):
		return damaged(where, "it does not begin like a file of age in ASCII armour")
	case !bytes.HasSuffix(text, []byte(armor.Footer)):
		return damaged(where, "its end is missing")
	case bytes.Count(text, []byte(armor.Header)) > 1:
		return damaged(where, "there are several files in it")
	}
	return nil
}

func damaged(where, why string) error {
	return problem.Wrap(problem.SecretDamaged, where, "the file of this secret is damaged", errors.New(why))
}
