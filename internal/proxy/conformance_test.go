//go:build linux

package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The names of the conformance lab.
const (
	whoami  = "whoami.cairn.test"  // the upstream
	named   = "named.cairn.test"   // the same, by a name
	slow    = "slow.cairn.test"    // the same, within a second
	limited = "limited.cairn.test" // the same, up to bodyLimit
	down    = "down.cairn.test"    // nobody listens there
	lost    = "lost.cairn.test"    // its upstream has no address
	foreign = "foreign.cairn.test" // no route
)

const bodyLimit = 1 << 20

// conformance is what every proxy must do. Each returns what is wrong.
var conformance = []struct {
	name string
	try  func(*lab) error
}{
	{"a name reaches its upstream by HTTPS", func(l *lab) error {
		return l.echo(request{host: whoami, path: "/a/b?c=d%20e&f"}, func(e echo) error {
			return same("address", e.URI, "/a/b?c=d%20e&f")
		})
	}},
	{"the Host is kept", func(l *lab) error {
		return l.echo(request{host: whoami}, func(e echo) error { return same("Host", e.Host, whoami) })
	}},
	{"a name in capitals is the same name", func(l *lab) error {
		return status(l, request{host: strings.ToUpper(whoami), sni: whoami}, 200)
	}},
	{"an upstream may be a name", func(l *lab) error { return status(l, request{host: named}, 200) }},
	{"methods and bodies pass", func(l *lab) error {
		return l.echo(request{host: whoami, method: "PATCH", body: strings.NewReader("some text")}, func(e echo) error {
			return errors.Join(same("method", e.Method, "PATCH"), same("body", e.Body, "some text"))
		})
	}},
	{"an encoded path is not decoded", func(l *lab) error {
		return l.echo(request{host: whoami, path: "/a%20b/%C3%A4"}, func(e echo) error { return same("address", e.URI, "/a%20b/%C3%A4") })
	}},
	{"the upstream's own errors pass as they are", func(l *lab) error {
		a, err := l.ask(request{host: whoami, path: "/status/503"})
		if err != nil {
			return err
		}
		return errors.Join(same("status", a.StatusCode, 503), same("body", a.body, "mine"))
	}},
	{"HTTP/2 over TLS", func(l *lab) error {
		a, err := l.ask(request{host: whoami, http2: true})
		if err != nil {
			return err
		}
		return errors.Join(same("status", a.StatusCode, 200), same("protocol", a.Proto, "HTTP/2.0"))
	}},
	{"HTTP/1.1 over TLS", func(l *lab) error {
		a, err := l.ask(request{host: whoami})
		if err != nil {
			return err
		}
		return errors.Join(same("status", a.StatusCode, 200), same("protocol", a.Proto, "HTTP/1.1"))
	}},
	{"IPv6 by HTTPS", func(l *lab) error { return status(l, request{host: whoami, ipv6: true}, 200) }},
	{"IPv6 by HTTP", func(l *lab) error { return status(l, request{host: foreign, ipv6: true, plain: true}, 404) }},

	{"an unknown name by HTTP", func(l *lab) error { return nothing(l, request{host: foreign, plain: true}) }},
	{"an address instead of a name by HTTP", func(l *lab) error { return nothing(l, request{host: "127.0.0.1", plain: true}) }},
	{"an unknown name by HTTP with a path", func(l *lab) error { return nothing(l, request{host: foreign, plain: true, path: "/echo"}) }},
	{"an unknown name by HTTPS, with a known one in the handshake", func(l *lab) error {
		return nothing(l, request{host: foreign, sni: whoami})
	}},
	{"an unknown name by HTTP/2, with a known one in the handshake", func(l *lab) error {
		return nothing(l, request{host: foreign, sni: whoami, http2: true})
	}},
	{"a longer name is another name", func(l *lab) error { return nothing(l, request{host: "x" + whoami, plain: true}) }},
	{"a handshake for an unknown name is refused", func(l *lab) error { return refused(l, &tls.Config{ServerName: foreign}) }},
	{"a handshake for no name is refused", func(l *lab) error { return refused(l, &tls.Config{}) }},
	{"TLS 1.1 is refused", func(l *lab) error {
		return refused(l, &tls.Config{ServerName: whoami, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	}},
	{"TLS 1.2 works", func(l *lab) error { return l.handshake(&tls.Config{ServerName: whoami, MaxVersion: tls.VersionTLS12}) }},
	{"TLS 1.2 without forward secrecy is refused", func(l *lab) error {
		return refused(l, &tls.Config{ServerName: whoami, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}})
	}},
	{"TLS 1.2 with CBC is refused", func(l *lab) error {
		return refused(l, &tls.Config{ServerName: whoami, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}})
	}},
	{"TLS 1.3 works", func(l *lab) error { return l.handshake(&tls.Config{ServerName: whoami, MinVersion: tls.VersionTLS13}) }},

	{"plain HTTP is redirected for good", func(l *lab) error {
		return redirected(l, request{host: whoami, plain: true, path: "/a/b?c=d%20e&f"}, "https://"+whoami+"/a/b?c=d%20e&f")
	}},
	{"a redirected upload stays an upload", func(l *lab) error {
		a, err := l.ask(request{host: whoami, plain: true, method: "POST", body: strings.NewReader("x")})
		if err != nil {
			return err
		}
		return same("status", a.StatusCode, 308)
	}},
	{"challenges of ACME are answered by HTTP", func(l *lab) error {
		a, err := l.ask(request{host: whoami, plain: true, path: "/.well-known/acme-challenge/token"})
		if err != nil {
			return err
		}
		return errors.Join(same("status", a.StatusCode, 200), same("body", a.body, "challenge /.well-known/acme-challenge/token of "+whoami))
	}},
	{"challenges for unknown names are not", func(l *lab) error {
		return nothing(l, request{host: foreign, plain: true, path: "/.well-known/acme-challenge/token"})
	}},

	{"an upstream that is down", func(l *lab) error { return status(l, request{host: down}, 502) }},
	{"an upstream without an address", func(l *lab) error { return status(l, request{host: lost}, 502) }},
	{"an upstream that is too slow", func(l *lab) error { return status(l, request{host: slow, path: "/slow"}, 504) }},

	{"forwarded headers of the client are replaced", func(l *lab) error {
		return l.echo(request{host: whoami, header: spoofed}, unspoofed("https", "127.0.0.1"))
	}},
	{"forwarded headers of the client are replaced over HTTP/2", func(l *lab) error {
		return l.echo(request{host: whoami, header: spoofed, http2: true}, unspoofed("https", "127.0.0.1"))
	}},
	{"forwarded headers are replaced over IPv6", func(l *lab) error {
		return l.echo(request{host: whoami, header: spoofed, ipv6: true}, unspoofed("https", "::1"))
	}},
	{"forwarded headers with underscores or dots are replaced", func(l *lab) error {
		return l.echo(request{host: whoami, header: map[string]string{"X_Forwarded_For": spoof, "X_Real_Ip": spoof, "X.Forwarded.For": spoof, "X.Real.Ip": spoof}}, unspoofed("https", "127.0.0.1"))
	}},
	{"other headers pass", func(l *lab) error {
		return l.echo(request{host: whoami, header: map[string]string{"Authorization": "Bearer abc", "X-Other": "1"}}, func(e echo) error {
			return errors.Join(same("Authorization", e.Header.Get("Authorization"), "Bearer abc"), same("X-Other", e.Header.Get("X-Other"), "1"))
		})
	}},

	{"a websocket carries both ways", func(l *lab) error { return l.websocket(whoami, 0) }},
	{"a websocket may be silent for longer than an answer may take", func(l *lab) error { return l.websocket(slow, 1500*time.Millisecond) }},
	{"events arrive when they are sent, and may pause", func(l *lab) error { return l.events(slow) }},
	{"a request is passed on while it comes in", func(l *lab) error { return l.streamed(whoami) }},
	{"an upload of 1 GiB passes", func(l *lab) error { return l.upload(whoami, 1<<30, 200) }},
	{"an upload within the limit passes", func(l *lab) error { return l.upload(limited, bodyLimit, 200) }},
	{"an upload above the limit is refused", func(l *lab) error { return l.upload(limited, bodyLimit+1, 413) }},
	{"the proxy says how it is", (*lab).healthy},
}

// healthy asks what Docker asks.
func (l *lab) healthy() error {
	a, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", l.at.Health, HealthPath))
	if err != nil {
		return err
	}
	defer a.Body.Close()
	return same("status", a.StatusCode, 200)
}

func TestConformance(t *testing.T) {
	onEach(t, Kinds, func(t *testing.T, l *lab) {
		l.start()
		for _, c := range conformance {
			t.Run(c.name, func(t *testing.T) {
				if err := c.try(l); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// TestWithoutCertificates has everything by plain HTTP.
func TestWithoutCertificates(t *testing.T) {
	onEach(t, Kinds, func(t *testing.T, l *lab) {
		l.config.Certificates = ""
		l.render()
		l.run(func() error { return status(l, request{host: whoami, plain: true}, 200) })
		err := errors.Join(
			l.echo(request{host: whoami, plain: true, path: "/a?b", header: spoofed}, unspoofed("http", "127.0.0.1")),
			nothing(l, request{host: foreign, plain: true}),
			status(l, request{host: down, plain: true}, 502),
			status(l, request{host: whoami, plain: true, path: "/.well-known/acme-challenge/x"}, 200),
		)
		if err != nil {
			t.Error(err)
		}
	})
}

// TestWithoutRoutes has a proxy wait for its first route.
func TestWithoutRoutes(t *testing.T) {
	onEach(t, Kinds, func(t *testing.T, l *lab) {
		routes := l.config.Routes
		l.config.Routes, l.config.Challenges = nil, ""
		l.render()
		l.run(func() error { return nothing(l, request{host: whoami, plain: true}) })
		l.config.Routes, l.config.Challenges = routes, l.upstream.address
		l.render()
		l.reload()
		l.until("the first route works", func() error { return status(l, request{host: whoami}, 200) })
	})
}

// faults are configurations that are wrong in one thing, and the case that must
// notice it.
var faults = []struct {
	kind     Kind
	old, new string
	notices  string
}{
	{Traefik, "transport:", "forwardedHeaders: {insecure: true}\n    transport:", "forwarded headers of the client are replaced"},
	{Traefik, `{Forwarded: "", `, `{`, "forwarded headers of the client are replaced"},
	{Traefik, "aliasHeadersStrategy: delete", "aliasHeadersStrategy: keep", "forwarded headers with underscores or dots are replaced"},
	{Traefik, "sniStrict: true", "sniStrict: false", "a handshake for an unknown name is refused"},
	{Traefik, "permanent: true", "permanent: false", "plain HTTP is redirected for good"},
	{Traefik, "responseHeaderTimeout: 1s", "responseHeaderTimeout: 9s", "an upstream that is too slow"},
	{Traefik, "maxRequestBodyBytes: 1048576", "maxRequestBodyBytes: 9048576", "an upload above the limit is refused"},
	{Caddy, "request_header -X-Forwarded-*", "", "forwarded headers of the client are replaced"},
	{Caddy, "-Forwarded", "-None", "forwarded headers of the client are replaced"},
	{Caddy, "protocols h1 h2", "protocols h1", "HTTP/2 over TLS"},
	{Caddy, "response_header_timeout 1s", "response_header_timeout 9s", "an upstream that is too slow"},
	{Caddy, "respond 404", "", "an unknown name by HTTP"},
	{Nginx, "X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for", "forwarded headers of the client are replaced"},
	{Nginx, "Host $host", "Host $proxy_host", "the Host is kept"},
	{Nginx, "proxy_request_buffering off", "proxy_request_buffering on", "a request is passed on while it comes in"},
	{Nginx, "client_max_body_size 0", "client_max_body_size 1m", "an upload of 1 GiB passes"},
	{Nginx, "ssl http2", "ssl", "HTTP/2 over TLS"},
	{Nginx, "listen [::]:", "#", "IPv6 by HTTPS"},
	{Nginx, "= @lasting", "= @none", "a websocket carries both ways"},
	{HAProxy, "http-request del-header", "option forwardfor #", "forwarded headers of the client are replaced"},
	{HAProxy, "errorfile 503", "errorfile 504", "an upstream that is down"},
	{HAProxy, "strict-sni", "", "a handshake for an unknown name is refused"},
	{HAProxy, "timeout server 1s", "timeout server 9s", "an upstream that is too slow"},
	{HAProxy, "code 308", "code 302", "plain HTTP is redirected for good"},
	{HAProxy, "alpn h2,http/1.1", "alpn http/1.1", "HTTP/2 over TLS"},
}

// TestConformanceNoticesFaults runs the proxies with configurations that are wrong in
// one thing each.
func TestConformanceNoticesFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("runs four proxies")
	}
	for i, f := range faults {
		t.Run(fmt.Sprintf("%s-%d", f.kind, i+1), func(t *testing.T) {
			l := newLab(t, f.kind)
			changed := false
			for i, file := range l.files {
				content := strings.ReplaceAll(string(file.Content), f.old, f.new)
				changed = changed || content != string(file.Content)
				l.files[i].Content = []byte(content)
			}
			if !changed {
				t.Fatalf("no file has %q", f.old)
			}
			l.start()
			for _, c := range conformance {
				if c.name != f.notices {
					continue
				}
				if err := c.try(l); err == nil {
					t.Errorf("%q does not notice %q instead of %q", c.name, f.new, f.old)
				}
				return
			}
			t.Fatalf("there is no case %q", f.notices)
		})
	}
}

func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

func status(l *lab, r request, want int) error {
	a, err := l.ask(r)
	if err != nil {
		return err
	}
	return same("status", a.StatusCode, want)
}

// nothing is the answer to a name without a route: no hint of what is there.
func nothing(l *lab, r request) error {
	a, err := l.ask(r)
	if err != nil {
		return err
	}
	if hint := strings.ToLower(a.body + a.Header.Get("Location")); len(a.body) > 200 || strings.Contains(hint, "cairn") {
		return fmt.Errorf("the answer says too much: %q", hint)
	}
	return same("status", a.StatusCode, 404)
}

// redirected accepts 301 for a GET: it means the same there, and Traefik has no other.
func redirected(l *lab, r request, to string) error {
	a, err := l.ask(r)
	if err != nil {
		return err
	}
	if a.StatusCode != 308 && a.StatusCode != 301 {
		return fmt.Errorf("status %d", a.StatusCode)
	}
	return same("Location", a.Header.Get("Location"), to)
}

// refused is a handshake that the proxy ends. A connection that fails otherwise does
// not count.
func refused(l *lab, c *tls.Config) error {
	c.InsecureSkipVerify = true
	err := l.handshake(c)
	var alert tls.AlertError
	switch {
	case err == nil:
		return errors.New("the handshake succeeded")
	case errors.As(err, &alert), errors.Is(err, io.EOF), strings.Contains(err.Error(), "remote error: tls:"), strings.Contains(err.Error(), "reset by peer"):
		return nil
	}
	return err
}

// spoof is an address that is nobody's (RFC 5737).
const spoof = "203.0.113.66"

var spoofed = map[string]string{
	"X-Forwarded-For": spoof, "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "spoofed.example", "X-Forwarded-Port": "666",
	"X-Forwarded-Prefix": "/spoofed", "X-Forwarded-Ssl": "spoofed", "X-Forwarded-Server": "spoofed", "X-Real-Ip": spoof, "Forwarded": "for=" + spoof + ";host=spoofed.example",
}

// unspoofed checks that the upstream learned of the client what the proxy saw.
func unspoofed(proto, client string) func(echo) error {
	return func(e echo) error {
		for name, values := range e.Header {
			if text := strings.Join(values, ","); strings.Contains(text, spoof) || strings.Contains(text, "spoofed") || strings.Contains(text, "gopher") {
				return fmt.Errorf("the upstream got %s: %s", name, text)
			}
		}
		return errors.Join(
			same("X-Forwarded-For", strings.Join(e.Header["X-Forwarded-For"], ","), client),
			same("X-Real-Ip", strings.Join(e.Header["X-Real-Ip"], ","), client),
			same("X-Forwarded-Proto", strings.Join(e.Header["X-Forwarded-Proto"], ","), proto),
			same("X-Forwarded-Host", strings.Join(e.Header["X-Forwarded-Host"], ","), e.Host),
			same("Forwarded", strings.Join(e.Header["Forwarded"], ","), ""),
		)
	}
}

// echo is how the upstream got a request.
type echo struct {
	Method, Host, URI, Body string
	Header                  http.Header
}

func (l *lab) echo(r request, check func(echo) error) error {
	a, err := l.ask(r)
	if err != nil {
		return err
	}
	var e echo
	if err := json.Unmarshal([]byte(a.body), &e); err != nil {
		return fmt.Errorf("status %d: %q", a.StatusCode, a.body)
	}
	return check(e)
}

// websocket opens one (RFC 6455), is silent, and has something echoed.
func (l *lab) websocket(host string, silence time.Duration) error {
	conn, err := l.dialTLS(&tls.Config{ServerName: host, RootCAs: l.roots})
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /websocket HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	reader := bufio.NewReader(conn)
	a, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("status %d", a.StatusCode)
	}
	for range 2 {
		time.Sleep(silence)
		if _, err := io.WriteString(conn, "there and back"); err != nil {
			return err
		}
		back := make([]byte, len("there and back"))
		if _, err := io.ReadFull(reader, back); err != nil {
			return fmt.Errorf("after %v of silence: %w", silence, err)
		}
		if err := same("echo", string(back), "there and back"); err != nil {
			return err
		}
	}
	return nil
}

// events reads two events, between which the upstream is silent for longer than an
// answer may take.
func (l *lab) events(host string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := l.open(ctx, request{host: host, path: "/events", header: map[string]string{"Accept": "text/event-stream"}})
	if err != nil {
		return err
	}
	defer a.Body.Close()
	began := time.Now()
	reader := bufio.NewReader(a.Body)
	for _, want := range []string{"data: 1\n", "\n", "data: 2\n"} {
		line, err := reader.ReadString('\n')
		if err != nil {
			return fmt.Errorf("before %q: %w", want, err)
		}
		if err := same("event", line, want); err != nil {
			return err
		}
		if want == "data: 1\n" && time.Since(began) > time.Second {
			return errors.New("the first event came with the second")
		}
	}
	return nil
}

// streamed sends the end of a request only after the upstream has its beginning.
func (l *lab) streamed(host string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	body, end := io.Pipe()
	go func() {
		_, _ = end.Write(make([]byte, 256<<10))
		select {
		case <-l.upstream.begun:
			end.Close()
		case <-ctx.Done():
			end.CloseWithError(errors.New("the upstream has seen nothing of the request yet"))
		}
	}()
	a, err := l.open(ctx, request{host: host, path: "/begun", method: "PUT", body: body, length: -1})
	if err != nil {
		return err
	}
	defer a.Body.Close()
	return same("status", a.StatusCode, 200)
}

// upload sends so many bytes.
func (l *lab) upload(host string, size int64, want int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	r := request{host: host, path: "/count", method: "PUT", body: io.LimitReader(zeros{}, size), length: size}
	if want != 200 {
		// Who refuses an upload need not read it.
		r.header = map[string]string{"Expect": "100-continue"}
	}
	a, err := l.open(ctx, r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err == nil {
		err = same("status", a.StatusCode, want)
	}
	if err == nil && want == 200 {
		err = same("bytes", string(text), fmt.Sprint(size))
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// request is one to the proxy. Without more it goes by HTTPS and HTTP/1.1.
type request struct {
	host, sni, path, method string
	header                  map[string]string
	body                    io.Reader
	length                  int64
	plain, http2, ipv6      bool
}

// answer is an answer with its body.
type answer struct {
	*http.Response
	body string
}

func (l *lab) ask(r request) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	a, err := l.open(ctx, r)
	if err != nil {
		return answer{}, err
	}
	defer a.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(a.Body)
	return answer{a, body.String()}, err
}

// open sends a request on a connection of its own.
func (l *lab) open(ctx context.Context, r request) (*http.Response, error) {
	address, port, scheme := "127.0.0.1", l.at.HTTPS, "https"
	if r.ipv6 {
		address = "::1"
	}
	if r.plain {
		port, scheme = l.at.HTTP, "http"
	}
	if r.sni == "" {
		r.sni = r.host
	}
	if r.path == "" {
		r.path = "/"
	}
	var protocols http.Protocols
	protocols.SetHTTP1(!r.http2)
	protocols.SetHTTP2(r.http2)
	transport := &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, ExpectContinueTimeout: 5 * time.Second, Protocols: &protocols,
		TLSClientConfig: &tls.Config{RootCAs: l.roots, ServerName: r.sni},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address, fmt.Sprint(port)))
		},
	}
	q, err := http.NewRequestWithContext(ctx, r.method, scheme+"://"+r.host+r.path, r.body)
	if err != nil {
		return nil, err
	}
	if r.length != 0 {
		q.ContentLength = r.length
	}
	for name, value := range r.header {
		q.Header[name] = []string{value}
	}
	return transport.RoundTrip(q)
}

func (l *lab) dialTLS(c *tls.Config) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", l.at.HTTPS), 5*time.Second)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	secure := tls.Client(conn, c)
	if err := secure.Handshake(); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

func (l *lab) handshake(c *tls.Config) error {
	if !c.InsecureSkipVerify {
		c.RootCAs = l.roots
	}
	conn, err := l.dialTLS(c)
	if err != nil {
		return err
	}
	defer conn.Close()
	// With TLS 1.3 a refusal may come after the client's part is done.
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", whoami)
	_, err = bufio.NewReader(conn).ReadByte()
	return err
}
