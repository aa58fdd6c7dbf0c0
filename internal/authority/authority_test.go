package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// issue has an authority's intermediate issue a certificate for a name.
func issue(t *testing.T, p Parts, name string, at time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(p.IntermediateKey))
	signing, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: at, NotAfter: at.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, certificate(t, p.Intermediate), key.Public(), signing)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func certificate(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnAuthorityCertifiesItsDomainAndNothingElse(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	p, err := New("home.example", now)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(certificate(t, p.Root))
	between.AddCert(certificate(t, p.Intermediate))
	verify := func(name string, roots *x509.CertPool, at time.Time) error {
		_, err := issue(t, p, name, at).Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between, CurrentTime: at})
		return err
	}
	for _, name := range []string{"wiki.home.example", "home.example", "a.b.home.example"} {
		if err := verify(name, roots, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"bank.example", "home.example.evil.example", "nothome.example"} {
		if err := verify(name, roots, now); err == nil || !strings.Contains(err.Error(), "not permitted") {
			t.Errorf("%s is certified: %v", name, err)
		}
	}
	if verify("wiki.home.example", roots, now.Add(11*365*24*time.Hour)) == nil {
		t.Error("the authority never ends")
	}
	other, err := New("home.example", now)
	if err != nil {
		t.Fatal(err)
	}
	foreign := x509.NewCertPool()
	foreign.AddCert(certificate(t, other.Root))
	if verify("wiki.home.example", foreign, now) == nil {
		t.Error("the root of another authority is as good")
	}
}

func TestAnAuthorityIsReadBack(t *testing.T) {
	p, err := New("home.example", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Parse(p.Text()); err != nil || back != p {
		t.Errorf("Parse gives something else: %v", err)
	}
	for what, text := range map[string]string{
		"empty": "", "a password": "secret of a test", "without its last key": p.Root + p.RootKey + p.Intermediate,
		"in another order": p.RootKey + p.Root + p.Intermediate + p.IntermediateKey, "with more": p.Text() + "secret of a test",
	} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), "secret of a test") || strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
