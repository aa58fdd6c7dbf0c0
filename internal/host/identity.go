package host

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// identity is a key, or a certificate, that ssh(1) would offer to a host. Like
// ssh(1), it opens its private half only when a server accepts the public one. It
// is safe for concurrent use.
type identity struct {
	public  ssh.PublicKey
	comment string
	from    string // where it was found: a path, or the SSH agent
	file    string // the private key's file; empty if only the agent holds the key
	open    func() (ssh.Signer, error)
}

// PublicKey implements [ssh.Signer].
func (i *identity) PublicKey() ssh.PublicKey { return i.public }

// Sign implements [ssh.Signer].
func (i *identity) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return i.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm implements [ssh.AlgorithmSigner].
func (i *identity) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := i.open()
	if err != nil {
		return nil, err
	}
	if able, is := signer.(ssh.AlgorithmSigner); is && algorithm != "" {
		return able.SignWithAlgorithm(rand, data, algorithm)
	}
	return signer.Sign(rand, data)
}

// certificate reports whether the identity is a certificate, which is valid only
// until it expires.
func (i *identity) certificate() bool {
	_, is := i.public.(*ssh.Certificate)
	return is
}

// plain returns the key itself, without a certificate.
func (i *identity) plain() ssh.PublicKey {
	if c, is := i.public.(*ssh.Certificate); is {
		return c.Key
	}
	return i.public
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// usable reports whether the configuration allows this type of key to be offered
// (PubkeyAcceptedAlgorithms). RSA keys go by the names of their signatures (RFC
// 8332).
func (s settings) usable(key ssh.PublicKey) bool {
	patterns := s.get("pubkeyacceptedalgorithms")
	names := []string{key.Type()}
	switch key.Type() {
	case ssh.KeyAlgoRSA:
		names = append(names, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512)
	case ssh.CertAlgoRSAv01:
		names = append(names, ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSASHA512v01)
	}
	return patterns == "" || slices.ContainsFunc(names, func(name string) bool { return matchesList(name, patterns) })
}

// matchesList reports whether a name matches a pattern list (ssh_config(5),
// PATTERNS).
func matchesList(name, patterns string) bool {
	matched := false
	for _, pattern := range strings.Split(patterns, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if does, err := path.Match(pattern, name); err != nil || !does {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}

// inOrder puts keys into the order in which ssh(1) offers them (pubkey_prepare in
// its sshconnect2.c): the named certificates, the files' keys that the agent holds,
// the agent's other keys unless only the files count, and the other files.
func inOrder(certificates, files, held []*identity, filesOnly bool) []*identity {
	ordered, others := slices.Clone(certificates), []*identity(nil)
	for _, h := range held {
		i := slices.IndexFunc(files, func(f *identity) bool { return sameKey(f.public, h.public) })
		switch {
		case i >= 0:
			h = &identity{public: h.public, comment: h.comment, from: files[i].from + " and the SSH agent", file: files[i].file, open: h.open}
			ordered = append(ordered, h)
			files = slices.Delete(slices.Clone(files), i, i+1)
		case !filesOnly:
			others = append(others, h)
		}
	}
	return append(append(ordered, others...), files...)
}

// certify lets the certificates among the identities sign with the private keys
// among them.
func certify(identities []*identity) {
	for _, i := range identities {
		if i.open != nil {
			continue
		}
		certificate := i.public.(*ssh.Certificate)
		i.open = func() (ssh.Signer, error) {
			for _, other := range identities {
				if !other.certificate() && sameKey(other.public, certificate.Key) {
					signer, err := other.open()
					if err != nil {
						return nil, err
					}
					return ssh.NewCertSigner(certificate, signer)
				}
			}
			return nil, errors.New("the private key of the certificate was not found")
		}
	}
}
