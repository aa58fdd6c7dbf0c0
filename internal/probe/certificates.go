package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cairn/internal/evidence"
)

// A certificate must keep a part of its lifetime. Reverse proxies renew when a third
// is left, so that less than a quarter means that renewal fails.
const (
	leastLeft = 4 // the fourth part
	// A daily certificate is renewed when six hours are left, and every ten minutes
	// until that succeeds.
	longestDay   = 25 * time.Hour
	renewedAfter = 19 * time.Hour
)

// timeLayout is how times stand in evidence.
const timeLayout = "2006-01-02 15:04:05 MST"

// site is a name at a reverse proxy, with what the client trusts.
type site struct {
	from  Vantage
	about evidence.CertificateArguments
	name  string
	roots *x509.CertPool
	root  *x509.Certificate
}

// siteOf returns the site that a look is about. The client trusts the lab's root and
// nothing else.
func siteOf(from Vantage, target Target, about evidence.CertificateArguments) (site, error) {
	s := site{from: from, about: about, name: target.Subject.Name, roots: x509.NewCertPool()}
	block, _ := pem.Decode([]byte(target.Root))
	if block == nil {
		return s, errors.New("the lab has no root certificate yet; `cairn up` makes it")
	}
	var err error
	if s.root, err = x509.ParseCertificate(block.Bytes); err != nil {
		return s, fmt.Errorf("the lab's root certificate cannot be read: %w", err)
	}
	s.roots.AddCert(s.root)
	return s, nil
}

// trusted is what a client with only the lab's root expects.
func (s site) trusted() []evidence.Field {
	sum := sha256.Sum256(s.root.Raw)
	return fields("issued below", fmt.Sprintf("%s, SHA-256 %x", s.root.Subject.CommonName, sum[:8]))
}

// dial opens a connection to one of the proxy's ports.
func (s site) dial(ctx context.Context, port uint16) (net.Conn, error) {
	return s.from.Dial(ctx, "tcp", netip.AddrPortFrom(s.about.Address, port).String())
}

// handshake begins TLS. What a client would refuse is no error if it trusts anything.
func (s site) handshake(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	raw, err := s.dial(ctx, s.about.Port)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = raw.Close() }()
	conn := tls.Client(raw, config)
	err = conn.HandshakeContext(ctx)
	return conn.ConnectionState(), err
}

// strict is the configuration of a client that trusts only the lab's authority.
func (s site) strict() *tls.Config { return &tls.Config{RootCAs: s.roots, ServerName: s.name} }

// httpsAnswers asks for a route as a browser does that trusts only the lab's
// authority: first by plain HTTP, which must lead to HTTPS.
func httpsAnswers(ctx context.Context, from Vantage, target Target, about evidence.CertificateArguments) Finding {
	s, err := siteOf(from, target, about)
	if err != nil {
		return blind(err.Error())
	}
	there := (&url.URL{Scheme: "https", Host: s.name, Path: about.Path}).String()
	expected := append(fields("http://"+s.name+about.Path, "redirected to "+there, there, "200 to 299"), s.trusted()...)
	led, err := s.redirect(ctx)
	if err != nil {
		return unanswered(err, expected, s.name)
	}
	observed := fields("http://"+s.name+about.Path, led)
	var wrong []string
	if led != "redirected to "+there {
		wrong = append(wrong, fmt.Sprintf("plain HTTP is not led to HTTPS: %s", led))
	}
	status, state, err := s.get(ctx)
	if err != nil {
		return judged(expected, append(observed, fields(there, err.Error())...), append(wrong, fmt.Sprintf("%s is not served: %s", there, err))...)
	}
	observed = append(observed, fields(there, status, "version", tls.VersionName(state.Version), "ends", state.PeerCertificates[0].NotAfter.UTC().Format(timeLayout))...)
	if !strings.HasPrefix(status, "2") {
		wrong = append(wrong, fmt.Sprintf("%s is answered with %s", there, status))
	}
	return judged(expected, observed, wrong...)
}

// redirect returns where plain HTTP leads.
func (s site) redirect(ctx context.Context) (string, error) {
	answer, err := s.client(s.about.Plain, nil).Do(s.request(ctx, "http"))
	if err != nil {
		return "", withoutURL(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusMovedPermanently && answer.StatusCode != http.StatusPermanentRedirect {
		return answer.Status, nil
	}
	return "redirected to " + answer.Header.Get("Location"), nil
}

// get asks for the route's path by HTTPS.
func (s site) get(ctx context.Context) (status string, state tls.ConnectionState, err error) {
	answer, err := s.client(s.about.Port, s.strict()).Do(s.request(ctx, "https"))
	if err != nil {
		return "", state, withoutURL(err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, mostOfAnswer))
	return answer.Status, *answer.TLS, err
}

func (s site) request(ctx context.Context, scheme string) *http.Request {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: scheme, Host: s.name, Path: s.about.Path}, Header: http.Header{}}
	return r.WithContext(ctx)
}

// client follows no redirection. The name is not resolved: whether it resolves is
// another look.
func (s site) client(port uint16, config *tls.Config) *http.Client {
	return &http.Client{
		Timeout: answerWithin,
		Transport: &http.Transport{
			DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx, port) },
			TLSClientConfig: config, DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// oldVersions are refused by everybody (RFC 8996).
var oldVersions = []uint16{tls.VersionTLS10, tls.VersionTLS11}

// tlsOldRefused offers each old version alone, and then TLS 1.2. If that were refused
// too, the refusals would say nothing.
func tlsOldRefused(ctx context.Context, from Vantage, target Target, about evidence.CertificateArguments) Finding {
	s := site{from: from, about: about, name: target.Subject.Name}
	only := func(version uint16) error {
		_, err := s.handshake(ctx, &tls.Config{ServerName: s.name, InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		return err
	}
	expected, observed := fields(), fields()
	var wrong []string
	for _, version := range oldVersions {
		name := tls.VersionName(version)
		expected = append(expected, fields(name, "refused")...)
		var refused tls.AlertError
		switch err := only(version); {
		case err == nil:
			observed = append(observed, fields(name, "accepted")...)
			wrong = append(wrong, name+" is accepted")
		case errors.As(err, &refused), isRemoteAlert(err):
			observed = append(observed, fields(name, "refused: "+err.Error())...)
		default:
			return unanswered(err, expected, s.name)
		}
	}
	expected = append(expected, fields("TLS 1.2", "accepted")...)
	if err := only(tls.VersionTLS12); err != nil {
		return unanswered(err, expected, s.name)
	}
	return judged(expected, append(observed, fields("TLS 1.2", "accepted")...), wrong...)
}

// isRemoteAlert reports whether the other side ended a handshake with an alert
// (crypto/tls wraps it in a net.OpError).
func isRemoteAlert(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "remote error"
}

// certificateValid looks at the certificate of a name, and that a name that nobody has
// gets none.
func certificateValid(ctx context.Context, from Vantage, target Target, about evidence.CertificateArguments) Finding {
	s, err := siteOf(from, target, about)
	if err != nil {
		return blind(err.Error())
	}
	nobody := strings.ToLower(target.Nonce) + "." + parentOf(s.name)
	expected := append(s.trusted(), fields("name", s.name, "left", "at least a quarter of its lifetime", nobody, "no certificate")...)
	leaf, err := s.leaf(ctx)
	if err != nil {
		return s.refused(expected, err)
	}
	left, lifetime := time.Until(leaf.NotAfter).Round(time.Second), leaf.NotAfter.Sub(leaf.NotBefore)
	observed := s.seen(leaf)
	var wrong []string
	if left < lifetime/leastLeft {
		wrong = append(wrong, fmt.Sprintf("the certificate of %s ends at %s and was not renewed", s.name, leaf.NotAfter.UTC().Format(timeLayout)))
	}
	state, err := s.handshake(ctx, &tls.Config{ServerName: nobody, InsecureSkipVerify: true})
	switch {
	case err == nil:
		observed = append(observed, fields(nobody, "the certificate of "+strings.Join(state.PeerCertificates[0].DNSNames, ", "))...)
		wrong = append(wrong, "a name that nobody has, "+nobody+", gets a certificate")
	case !isRemoteAlert(err):
		return unanswered(err, expected, nobody)
	default:
		observed = append(observed, fields(nobody, "no certificate: "+err.Error())...)
	}
	return judged(expected, observed, wrong...)
}

// certificateRenews looks at a certificate that lives for a day. That it is young
// shows that the reverse proxy and the authority renewed it.
func certificateRenews(ctx context.Context, from Vantage, target Target, about evidence.CertificateArguments) Finding {
	s, err := siteOf(from, target, about)
	if err != nil {
		return blind(err.Error())
	}
	expected := append(s.trusted(), fields("name", s.name, "lifetime", "at most "+longestDay.String(), "age", "at most "+renewedAfter.String())...)
	leaf, err := s.leaf(ctx)
	if err != nil {
		return s.refused(expected, err)
	}
	lifetime, age := leaf.NotAfter.Sub(leaf.NotBefore), time.Since(leaf.NotBefore).Round(time.Second)
	observed := append(s.seen(leaf), fields("lifetime", lifetime, "age", age)...)
	var wrong []string
	if lifetime > longestDay {
		wrong = append(wrong, fmt.Sprintf("the certificate of %s lives for %s, so it says nothing about renewal", s.name, lifetime))
	}
	if age > renewedAfter {
		wrong = append(wrong, fmt.Sprintf("the certificate of %s is %s old and was not renewed: the reverse proxy and the authority do not work together", s.name, age))
	}
	return judged(expected, observed, wrong...)
}

// leaf returns the certificate that a client accepts which trusts only the lab's
// authority.
func (s site) leaf(ctx context.Context) (*x509.Certificate, error) {
	state, err := s.handshake(ctx, s.strict())
	if err != nil {
		return nil, err
	}
	return state.PeerCertificates[0], nil
}

// refused is the finding where such a client refuses what is served, or nothing is.
func (s site) refused(expected []evidence.Field, err error) Finding {
	return judged(expected, fields(s.name, err.Error()), fmt.Sprintf("a client that trusts only the lab's authority gets no good certificate for %s: %s", s.name, err))
}

// seen describes a certificate.
func (s site) seen(leaf *x509.Certificate) []evidence.Field {
	return fields("issued by", leaf.Issuer.CommonName, "name", strings.Join(leaf.DNSNames, ", "), "serial", fmt.Sprintf("%x", leaf.SerialNumber),
		"from", leaf.NotBefore.UTC().Format(timeLayout), "ends", leaf.NotAfter.UTC().Format(timeLayout))
}
