//go:build linux

package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestReloadDropsNothing sends 500 requests a second while routes come and go and a
// certificate is renewed: half of them on connections that stay, half on new ones.
func TestReloadDropsNothing(t *testing.T) {
	onEach(t, Kinds, func(t *testing.T, l *lab) {
		l.start()
		load := l.load(500)
		time.Sleep(500 * time.Millisecond)

		routes := l.config.Routes
		const added = "added.cairn.test"
		for range 2 {
			l.config.Routes = append(routes[:len(routes):len(routes)], Route{Name: added, Upstream: l.upstream.address})
			l.render()
			l.reload()
			l.until("the added route works", func() error { return status(l, request{host: added}, 200) })
			l.config.Routes = routes
			l.render()
			l.reload()
			l.until("the route that was taken away is gone", func() error {
				return refused(l, &tls.Config{ServerName: added})
			})
		}

		before := l.serial()
		l.issue(whoami)
		l.reload()
		l.until("the renewed certificate is shown", func() error {
			if l.serial() == before {
				return fmt.Errorf("it is still number %s", before)
			}
			return nil
		})
		time.Sleep(500 * time.Millisecond)

		sent, failed := load()
		if sent < 500 {
			t.Errorf("only %d requests were sent", sent)
		}
		if l.kind == Caddy {
			failed = l.withoutFresh(failed, sent)
		}
		if len(failed) > 0 {
			t.Fatalf("%d of %d requests failed, such as: %v", len(failed), sent, errors.Join(failed[:min(5, len(failed))]...))
		}
		t.Logf("%d requests", sent)
	})
}

// errFresh is a failure on a connection that was new, or that did not come about.
var errFresh = errors.New("on a new connection")

// withoutFresh forgives Caddy failures on new connections: it has a new socket for each
// configuration, and ends handshakes that are under way on the old one.
func (l *lab) withoutFresh(failed []error, sent int) []error {
	all := len(failed)
	failed = slices.DeleteFunc(failed, func(err error) bool { return errors.Is(err, errFresh) })
	fresh := all - len(failed)
	if fresh > sent/5 {
		l.t.Errorf("%d of %d requests failed on new connections", fresh, sent)
	}
	l.t.Logf("%d requests failed on new connections", fresh)
	return failed
}

// TestUpstreamComesLater starts the proxies that ask a name server themselves before
// their upstream has an address. The others have it asked for each request by the
// system.
func TestUpstreamComesLater(t *testing.T) {
	onEach(t, []Kind{Nginx, HAProxy}, func(t *testing.T, l *lab) {
		_, port, err := net.SplitHostPort(l.upstream.address)
		if err != nil {
			t.Fatal(err)
		}
		const late = "late.cairn.test"
		l.config.Routes = append(l.config.Routes, Route{Name: late, Upstream: "late.invalid:" + port})
		l.render()
		l.start()
		if err := status(l, request{host: late}, 502); err != nil {
			t.Fatal(err)
		}
		l.names.add("late.invalid")
		l.until("the upstream is found", func() error { return status(l, request{host: late}, 200) })
	})
}

// TestWebsocketOutlivesReload keeps an upgraded connection over a change of routes.
func TestWebsocketOutlivesReload(t *testing.T) {
	onEach(t, Kinds, func(t *testing.T, l *lab) {
		l.start()
		done := make(chan error)
		go func() { done <- l.websocket(whoami, 1500*time.Millisecond) }()
		time.Sleep(500 * time.Millisecond)
		l.config.Routes = append(l.config.Routes, Route{Name: "added.cairn.test", Upstream: l.upstream.address})
		l.render()
		l.reload()
		l.until("the added route works", func() error { return status(l, request{host: "added.cairn.test"}, 200) })
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// until waits until something is right.
func (l *lab) until(what string, try func() error) {
	l.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("not after 20 seconds: %s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// serial is the number of the certificate that the proxy shows.
func (l *lab) serial() string {
	conn, err := l.dialTLS(&tls.Config{ServerName: whoami, RootCAs: l.roots})
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// load sends requests at a steady rate until the function that it returns is called.
func (l *lab) load(perSecond int) (stop func() (sent int, failed []error)) {
	transport := func(keep bool) *http.Transport {
		return &http.Transport{
			DisableKeepAlives: !keep, MaxIdleConnsPerHost: 50,
			TLSClientConfig: &tls.Config{RootCAs: l.roots, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", l.at.HTTPS))
			},
		}
	}
	clients := []*http.Client{{Transport: transport(true)}, {Transport: transport(false)}}
	quit := make(chan struct{})
	finished := make(chan struct{})
	var sent int
	var failed []error
	go func() {
		defer close(finished)
		var mu sync.Mutex
		var open sync.WaitGroup
		defer open.Wait()
		ticker := time.NewTicker(time.Second / time.Duration(perSecond))
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			client := clients[sent%2]
			sent++
			open.Go(func() {
				if err := quick(client); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = append(failed, err)
				}
			})
		}
	}()
	return func() (int, []error) {
		close(quit)
		<-finished
		return sent, failed
	}
}

// quick asks once. A proxy may close a connection that is idle; like browsers, the
// client then takes another one.
func quick(client *http.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	reused := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }})
	q, err := http.NewRequestWithContext(ctx, "GET", "https://"+whoami+"/quick", nil)
	if err != nil {
		return err
	}
	a, err := client.Do(q)
	if err != nil && !reused {
		return fmt.Errorf("%w: %w", errFresh, err)
	}
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if _, err := io.Copy(io.Discard, a.Body); err != nil {
		return err
	}
	if a.StatusCode != 200 {
		return fmt.Errorf("status %d", a.StatusCode)
	}
	return nil
}
