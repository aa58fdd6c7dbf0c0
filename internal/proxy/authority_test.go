//go:build linux

package proxy

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	renewal = "renewal.cairn.test" // the name whose certificate lives for a day
	// For such a name Caddy would make an authority of its own (certmagic, SubjectIsInternal).
	home = "whoami.home.arpa"
)

// askAuthority has the proxy ask an authority, which does not answer.
func (l *lab) askAuthority() {
	l.t.Helper()
	// Any certificate will do as the root that nobody shows.
	l.issue("root.cairn.test")
	root, err := os.ReadFile(filepath.Join(l.config.Certificates, "root.cairn.test.crt"))
	if err != nil {
		l.t.Fatal(err)
	}
	nobody := fmt.Sprintf("https://127.0.0.1:%d/acme", freePorts(l.t, 1)[0])
	l.config.Certificates, l.config.Challenges = "", ""
	l.config.Routes = append(l.config.Routes, Route{Name: home, Upstream: l.upstream.address})
	l.config.Authority = &Authority{
		Directory: nobody + "/acme/directory", Daily: nobody + "/daily/directory", Root: "authority.crt",
		Storage: l.at.Scratch, Generation: "1", Renewal: renewal,
	}
	l.render()
	l.files = append(l.files, File{Path: Folder + "/authority.crt", Content: root})
}

// TestAnAuthorityThatIsDown: a proxy starts without it, and does everything that needs
// no certificate.
func TestAnAuthorityThatIsDown(t *testing.T) {
	onEach(t, slices.DeleteFunc(slices.Clone(Kinds), func(k Kind) bool { return !k.AsksAuthority() }), func(t *testing.T, l *lab) {
		l.askAuthority()
		l.run(func() error { return redirected(l, request{host: whoami, plain: true}, "https://"+whoami+"/") })
		for what, err := range map[string]error{
			"an unknown name by HTTP":              nothing(l, request{host: foreign, plain: true}),
			"the renewal's name by HTTP":           nothing(l, request{host: renewal, plain: true}),
			"a challenge that it did not ask for":  challenged(l, whoami),
			"a handshake for a route":              uncertified(l, whoami),
			"a handshake for a name at home":       uncertified(l, home),
			"a handshake for the renewal's name":   uncertified(l, renewal),
			"a handshake for a name of nobody":     uncertified(l, foreign),
			"a handshake for no name":              refused(l, &tls.Config{}),
			"its health, which Docker asks it for": l.healthy(),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// uncertified is a handshake that ends with one of the alerts by which the host's agent
// knows a name without a certificate: 112 (RFC 6066, 3), or 80, which Go sends if its
// program has none to give.
func uncertified(l *lab, name string) error {
	var alert tls.AlertError
	err := l.handshake(&tls.Config{ServerName: name, InsecureSkipVerify: true})
	switch {
	case err == nil:
		return errors.New("the handshake succeeded")
	case errors.As(err, &alert) && (alert == 112 || alert == 80), strings.Contains(err.Error(), "unrecognized name"), strings.Contains(err.Error(), "internal error"):
		return nil
	}
	return err
}

// challenged asks for the answer to a challenge of ACME that nobody began. It is led
// to HTTPS like everything else, or to nothing.
func challenged(l *lab, name string) error {
	a, err := l.ask(request{host: name, plain: true, path: "/.well-known/acme-challenge/token"})
	if err != nil {
		return err
	}
	if a.StatusCode < 300 {
		return fmt.Errorf("status %d", a.StatusCode)
	}
	return nil
}

// TestCaddyAsksNobodyElse: Caddy itself knows public authorities and has one of its own.
// What it makes of its file names neither.
func TestCaddyAsksNobodyElse(t *testing.T) {
	onEach(t, []Kind{Caddy}, func(t *testing.T, l *lab) {
		l.askAuthority()
		l.write()
		text, err := exec.Command(wheel(t, "caddy"), "adapt", "--config", filepath.Join(l.at.Config, "Caddyfile")).Output()
		if err != nil {
			t.Fatal(err)
		}
		var made struct {
			Admin struct{ Disabled bool }
			Apps  struct {
				PKI any
				TLS struct {
					Automation struct {
						Policies []struct {
							Subjects []string
							Issuers  []struct{ Module, CA string }
						}
					}
				}
			}
		}
		if err := json.Unmarshal(text, &made); err != nil {
			t.Fatal(err)
		}
		if !made.Admin.Disabled || made.Apps.PKI != nil {
			t.Errorf("it has an interface or an authority of its own: %s", text)
		}
		asked := map[string]string{}
		for _, p := range made.Apps.TLS.Automation.Policies {
			for _, name := range p.Subjects {
				for _, issuer := range p.Issuers {
					asked[name] += issuer.Module + " " + issuer.CA
				}
			}
		}
		want := map[string]string{renewal: "acme " + l.config.Authority.Daily}
		for _, r := range l.config.Routes {
			want[r.Name] = "acme " + l.config.Authority.Directory
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("whom it asks for each name (-want +got):\n%s", diff)
		}
	})
}
