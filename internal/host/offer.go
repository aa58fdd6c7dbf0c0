package host

import (
	"context"
	"io"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
)

// Offer is what the owner's ssh(1) offers to a host, in its order, and which of it
// was accepted. It is for one login.
type Offer struct {
	ring keyring
	used *identity
	// failed is why the accepted key could not sign; nil when it could.
	failed error
}

// OwnerOffer is what the owner logs in to a host with, as the lab's user.
func (c *Connector) OwnerOffer(ctx context.Context, h lab.Host) (*Offer, error) {
	ring, err := c.ownerKeys(ctx, h)
	if err == nil && len(ring.identities) == 0 {
		err = ring.empty(firstNonEmpty(c.options.Lab.SSH.Key, h.Name))
	}
	return &Offer{ring: ring}, err
}

// Signers are the keys, which sign until ctx ends.
func (o *Offer) Signers(ctx context.Context) []ssh.Signer {
	var signers []ssh.Signer
	for _, i := range o.ring.identities {
		signers = append(signers, &offeredKey{i, o, ctx.Done()})
	}
	return signers
}

// ByCertificate reports whether a certificate was accepted.
func (o *Offer) ByCertificate() bool { return o.used != nil && o.used.certificate() }

// Plain is the offer without certificates.
func (o *Offer) Plain() *Offer { return &Offer{ring: o.ring.plainOnly()} }

// offeredKey notes that it was asked to sign, which a server wants only of a key
// that it accepts (RFC 4252 section 7).
type offeredKey struct {
	*identity
	offer *Offer
	ended <-chan struct{}
}

// SignWithAlgorithm implements [ssh.AlgorithmSigner]. An agent may wait for a
// person, who may not be there.
func (k *offeredKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	k.offer.used = k.identity
	signed := make(chan *ssh.Signature, 1)
	failed := make(chan error, 1)
	go func() {
		if signature, err := k.identity.SignWithAlgorithm(rand, data, algorithm); err != nil {
			failed <- err
		} else {
			signed <- signature
		}
	}()
	select {
	case signature := <-signed:
		return signature, nil
	case k.offer.failed = <-failed:
	case <-k.ended:
		k.offer.failed = context.DeadlineExceeded
	}
	return nil, k.offer.failed
}

// Sign implements [ssh.Signer].
func (k *offeredKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}
