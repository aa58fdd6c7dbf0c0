package proxy

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed templates/*
var sources embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"above":   above,
	"seconds": func(d time.Duration) string { return strconv.Itoa(int(d/time.Second)) + "s" },
}).ParseFS(sources, "templates/*"))

// place is where a proxy runs: in its container, or in a test as a plain process.
type place struct {
	Config              string // where Folder is
	Scratch             string // a folder that it may write to
	Resolver            string // host:port of the name server
	HTTP, HTTPS, Health int    // ports
}

// inContainer is the place of a product in its container. 127.0.0.11 is Docker's name
// server, in every container on a network that somebody made.
func inContainer(kind Kind) place {
	return place{
		Config: ConfigPath(kind), Scratch: "/tmp", Resolver: "127.0.0.11:53",
		HTTP: HTTPPort, HTTPS: HTTPSPort, Health: HealthPort,
	}
}

// files are the templates of each product.
var files = map[Kind][]string{
	Traefik: {"routes/routes.yaml", "traefik.yaml"},
	Caddy:   {"Caddyfile"},
	Nginx:   {"nginx.conf"},
	HAProxy: {"502.http", "certificates.list", "haproxy.cfg"},
}

// input is what templates are rendered with.
type input struct {
	Config
	place  place
	Routes []Route
}

// At is where the proxy runs.
func (i input) At() place { return i.place }

// HealthPath is the path of the health check.
func (i input) HealthPath() string { return HealthPath }

// Default is the timeout of what has none of its own.
func (i input) Default() time.Duration { return DefaultTimeout }

// Timeouts are the different timeouts of the routes, in the order of the routes.
func (i input) Timeouts() (all []time.Duration) {
	seen := map[time.Duration]bool{}
	for _, r := range i.Routes {
		if !seen[r.Timeout] {
			seen[r.Timeout] = true
			all = append(all, r.Timeout)
		}
	}
	return all
}

// Lifetime and DailyLifetime are how long certificates live, in hours.
func (i input) Lifetime() int      { return Lifetime }
func (i input) DailyLifetime() int { return DailyLifetime }

// Ciphers are those of TLS 1.2, as OpenSSL names them (Mozilla's intermediate
// recommendation, without finite-field Diffie-Hellman, which browsers do not use).
func (i input) Ciphers() string {
	return "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" +
		"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
}

func render(kind Kind, c Config, at place) ([]File, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Authority != nil && !kind.AsksAuthority() {
		return nil, fmt.Errorf("%s asks no authority by itself here", kind)
	}
	names, known := files[kind]
	if !known {
		return nil, fmt.Errorf("%q is no reverse proxy that Cairn knows", kind)
	}
	var all []File
	for _, name := range names {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, path.Base(name)+".tmpl", input{Config: c, place: at, Routes: c.sorted()}); err != nil {
			return nil, fmt.Errorf("render %s for %s: %w", name, kind, err)
		}
		if strings.TrimSpace(b.String()) == "" {
			continue
		}
		all = append(all, File{Path: path.Join(Folder, name), Content: b.Bytes()})
	}
	return all, nil
}

// above returns a regular expression for the decimal numbers above n. Traefik and
// Caddy can compare headers only so. Braces would be placeholders to Caddy.
func above(n int64) string {
	digits := strconv.FormatInt(n, 10)
	some := func(n int) string { return strings.Repeat("[0-9]", n) }
	var larger []string
	for i, d := range digits {
		if d < '9' {
			larger = append(larger, fmt.Sprintf("%s[%c-9]%s", digits[:i], d+1, some(len(digits)-i-1)))
		}
	}
	larger = append(larger, "[1-9]"+some(len(digits))+"[0-9]*")
	return "^0*(" + strings.Join(larger, "|") + ")$"
}
