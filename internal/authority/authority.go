// Package authority makes the lab's own certificate authority: a root that clients
// trust, and an intermediate that issues. Both certify names of the lab's domain and
// nothing else, so whoever steals a key cannot pose as a bank (RFC 5280, 4.2.1.10).
// This package reads and writes no file.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// lifetime of both certificates. Nobody renews a root on a dozen phones each year.
const lifetime = 10 * 365 * 24 * time.Hour

// clockSlack is how far behind a client's clock may be.
const clockSlack = time.Hour

// Parts are an authority. Each is PEM.
type Parts struct {
	Root            string // the certificate that clients trust
	RootKey         string // signs intermediates, and is on no host
	Intermediate    string // the certificate that issues
	IntermediateKey string
}

// New makes an authority for a domain and all names in it.
func New(domain string, now time.Time) (Parts, error) {
	root, err := newSigner("root", domain, now, 1, nil)
	if err != nil {
		return Parts{}, err
	}
	intermediate, err := newSigner("intermediate", domain, now, 0, root)
	if err != nil {
		return Parts{}, err
	}
	return Parts{Root: root.text, RootKey: root.keyText, Intermediate: intermediate.text, IntermediateKey: intermediate.keyText}, nil
}

// Text joins the parts to one text.
func (p Parts) Text() string { return p.Root + p.RootKey + p.Intermediate + p.IntermediateKey }

// Parse takes the text of [Parts.Text] apart. The error never has a part of it.
func Parse(text string) (Parts, error) {
	var p Parts
	rest := []byte(text)
	for _, part := range []struct {
		to   *string
		kind string
	}{{&p.Root, "CERTIFICATE"}, {&p.RootKey, "PRIVATE KEY"}, {&p.Intermediate, "CERTIFICATE"}, {&p.IntermediateKey, "PRIVATE KEY"}} {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != part.kind {
			return Parts{}, fmt.Errorf("this is no authority: it needs two certificates, each with its key behind it")
		}
		*part.to = string(pem.EncodeToMemory(block))
	}
	if strings.TrimSpace(string(rest)) != "" {
		return Parts{}, fmt.Errorf("this is no authority: something follows its second key")
	}
	return p, nil
}

// signer is a certificate that signs others.
type signer struct {
	certificate   *x509.Certificate
	key           *ecdsa.PrivateKey
	text, keyText string
}

// newSigner makes a certificate that may sign, itself or by another one. below is how
// many such certificates may follow it in a chain.
func newSigner(what, domain string, now time.Time, below int, by *signer) (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	number := make([]byte, 16)
	_, _ = rand.Read(number)
	number[0] &= 0x7f // a serial number is positive (RFC 5280, 4.1.2.2)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(number),
		// The digits tell two authorities of one domain apart in a trust store.
		Subject:   pkix.Name{Organization: []string{"Cairn"}, CommonName: fmt.Sprintf("%s %s %s", domain, what, hex.EncodeToString(number[12:]))},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLen: below, MaxPathLenZero: below == 0,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{domain},
	}
	if by == nil {
		by = &signer{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &signer{
		certificate: certificate, key: key,
		text:    string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		keyText: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}, err
}
