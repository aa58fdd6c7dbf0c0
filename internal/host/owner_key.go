package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// OwnerKey is the owner's key that Cairn sets up on a host.
type OwnerKey struct {
	Signer  ssh.Signer
	Comment string // the key's comment; may be empty
	From    string // where it was found
	// Command is the ssh(1) command that logs in with it.
	Command string
	// Offered reports whether ssh(1) offers the key by default.
	Offered bool
	// Elsewhere is the address to which ssh(1) goes instead of the lab's. It is
	// empty if ssh(1) goes to the lab's address, or to a name.
	Elsewhere string
	lab       string
}

// Fingerprint returns the SHA-256 fingerprint, as ssh-keygen(1) shows it.
func (k OwnerKey) Fingerprint() string { return ssh.FingerprintSHA256(k.Signer.PublicKey()) }

// Line returns the key's line of authorized_keys, without a line break.
func (k OwnerKey) Line() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.Signer.PublicKey()))) + " cairn-" + k.lab
}

// OwnerKey returns the key to set up on the session's host: the lab's key if it
// names one, else the key that opened the host. The result is always a plain key
// that the owner's ssh(1) offers to the host. If a password opened the host, it is
// the first file that ssh(1) would offer, or the agent's only key. If the key has a
// passphrase, the person is asked for it.
func (c *Connector) OwnerKey(ctx context.Context, s *Session) (OwnerKey, error) {
	h := s.Host()
	ring, err := c.ownerKeys(ctx, h)
	if err != nil {
		return OwnerKey{}, err
	}
	chosen, err := c.choose(ring.plainOnly(), s.openedBy(), h)
	if err != nil {
		return OwnerKey{}, err
	}
	if err := c.ready(ctx, chosen); err != nil {
		return OwnerKey{}, err
	}
	return c.describe(ctx, h, chosen)
}

// choose picks the key among the plain ones that are offered.
func (c *Connector) choose(ring keyring, opened *identity, h lab.Host) (*identity, error) {
	files := slices.DeleteFunc(slices.Clone(ring.identities), func(i *identity) bool { return i.file == "" })
	switch {
	case len(ring.identities) == 0 && opened != nil && opened.certificate():
		return nil, onlyCertificate(h, opened)
	case len(ring.identities) == 0:
		return nil, ring.empty(h.Name)
	case c.options.Lab.SSH.Key != "":
		return ring.identities[0], nil
	case opened != nil:
		at := slices.IndexFunc(ring.identities, func(i *identity) bool { return sameKey(i.public, opened.plain()) })
		switch {
		case at >= 0:
			return ring.identities[at], nil
		case opened.certificate():
			return nil, onlyCertificate(h, opened)
		}
		return nil, problem.New(problem.HostNoKey, h.Name, fmt.Sprintf(
			"the key that opened the host, %s from %s, is not one of those that `ssh %s@%s` offers", ssh.FingerprintSHA256(opened.public), opened.from, h.User, h.Name)).
			WithFix("name your key as ssh.key in lab.yaml, or as IdentityFile of this host in ~/.ssh/config")
	case len(files) > 0:
		return files[0], nil
	case len(ring.identities) == 1:
		return ring.identities[0], nil
	}
	return nil, problem.New(problem.HostNoKey, h.Name, fmt.Sprintf("the SSH agent holds %d keys, and none of them opened the host", len(ring.identities))).
		WithFix("name yours as ssh.key in lab.yaml, or as IdentityFile of this host in ~/.ssh/config; the public key's file is enough")
}

// onlyCertificate refuses a certificate, which opens nothing after it has expired.
func onlyCertificate(h lab.Host, opened *identity) error {
	return problem.New(problem.HostNoKey, h.Name, fmt.Sprintf("a certificate from %s opened the host, and the key in it cannot be used without the certificate", opened.from)).
		WithFix("add the key itself to the SSH agent with ssh-add, or name a key as ssh.key in lab.yaml")
}

// ready makes sure that a private key can be used. It asks for a passphrase now,
// because there is no time for that during a guard. A security key is left alone
// until it has to sign.
func (c *Connector) ready(ctx context.Context, i *identity) error {
	if isHardware(i.public) {
		return nil
	}
	_, err := i.open()
	var locked *lockedError
	if errors.As(err, &locked) {
		return c.unlock(ctx, locked.path)
	}
	return noKey(i.from, err)
}

// noKey says which key cannot be used. It returns a problem unchanged.
func noKey(where string, err error) error {
	if err == nil || problem.Of(err) != nil {
		return err
	}
	return problem.Wrap(problem.HostNoKey, where, "the private key cannot be used", err)
}

// describe says how the owner uses the key.
func (c *Connector) describe(ctx context.Context, h lab.Host, chosen *identity) (OwnerKey, error) {
	s, err := c.config.forHost(ctx, h, h.User)
	if err != nil {
		return OwnerKey{}, err
	}
	words := []string{"ssh", h.User + "@" + s.name}
	if s.unnamed {
		words[1] = h.User + "@" + h.At().String()
	}
	if port := fmt.Sprint(h.Port); firstNonEmpty(s.get("port"), "22") != port {
		words = slices.Insert(words, 1, "-p", port)
	}
	key := OwnerKey{Signer: chosen, Comment: chosen.comment, From: chosen.from, lab: c.options.Lab.Name, Offered: true}
	key.Command = strings.Join(words, " ")
	if to, err := netip.ParseAddr(s.hostname()); err == nil && !slices.Contains(h.Addresses(), to) && s.get("proxycommand") == "" {
		key.Elsewhere = to.String()
	}
	named := c.options.Lab.SSH.Key
	if named == "" {
		return key, nil
	}
	key.From = "ssh.key in lab.yaml, " + named
	usual, err := c.offered(s)
	key.Offered = err == nil && slices.ContainsFunc(usual.identities, func(i *identity) bool { return sameKey(i.public, chosen.public) })
	if !key.Offered {
		key.Command = strings.Join(slices.Insert(words, 1, "-i", named), " ")
	}
	return key, nil
}
