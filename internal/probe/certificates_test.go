package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cairn/internal/authority"
	"cairn/internal/evidence"
	"cairn/internal/wire"
)

const tested = "wiki.home.example"

// frontDoor is a real server for HTTP and HTTPS, with a certificate of a real
// authority. A test changes what it is given before it starts.
type frontDoor struct {
	parts    authority.Parts
	template x509.Certificate
	config   tls.Config
	plain    http.HandlerFunc
	secure   http.HandlerFunc
	chain    bool // whether the intermediate is served too
	anyName  bool // whether every name gets the certificate
}

// healthy is a front door of which all looks hold.
func healthy(t *testing.T) *frontDoor {
	t.Helper()
	parts, err := authority.New("home.example", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &frontDoor{
		parts: parts, chain: true, config: tls.Config{MinVersion: tls.VersionTLS12},
		template: x509.Certificate{
			SerialNumber: big.NewInt(77), DNSNames: []string{tested}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(23 * time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		},
		plain: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
		},
		secure: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	}
}

func parsed(t *testing.T, text string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}

// start serves, and returns what a look needs to know.
func (d *frontDoor) start(t *testing.T) evidence.CertificateArguments {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(parsed(t, d.parts.Intermediate))
	if err != nil {
		t.Fatal(err)
	}
	signing, err := x509.ParsePKCS8PrivateKey(parsed(t, d.parts.IntermediateKey))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &d.template, issuer, key.Public(), signing)
	if err != nil {
		t.Fatal(err)
	}
	served := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	if d.chain {
		served.Certificate = append(served.Certificate, issuer.Raw)
	}
	d.config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != tested && !d.anyName {
			return nil, errors.New("nobody has this name")
		}
		return served, nil
	}
	plain := httptest.NewServer(d.plain)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(d.secure)
	secure.TLS = &d.config
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	t.Cleanup(secure.Close)
	port := func(s *httptest.Server) uint16 { return netip.MustParseAddrPort(s.Listener.Addr().String()).Port() }
	return evidence.CertificateArguments{Address: netip.MustParseAddr("127.0.0.1"), Port: port(secure), Plain: port(plain), Path: "/health"}
}

// here is this machine as a vantage that only dials.
type here struct{}

func (here) Name() string { return "controller" }
func (here) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}
func (here) Scan(context.Context, wire.ScanRequest) (wire.ScanReply, error) {
	panic("not for this look")
}
func (here) Datagram(context.Context, wire.DatagramRequest) (wire.DatagramReply, error) {
	panic("not for this look")
}

// certificateLooks are the looks at certificates.
var certificateLooks = map[string]func(context.Context, Vantage, Target, evidence.CertificateArguments) Finding{
	"https-answers": httpsAnswers, "tls-old-refused": tlsOldRefused, "certificate-valid": certificateValid, "certificate-renews": certificateRenews,
}

func (d *frontDoor) look(t *testing.T, name string, about evidence.CertificateArguments) Finding {
	t.Helper()
	target := Target{Subject: evidence.Subject{Kind: evidence.AboutRoute, Name: tested}, Root: d.parts.Root, Nonce: rand.Text()}
	return certificateLooks[name](t.Context(), here{}, target, about)
}

func TestCertificatesOfAHealthyLab(t *testing.T) {
	d := healthy(t)
	about := d.start(t)
	for name := range certificateLooks {
		if f := d.look(t, name, about); f.Outcome != evidence.Proven {
			t.Errorf("%s: %s %s\nwants %v\nseen  %v", name, f.Outcome, f.Reason, f.Expected, f.Observed)
		}
	}
}

func TestCertificatesThatAreWrong(t *testing.T) {
	other, err := authority.New("home.example", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []struct {
		look, what, reason string
		change             func(*frontDoor)
	}{
		{"https-answers", "no redirection", "not led to HTTPS", func(d *frontDoor) { d.plain = d.secure }},
		{"https-answers", "redirected elsewhere", "https://evil.example", func(d *frontDoor) {
			d.plain = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://evil.example/", http.StatusMovedPermanently)
			}
		}},
		{"https-answers", "the upstream is down", "502", func(d *frontDoor) {
			d.secure = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}},
		{"https-answers", "expired", "expired", func(d *frontDoor) { d.template.NotAfter = time.Now().Add(-time.Minute) }},
		{"https-answers", "another name", "not " + tested, func(d *frontDoor) { d.template.DNSNames = []string{"other.home.example"} }},
		{"https-answers", "another authority", "unknown authority", func(d *frontDoor) {
			d.parts.Intermediate, d.parts.IntermediateKey = other.Intermediate, other.IntermediateKey
		}},
		{"https-answers", "without the intermediate", "unknown authority", func(d *frontDoor) { d.chain = false }},
		{"tls-old-refused", "TLS 1.0", "TLS 1.0 is accepted", func(d *frontDoor) { d.config.MinVersion = tls.VersionTLS10 }},
		{"tls-old-refused", "TLS 1.1", "TLS 1.1 is accepted", func(d *frontDoor) { d.config.MinVersion = tls.VersionTLS11 }},
		{"tls-old-refused", "TLS 1.2 refused as well", "nothing answers", func(d *frontDoor) { d.config.MinVersion = tls.VersionTLS13 }},
		{"certificate-valid", "expired", "expired", func(d *frontDoor) { d.template.NotAfter = time.Now().Add(-time.Minute) }},
		{"certificate-valid", "not yet valid", "not yet valid", func(d *frontDoor) { d.template.NotBefore = time.Now().Add(time.Hour) }},
		{"certificate-valid", "near its end", "was not renewed", func(d *frontDoor) {
			d.template.NotBefore, d.template.NotAfter = time.Now().Add(-24*24*time.Hour), time.Now().Add(6*24*time.Hour)
		}},
		{"certificate-valid", "another authority", "unknown authority", func(d *frontDoor) {
			d.parts.Intermediate, d.parts.IntermediateKey = other.Intermediate, other.IntermediateKey
		}},
		{"certificate-valid", "without the intermediate", "unknown authority", func(d *frontDoor) { d.chain = false }},
		{"certificate-valid", "another name", "not " + tested, func(d *frontDoor) { d.template.DNSNames = []string{"other.home.example"} }},
		{"certificate-valid", "every name gets it", "gets a certificate", func(d *frontDoor) { d.anyName = true }},
		{"certificate-renews", "renewal is blocked", "was not renewed", func(d *frontDoor) {
			d.template.NotBefore, d.template.NotAfter = time.Now().Add(-20*time.Hour), time.Now().Add(4*time.Hour)
		}},
		{"certificate-renews", "it lives for a month", "says nothing about renewal", func(d *frontDoor) { d.template.NotAfter = time.Now().Add(30 * 24 * time.Hour) }},
		{"certificate-renews", "expired", "expired", func(d *frontDoor) { d.template.NotAfter = time.Now().Add(-time.Minute) }},
	} {
		t.Run(fault.look+"/"+fault.what, func(t *testing.T) {
			d := healthy(t)
			fault.change(d)
			f := d.look(t, fault.look, d.start(t))
			if f.Outcome != evidence.Refuted || !strings.Contains(f.Reason, fault.reason) {
				t.Errorf("%s: %s", f.Outcome, f.Reason)
			}
		})
	}
}

func TestCertificatesWhereNothingListens(t *testing.T) {
	d := healthy(t)
	about := d.start(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	about.Port = netip.MustParseAddrPort(closed.Addr().String()).Port()
	_ = closed.Close()
	for name := range certificateLooks {
		if f := d.look(t, name, about); f.Outcome != evidence.Refuted {
			t.Errorf("%s: %s %s", name, f.Outcome, f.Reason)
		}
	}
	d.parts.Root = ""
	for _, name := range []string{"https-answers", "certificate-valid", "certificate-renews"} {
		if f := d.look(t, name, about); f.Outcome != evidence.Unproven {
			t.Errorf("%s without a root: %s %s", name, f.Outcome, f.Reason)
		}
	}
}
