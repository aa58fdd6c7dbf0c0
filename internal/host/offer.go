package host

import (
	"context"
	"io"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
)

// Offer is the keys that the owner's ssh(1) offers to a host, in its order, and
// which of them was accepted. It is for one login and not for concurrent use.
type Offer struct {
	ring keyring
	used *identity
	// failed is why the accepted key could not sign, or nil.
	failed error
}

// OwnerOffer returns the keys with which the owner logs in to a host as the lab's
// user. It is an error if there are none.
func (c *Connector) OwnerOffer(ctx context.Context, h lab.Host) (*Offer, error) {
	ring, err := c.ownerKeys(ctx, h)
	if err == nil && len(ring.identities) == 0 {
		err = ring.empty(firstNonEmpty(c.options.Lab.SSH.Key, h.Name))
	}
	return &Offer{ring: ring}, err
}

// Signers returns the keys. They sign until ctx ends.
func (o *Offer) Signers(ctx context.Context) []ssh.Signer {
	var signers []ssh.Signer
	for _, i := range o.ring.identities {
		signers = append(signers, &offeredKey{i, o, ctx.Done()})
	}
	return signers
}

// ByCertificate reports whether the accepted key is a certificate.
func (o *Offer) ByCertificate() bool { return o.used != nil && o.used.certificate() }

// Plain returns the offer without certificates.
func (o *Offer) Plain() *Offer { return &Offer{ring: o.ring.plainOnly()} }

// offeredKey notes that it was asked to sign. A server asks that only of a key that
// it accepts (RFC 4252 section 7).
type offeredKey struct {
	*identity
	offer *Offer
	ended <-chan struct{}
}

// SignWithAlgorithm implements [ssh.AlgorithmSigner]. An agent may wait for a
// person who is not there, so the wait ends with ctx of [Offer.Signers].
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
