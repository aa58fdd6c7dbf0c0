package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a product.
type Kind string

// Products.
const (
	Traefik Kind = "traefik"
	Caddy   Kind = "caddy"
	Nginx   Kind = "nginx"
	HAProxy Kind = "haproxy"
)

// Kinds are all products.
var Kinds = []Kind{Traefik, Caddy, Nginx, HAProxy}

// AsksAuthority reports whether a product gets certificates from an [Authority] by
// itself.
func (k Kind) AsksAuthority() bool { return k == Traefik || k == Caddy }

// Ports inside the container. An authority that looks for the proxy on a network of
// containers knows no others than 80 and 443. They need no capability: Docker lets
// every user of a container listen on all ports of its own network.
const (
	HTTPPort   = 80
	HTTPSPort  = 443
	HealthPort = 8082 // never published
)

// HealthPath answers with 200 on HealthPort while the proxy works.
const HealthPath = "/ping"

// DefaultTimeout is how long an answer may take unless its route says otherwise.
const DefaultTimeout = time.Minute

// Route is one name that the proxy answers to.
type Route struct {
	Name     string // the whole name, such as whoami.home.arpa
	Upstream string // host:port of the container, which speaks plain HTTP

	// MaxBody is the largest request in bytes; 0 means that the proxy has no limit.
	// What announces more gets 413. Traefik and HAProxy count only what is announced,
	// since they would have to hold back a request to count it.
	MaxBody int64

	// Timeout is how long an answer may take to begin; 0 means DefaultTimeout. With
	// nginx and HAProxy, an answer may also not pause for longer.
	Timeout time.Duration
}

// Config is all that a proxy is told.
type Config struct {
	Routes []Route

	// Certificates is the folder in the container with NAME.crt and NAME.key for each
	// route. All of them must exist. Empty means plain HTTP only.
	Certificates string

	// Challenges is host:port of what answers the challenges of ACME by plain HTTP, for
	// all names (RFC 8555, 8.3). Empty if nobody does.
	Challenges string

	// Authority gives the certificates, instead of Certificates. nil: none does.
	Authority *Authority
}

// Authority is a certificate authority that the proxy asks by itself (RFC 8555), as
// [Kind.AsksAuthority] says. It answers the challenges by plain HTTP.
type Authority struct {
	Directory string // the address of its ACME directory
	Root      string // the file in Folder with the certificate that proves it
	Storage   string // a folder in the container, which keeps accounts and certificates
	// Generation is another one for another authority, whose certificates nobody trusts.
	Generation string

	// Renewal is a name whose certificate lives for a day, so that renewals can be seen
	// every day. Daily is the directory for such certificates.
	Renewal, Daily string
}

// Lifetimes of certificates from an authority, in hours. A month gives ten days to
// repair an authority before anything ends: all renew when a third is left.
const (
	Lifetime      = 30 * 24
	DailyLifetime = 24
)

// Secure reports whether the proxy serves HTTPS.
func (c Config) Secure() bool { return c.Certificates != "" || c.Authority != nil }

// File is a file of the proxy.
type File struct {
	Path    string // relative to the folder of its service, with slashes
	Content []byte
}

// Folder is where all files of Render are. A container mounts it whole and read-only
// at ConfigPath: a file that was mounted by itself would stay the old one when a new
// one takes its place.
const Folder = "config"

// ConfigPath returns where Folder belongs in the product's container: where its image
// looks for its configuration.
func ConfigPath(kind Kind) string {
	return map[Kind]string{
		Traefik: "/etc/traefik",
		Caddy:   "/etc/caddy",
		Nginx:   "/etc/nginx",
		HAProxy: "/usr/local/etc/haproxy",
	}[kind]
}

// StoragePath returns the folder in the product's container for what it gets by itself.
func StoragePath(kind Kind) string { return "/var/lib/" + string(kind) }

// Takeover is how a running proxy takes over changed files and renewed certificates,
// without dropping a request. Only Caddy ends connections that are just being made then,
// under load up to one in ten; requests on others go on. HAProxy misses a signal
// within a second of its start or of another signal, so look whether it has taken over,
// and send it again if not. An empty Signal means that it watches its files; for a
// renewed certificate one of them must then be written anew.
type Takeover struct {
	Watches bool
	Signal  string // to the container's first process, as docker kill --signal names it
}

// Reload returns how a product takes over changed files.
func Reload(kind Kind) Takeover {
	return map[Kind]Takeover{
		Traefik: {Watches: true},
		Caddy:   {Signal: "SIGUSR1"},
		Nginx:   {Signal: "SIGHUP"},
		HAProxy: {Signal: "SIGUSR2"},
	}[kind]
}

// Render returns the files of a product, sorted by path. They are always the same for
// the same configuration.
func Render(kind Kind, c Config) ([]File, error) {
	return render(kind, c, inContainer(kind))
}

var (
	nameForm     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$`)
	upstreamForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	// A generation is part of a file's name.
	generationForm = regexp.MustCompile(`^[A-Za-z0-9.]*$`)
	folderForm     = regexp.MustCompile(`^/[A-Za-z0-9/._-]*$`)
)

// check refuses what could not be a name in a configuration. All of it is written into
// files of which each product has its own syntax.
func (c Config) check() error {
	var seen []string
	for _, r := range c.Routes {
		if len(r.Name) > 253 || !nameForm.MatchString(r.Name) {
			return fmt.Errorf("%q is no name that a proxy could answer to", r.Name)
		}
		if slices.Contains(seen, r.Name) {
			return fmt.Errorf("two routes have the name %s", r.Name)
		}
		seen = append(seen, r.Name)
		if err := checkUpstream(r.Upstream); err != nil {
			return fmt.Errorf("route %s: %w", r.Name, err)
		}
		if r.MaxBody < 0 || r.Timeout < 0 || r.Timeout%time.Second != 0 {
			return fmt.Errorf("route %s: a limit must be positive, and a timeout in whole seconds", r.Name)
		}
	}
	if c.Challenges != "" {
		if err := checkUpstream(c.Challenges); err != nil {
			return fmt.Errorf("challenges: %w", err)
		}
	}
	if err := c.checkAuthority(); err != nil {
		return err
	}
	if c.Certificates != "" && (!folderForm.MatchString(c.Certificates) || path.Clean(c.Certificates) != c.Certificates) {
		return fmt.Errorf("%q is no folder for certificates", c.Certificates)
	}
	return nil
}

func (c Config) checkAuthority() error {
	a := c.Authority
	if a == nil {
		return nil
	}
	if c.Certificates != "" || c.Challenges != "" {
		return errors.New("certificates come either from a folder or from an authority")
	}
	for _, address := range []string{a.Directory, a.Daily} {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(address, " \"'`{}") {
			return fmt.Errorf("%q is no address of an authority", address)
		}
	}
	if !generationForm.MatchString(a.Generation) {
		return fmt.Errorf("%q is no generation of an authority", a.Generation)
	}
	if !nameForm.MatchString(a.Renewal) || !folderForm.MatchString(a.Storage) || !upstreamForm.MatchString(a.Root) {
		return errors.New("an authority needs a name to renew, a folder to keep certificates in, and a file with its root")
	}
	if slices.ContainsFunc(c.Routes, func(r Route) bool { return r.Name == a.Renewal }) {
		return fmt.Errorf("%s is a route, so it cannot be the name that shows renewals", a.Renewal)
	}
	return nil
}

func checkUpstream(address string) error {
	host, port, err := net.SplitHostPort(address)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || number == 0 || net.ParseIP(host) == nil && !upstreamForm.MatchString(host) {
		return fmt.Errorf("%q is no host:port", address)
	}
	return nil
}

// sorted returns the routes by name, with their defaults.
func (c Config) sorted() []Route {
	routes := slices.Clone(c.Routes)
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Name, b.Name) })
	for i := range routes {
		if routes[i].Timeout == 0 {
			routes[i].Timeout = DefaultTimeout
		}
	}
	return routes
}
