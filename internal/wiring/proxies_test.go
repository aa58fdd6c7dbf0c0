package wiring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"cairn/internal/authority"
	"cairn/internal/golden"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/proxy"
)

// servicesOf are the services of a wiring, each once, in their order.
func servicesOf(w *Wiring) (names []string) {
	for _, r := range w.Releases {
		if !slices.Contains(names, r.Service.Name) {
			names = append(names, r.Service.Name)
		}
	}
	return names
}

// TestTheChosenProxy: what the owner chooses takes effect, if it can be set up.
func TestTheChosenProxy(t *testing.T) {
	for choice, want := range map[string]string{"traefik": "traefik", "caddy": "caddy", "nginx": "traefik", "nginx-proxy-manager": "traefik", "": "traefik"} {
		_, w := onTwoHosts(t, func(l *lab.Lab) { l.Choose["reverse-proxy"] = choice })
		if got := servicesOf(w); !slices.Equal(got, []string{"store", "whoami", "step-ca", want}) {
			t.Errorf("%q: the releases are of %v", choice, got)
		}
		if SetsUpProxy(choice) != (choice == want) {
			t.Errorf("%q: it is set up: %v", choice, SetsUpProxy(choice))
		}
	}
}

// TestEveryProxyThatIsSetUpIsInTheCatalog: it is the product of its name, and keeps its
// certificates in a volume.
func TestEveryProxyThatIsSetUpIsInTheCatalog(t *testing.T) {
	c := wholeCatalog(t)
	for _, kind := range proxy.Kinds {
		s, err := c.Get(string(kind))
		if err != nil {
			t.Fatal(err)
		}
		if s.Proxy != string(kind) {
			t.Errorf("%s is the product %q", kind, s.Proxy)
		}
		keeps := false
		for _, v := range s.Compose.Services[s.Main].Volumes {
			keeps = keeps || v.Type == "volume" && v.Target == proxy.StoragePath(kind)
		}
		if keeps != SetsUpProxy(string(kind)) {
			t.Errorf("%s keeps certificates: %v", kind, keeps)
		}
	}
}

// TestCaddy compares all files of Caddy's release with the golden file.
func TestCaddy(t *testing.T) {
	_, w := onTwoHosts(t, func(l *lab.Lab) { l.Choose["reverse-proxy"] = "caddy" })
	parts, err := authority.New("home.home.arpa", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	archive := &txtar.Archive{}
	for _, host := range []string{"atlas", "boreas"} {
		s := resources(t, w, parts)["caddy "+host]
		for _, f := range s.Files {
			text := strings.ReplaceAll(f.Content.Text(), parts.Root, "ROOT\n")
			archive.Files = append(archive.Files, txtar.File{Name: fmt.Sprintf("%s:%s live=%v", host, f.Path, f.Live), Data: []byte(text)})
		}
		if s.Certificates == nil || s.Reload.Signal != "SIGUSR1" {
			t.Errorf("on %s: %+v, %+v", host, s.Certificates, s.Reload)
		}
	}
	golden.Check(t, "testdata/caddy.golden", txtar.Format(archive))
}

// TestAProxyThatIsNotChosen: the lab file cannot have two.
func TestAProxyThatIsNotChosen(t *testing.T) {
	c := wholeCatalog(t)
	for _, example := range []struct{ named, chosen, want, fix string }{
		{"traefik", "traefik", "", ""},
		{"caddy", "caddy", "", ""},
		{"caddy", "traefik", "caddy is a reverse proxy, and the lab has traefik for that", "or write `reverse-proxy: caddy` under `choose`"},
		{"traefik", "caddy", "traefik is a reverse proxy, and the lab has caddy for that", "or write `reverse-proxy: traefik` under `choose`"},
		{"nginx", "nginx", "nginx is a reverse proxy, and the lab has traefik for that", "take nginx out of `services` in lab.yaml"},
	} {
		l := labWith(t, c, "  whoami: {}\n  "+example.named+": {}\n")
		l.Choose["reverse-proxy"] = example.chosen
		_, err := Of(l, c)
		if example.want == "" {
			if err != nil {
				t.Errorf("%s with %s: %v", example.named, example.chosen, err)
			}
			continue
		}
		p := problem.Of(err)
		if p == nil || p.Code != problem.ServiceConflict || !strings.Contains(p.Error(), example.want) || !strings.HasSuffix(p.Fix, example.fix) {
			t.Errorf("%s with %s: %v", example.named, example.chosen, err)
		}
	}
}
