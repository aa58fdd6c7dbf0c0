package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// keyring is what there is to log in with, in ssh(1)'s order.
type keyring struct {
	identities []*identity
	// problems say why some of what is named cannot be used.
	problems []error
}

// login is a way in: to which host, as whom.
type login struct{ host, user string }

// ownerKeys are the keys with which the owner logs in to a host as the lab's user:
// the one that the lab names, or else those that `ssh USER@HOST` would offer.
func (c *Connector) ownerKeys(ctx context.Context, h lab.Host) (keyring, error) {
	return c.keysFor(ctx, h, h.User)
}

// keysFor are the keys for any user of a host. Where the lab names a key it comes
// first, and for the lab's own user it is the only one.
func (c *Connector) keysFor(ctx context.Context, h lab.Host, user string) (keyring, error) {
	return c.rings.get(login{h.Name, user}, func() (keyring, error) {
		s, err := c.config.forHost(ctx, h, user)
		if err != nil {
			return keyring{}, err
		}
		if c.options.Lab.SSH.Key == "" {
			return c.offered(s)
		}
		named, err := c.offered(c.onlyLabKey(s))
		if err != nil || user == h.User {
			return named, err
		}
		others, err := c.offered(s)
		return named.with(others), err
	})
}

// onlyLabKey is what ssh(1) would do if the lab's key were the only one given.
func (c *Connector) onlyLabKey(s settings) settings {
	values := maps.Clone(s.values)
	if values == nil {
		values = map[string][]string{}
	}
	values["identityfile"], values["identitiesonly"], values["certificatefile"] = []string{c.options.Lab.SSH.Key}, []string{"yes"}, nil
	s.values, s.home = values, c.options.Home
	return s
}

// offered are the keys that ssh(1) would offer.
func (c *Connector) offered(s settings) (keyring, error) {
	if !s.offersKeys() {
		return keyring{problems: []error{fmt.Errorf("the SSH client configuration lets no keys be tried for %s (PubkeyAuthentication, PreferredAuthentications)", s.name)}}, nil
	}
	paths, err := s.files("identityfile", "IdentityFile")
	if err != nil {
		return keyring{}, err
	}
	certificates, err := s.files("certificatefile", "CertificateFile")
	if err != nil {
		return keyring{}, err
	}
	socket, err := s.agentSocket(c.options.AgentSocket)
	if err != nil {
		return keyring{}, err
	}
	var ring keyring
	named := ring.certificates(certificates)
	var files []*identity
	for _, path := range paths {
		files = append(files, c.fileIdentities(&ring, s, path, len(certificates) == 0)...)
	}
	held, err := c.agents.get(socket, func() ([]*identity, error) { return agentIdentities(socket, c.options.Limits.Dial) })
	if err != nil {
		ring.problems = append(ring.problems, err)
	}
	// ssh(1) signs for a certificate also with a key of the agent that it does not offer.
	certify(slices.Concat(held, named, files))
	ring.identities = inOrder(named, files, held, s.is("identitiesonly"))
	ring.identities = slices.DeleteFunc(ring.identities, func(i *identity) bool { return !s.usable(i.public) })
	if provider := s.get("pkcs11provider"); provider != "" {
		ring.problems = append(ring.problems, fmt.Errorf("PKCS11Provider %s is used through the SSH agent only: run `ssh-add -s %s`", provider, provider))
	}
	return ring, nil
}

// certificates reads those that CertificateFile names; what cannot be read is left
// out, as ssh(1) does.
func (r *keyring) certificates(paths []string) []*identity {
	var all []*identity
	for _, path := range paths {
		public, comment, err := readPublic(path)
		certificate, is := public.(*ssh.Certificate)
		switch {
		case err != nil:
			r.problems = append(r.problems, fmt.Errorf("CertificateFile %s: %w", path, err))
		case !is || certificate.CertType != ssh.UserCert:
			r.problems = append(r.problems, fmt.Errorf("CertificateFile %s is no certificate of a user", path))
		default:
			all = append(all, &identity{public: certificate, comment: comment, from: path})
		}
	}
	return all
}

// agentIdentities are the keys of the SSH agent at the socket; none when there is
// no agent. The connection stays, because the agent signs over it. One that was
// forwarded from a machine that is gone does not answer.
func agentIdentities(socket string, limit time.Duration) ([]*identity, error) {
	if socket == "" {
		return nil, nil
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("the SSH agent does not answer: %w", err)
	}
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	signers, err := agent.NewClient(conn).Signers()
	if err == nil {
		err = conn.SetDeadline(time.Time{}) // a person may have to allow that it signs
	}
	if err != nil || len(signers) == 0 {
		_ = conn.Close()
		return nil, err
	}
	var held []*identity
	for _, signer := range signers {
		public, err := ssh.ParsePublicKey(signer.PublicKey().Marshal())
		if err != nil {
			continue // of a kind that no server here could be asked to accept
		}
		comment := ""
		if key, is := signer.PublicKey().(*agent.Key); is {
			comment = key.Comment
		}
		held = append(held, &identity{public: public, comment: comment, from: "the SSH agent", open: func() (ssh.Signer, error) { return signer, nil }})
	}
	return held, nil
}

// empty says why there is nothing to log in with.
func (r keyring) empty(where string) error {
	if len(r.problems) == 0 {
		return problem.New(problem.HostNoKey, where, "no private key was found to log in with")
	}
	return problem.Wrap(problem.HostNoKey, where, "no private key can be used to log in with", errors.Join(r.problems...))
}

// without is the ring without one of its keys.
func (r keyring) without(i *identity, why error) keyring {
	return keyring{
		identities: slices.DeleteFunc(slices.Clone(r.identities), func(other *identity) bool { return other == i }),
		problems:   append(slices.Clone(r.problems), fmt.Errorf("%s: %w", i.from, why)),
	}
}

// with is the ring with another behind it.
func (r keyring) with(other keyring) keyring {
	for _, i := range other.identities {
		if !slices.ContainsFunc(r.identities, func(own *identity) bool { return sameKey(own.public, i.public) }) {
			r.identities = append(r.identities[:len(r.identities):len(r.identities)], i)
		}
	}
	r.problems = slices.Concat(r.problems, other.problems)
	return r
}

// plainOnly is the ring without its certificates.
func (r keyring) plainOnly() keyring {
	r.identities = slices.DeleteFunc(slices.Clone(r.identities), (*identity).certificate)
	return r
}

// shown are the keys for people.
func (r keyring) shown() string {
	var all []string
	for _, i := range r.identities {
		all = append(all, "the key "+ssh.FingerprintSHA256(i.plain()))
	}
	return strings.Join(all, ", ")
}
