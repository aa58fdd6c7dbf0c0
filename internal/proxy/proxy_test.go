package proxy

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairn/internal/golden"
)

func configurations() map[string]Config {
	routes := []Route{
		{Name: "whoami.home.arpa", Upstream: "cairn-whoami-whoami-1:8080"},
		{Name: "files.home.arpa", Upstream: "cairn-files-server-1:9000", MaxBody: 1 << 30, Timeout: 5 * time.Minute},
	}
	return map[string]Config{
		"whole": {Routes: routes, Certificates: "/certificates", Challenges: "cairn-acme-lego-1:8081"},
		"plain": {Routes: routes[:1]},
		"empty": {Certificates: "/certificates"},
	}
}

func TestRender(t *testing.T) {
	for name, c := range configurations() {
		for _, kind := range Kinds {
			t.Run(fmt.Sprintf("%s/%s", kind, name), func(t *testing.T) {
				files, err := Render(kind, c)
				if err != nil {
					t.Fatal(err)
				}
				var all bytes.Buffer
				for _, f := range files {
					fmt.Fprintf(&all, "-- %s --\n%s", f.Path, bytes.ReplaceAll(f.Content, []byte("\r\n"), []byte("\n")))
				}
				golden.Check(t, filepath.Join("testdata", string(kind)+"-"+name+".golden"), all.Bytes())
			})
		}
	}
}

// authorityConfig has a proxy ask an authority.
func authorityConfig(kind Kind) Config {
	return Config{
		Routes: []Route{{Name: "whoami.home.arpa", Upstream: "cairn-whoami-whoami-1:8080"}},
		Authority: &Authority{
			Directory: "https://ca.home.arpa:9000/acme/acme/directory", Daily: "https://ca.home.arpa:9000/acme/daily/directory",
			Root: "authority.crt", Storage: StoragePath(kind), Generation: "20261129T1200.000", Renewal: "renewal-atlas.home.arpa",
		},
	}
}

func TestRenderWithAnAuthority(t *testing.T) {
	for _, kind := range Kinds {
		files, err := Render(kind, authorityConfig(kind))
		if !kind.AsksAuthority() {
			if err == nil {
				t.Errorf("%s is rendered without certificates", kind)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		for _, f := range files {
			fmt.Fprintf(&all, "-- %s --\n%s", f.Path, f.Content)
		}
		golden.Check(t, filepath.Join("testdata", string(kind)+"-authority.golden"), all.Bytes())
	}
	for what, change := range map[string]func(*Config){
		"a folder too":            func(c *Config) { c.Certificates = "/certificates" },
		"plain HTTP":              func(c *Config) { c.Authority.Directory = "http://ca.home.arpa/" },
		"no daily":                func(c *Config) { c.Authority.Daily = "" },
		"a quote":                 func(c *Config) { c.Authority.Daily = `https://ca.home.arpa/"` },
		"no name to renew":        func(c *Config) { c.Authority.Renewal = "" },
		"a route to renew":        func(c *Config) { c.Authority.Renewal = c.Routes[0].Name },
		"nowhere to keep":         func(c *Config) { c.Authority.Storage = "here" },
		"a generation with a way": func(c *Config) { c.Authority.Generation = "../x" },
		"a root with a way":       func(c *Config) { c.Authority.Root = "../authority.crt" },
	} {
		c := authorityConfig(Traefik)
		change(&c)
		if _, err := Render(Traefik, c); err == nil {
			t.Errorf("%s: rendered", what)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	route := Route{Name: "a.home.arpa", Upstream: "a:80"}
	with := func(change func(*Route)) Config {
		r := route
		change(&r)
		return Config{Routes: []Route{r}}
	}
	for want, c := range map[string]Config{
		`"home" is no name`:                    with(func(r *Route) { r.Name = "home" }),
		"`) || Host(`x.y":                      with(func(r *Route) { r.Name = "a.b`) || Host(`x.y" }),
		`is no name that a proxy`:              with(func(r *Route) { r.Name = "A.home.arpa" }),
		`"192.0.2.1" is no name`:               with(func(r *Route) { r.Name = "192.0.2.1" }),
		`two routes have the name a.home.arpa`: {Routes: []Route{route, route}},
		`"a" is no host:port`:                  with(func(r *Route) { r.Upstream = "a" }),
		`"a:0" is no host:port`:                with(func(r *Route) { r.Upstream = "a:0" }),
		`"a:80;x" is no host:port`:             with(func(r *Route) { r.Upstream = "a:80;x" }),
		`"a b:80" is no host:port`:             with(func(r *Route) { r.Upstream = "a b:80" }),
		`in whole seconds`:                     with(func(r *Route) { r.Timeout = time.Millisecond }),
		`a limit must be positive`:             with(func(r *Route) { r.MaxBody = -1 }),
		`is no folder for certificates`:        {Certificates: "certificates"},
		`challenges: "x" is no host:port`:      {Challenges: "x"},
	} {
		for _, kind := range Kinds {
			if _, err := Render(kind, c); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", kind, err, want)
			}
		}
	}
	if _, err := Render("apache", Config{}); err == nil {
		t.Error("rendered for a product that there is not")
	}
}

func TestReload(t *testing.T) {
	for _, kind := range Kinds {
		if r := Reload(kind); r.Watches == (r.Signal != "") {
			t.Errorf("%s: either it watches or it takes a signal: %+v", kind, r)
		}
		if ConfigPath(kind) == "" {
			t.Errorf("%s has no folder for its configuration", kind)
		}
	}
}

func TestAbove(t *testing.T) {
	for _, limit := range []int64{1, 9, 10, 99, 100, 1000, 1099, 1 << 20, 1 << 30} {
		form := regexp.MustCompile(above(limit))
		for _, n := range []int64{0, 1, limit - 1, limit, limit + 1, limit + 9, limit * 2, limit * 10, limit*10 - 1, 1 << 40} {
			if got, want := form.MatchString(strconv.FormatInt(n, 10)), n > limit; got != want {
				t.Errorf("above(%d) matches %d: %t", limit, n, got)
			}
		}
	}
}
