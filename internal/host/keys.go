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

// keyring holds the keys to log in with, in ssh(1)'s order.
type keyring struct {
	identities []*identity
	// problems say why some of the named keys cannot be used.
	problems []error
}

// login is a user on a host.
type login struct{ host, user string }

// ownerKeys returns the keys with which the owner logs in to a host as the lab's
// user: the lab's key if it names one, else those that `ssh USER@HOST` would offer.
func (c *Connector) ownerKeys(ctx context.Context, h lab.Host) (keyring, error) {
	return c.keysFor(ctx, h, h.User)
}

// keysFor returns the keys for any user of a host. If the lab names a key, that one
// comes first. For the lab's own user it is the only one.
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

// onlyLabKey returns the settings as if the lab's key were the only one given.
func (c *Connector) onlyLabKey(s settings) settings {
	values := maps.Clone(s.values)
	if values == nil {
		values = map[string][]string{}
	}
	values["identityfile"], values["identitiesonly"], values["certificatefile"] = []string{c.options.Lab.SSH.Key}, []string{"yes"}, nil
	s.values, s.home = values, c.options.Home
	return s
}

// offered returns the keys that ssh(1) would offer.
func (c *Connector) offered(s settings) (keyring, error) {
	if !s.offersKeys() {
		return keyring{problems: []error{fmt.Errorf("the SSH client configuration allows no keys for %s (PubkeyAuthentication, PreferredAuthentications)", s.name)}}, nil
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
	// ssh(1) also signs for a certificate with a key of the agent that it does not
	// offer.
	certify(slices.Concat(held, named, files))
	ring.identities = inOrder(named, files, held, s.is("identitiesonly"))
	ring.identities = slices.DeleteFunc(ring.identities, func(i *identity) bool { return !s.usable(i.public) })
	if provider := s.get("pkcs11provider"); provider != "" {
		ring.problems = append(ring.problems, fmt.Errorf("PKCS11Provider %s is used through the SSH agent only: run `ssh-add -s %s`", provider, provider))
	}
	return ring, nil
}

// certificates reads the files that CertificateFile names. Like ssh(1), it leaves
// out a file that cannot be read.
func (r *keyring) certificates(paths []string) []*identity {
	var all []*identity
	for _, path := range paths {
		public, comment, err := readPublic(path)
		certificate, is := public.(*ssh.Certificate)
		switch {
		case err != nil:
			r.problems = append(r.problems, fmt.Errorf("CertificateFile %s: %w", path, err))
		case !is || certificate.CertType != ssh.UserCert:
			r.problems = append(r.problems, fmt.Errorf("CertificateFile %s is not a user certificate", path))
		default:
			all = append(all, &identity{public: certificate, comment: comment, from: path})
		}
	}
	return all
}

// agentIdentities returns the keys of the SSH agent at the socket, or none if there
// is no agent. The connection stays open, because the agent signs over it. A
// forwarded agent does not answer once its machine is gone, hence the limit.
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
		err = conn.SetDeadline(time.Time{}) // a person may have to confirm each signature
	}
	if err != nil || len(signers) == 0 {
		_ = conn.Close()
		return nil, err
	}
	var held []*identity
	for _, signer := range signers {
		public, err := ssh.ParsePublicKey(signer.PublicKey().Marshal())
		if err != nil {
			continue // a type of key that this program cannot offer
		}
		comment := ""
		if key, is := signer.PublicKey().(*agent.Key); is {
			comment = key.Comment
		}
		held = append(held, &identity{public: public, comment: comment, from: "the SSH agent", open: func() (ssh.Signer, error) { return signer, nil }})
	}
	return held, nil
}

// empty explains why there is no key to log in with.
func (r keyring) empty(where string) error {
	if len(r.problems) == 0 {
		return problem.New(problem.HostNoKey, where, "no private key was found for the login")
	}
	return problem.Wrap(problem.HostNoKey, where, "no private key can be used for the login", errors.Join(r.problems...))
}

// without returns the ring without one of its keys, and notes why.
func (r keyring) without(i *identity, why error) keyring {
	return keyring{
		identities: slices.DeleteFunc(slices.Clone(r.identities), func(other *identity) bool { return other == i }),
		problems:   append(slices.Clone(r.problems), fmt.Errorf("%s: %w", i.from, why)),
	}
}

// with returns the ring with another one appended.
func (r keyring) with(other keyring) keyring {
	for _, i := range other.identities {
		if !slices.ContainsFunc(r.identities, func(own *identity) bool { return sameKey(own.public, i.public) }) {
			r.identities = append(r.identities[:len(r.identities):len(r.identities)], i)
		}
	}
	r.problems = slices.Concat(r.problems, other.problems)
	return r
}

// plainOnly returns the ring without its certificates.
func (r keyring) plainOnly() keyring {
	r.identities = slices.DeleteFunc(slices.Clone(r.identities), (*identity).certificate)
	return r
}

// shown names the keys, for people.
func (r keyring) shown() string {
	var all []string
	for _, i := range r.identities {
		all = append(all, "the key "+ssh.FingerprintSHA256(i.plain()))
	}
	return strings.Join(all, ", ")
}
