package wiring

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	builtin "cairn/catalog"
	"cairn/internal/authority"
	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/secret"
	"cairn/internal/vault"
)

// wholeCatalog is Cairn's own with that of the tests.
func wholeCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: builtin.Files}, catalog.Source{Dir: "own", Files: testFiles(t)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// onTwoHosts wires a lab with services on two hosts.
func onTwoHosts(t *testing.T, change func(*lab.Lab)) (*lab.Lab, *Wiring) {
	t.Helper()
	c := wholeCatalog(t)
	l := labWith(t, c, "  whoami: {on: atlas}\n  store: {on: boreas}\n")
	if change != nil {
		change(l)
	}
	w, err := Of(l, c)
	if err != nil {
		t.Fatal(err)
	}
	return l, w
}

// resources are the releases as their hosts get them, by service and host.
func resources(t *testing.T, w *Wiring, parts authority.Parts) map[string]resource.Service {
	t.Helper()
	all := map[string]resource.Service{}
	values, err := SecretsOf(w.Releases, func(d vault.Declaration) (Secret, error) {
		if d.Form == vault.Authority {
			return Secret{secret.New(parts.Text()), "1"}, nil
		}
		return Secret{secret.New("value"), "1"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range w.Releases {
		if all[r.Service.Name+" "+r.Host], err = r.Resource(values[r.Service.Name]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func fileOf(t *testing.T, s resource.Service, path string) string {
	t.Helper()
	i := slices.IndexFunc(s.Files, func(f resource.ServiceFile) bool { return f.Path == path })
	if i < 0 {
		t.Fatalf("%s has no %s", s.Name, path)
	}
	return s.Files[i].Content.Text()
}

// TestTheLabsAuthority: each host with services has a reverse proxy, and one has the
// authority of both.
func TestTheLabsAuthority(t *testing.T) {
	_, w := onTwoHosts(t, nil)
	var order []string
	for _, r := range w.Releases {
		order = append(order, r.Service.Name+" on "+r.Host)
	}
	if got := strings.Join(order, ", "); got != "store on boreas, whoami on atlas, step-ca on atlas, traefik on atlas, traefik on boreas" {
		t.Errorf("the releases are %s", got)
	}
	if got := w.Release("whoami").Addresses(); !slices.Equal(got, []string{"https://whoami.home.home.arpa"}) {
		t.Errorf("people open %v", got)
	}
	parts, err := authority.New("home.home.arpa", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	all := resources(t, w, parts)
	ca, here, there := all["step-ca atlas"], all["traefik atlas"], all["traefik boreas"]

	// On one host, names are known on the authority's network.
	if got := strings.Join(here.Containers[0].Known, " "); got != "cairn-step-ca/renewal-atlas.home.home.arpa cairn-step-ca/whoami.home.home.arpa" {
		t.Errorf("the proxy beside the authority is known as %s", got)
	}
	if got := strings.Join(ca.Containers[0].Known, " "); got != "cairn-step-ca/ca.home.home.arpa" {
		t.Errorf("the authority is known as %s", got)
	}
	// Between hosts, both are told addresses, and the authority's port is open.
	if got := fileOf(t, ca, "compose.yaml"); !strings.Contains(got, "store.home.home.arpa=192.168.1.11") || !strings.Contains(got, "renewal-boreas.home.home.arpa=192.168.1.11") {
		t.Errorf("the authority does not know the names on boreas:\n%s", got)
	}
	if got := fileOf(t, there, "compose.yaml"); !strings.Contains(got, "ca.home.home.arpa=192.168.1.10") {
		t.Errorf("the proxy on boreas does not know the authority:\n%s", got)
	}
	if got := ca.Containers[0].Ports; !slices.Equal(got, []string{"9000->9000/tcp"}) {
		t.Errorf("the authority publishes %v", got)
	}
	boreas := []netip.Prefix{netip.MustParsePrefix("192.168.1.11/32")}
	if !slices.ContainsFunc(w.Openings("atlas"), func(o lab.Opening) bool { return o.Port == 9000 && slices.Equal(o.From, boreas) }) {
		t.Error("the authority's port is not open")
	}
	// Everybody gets what they need of the authority, and nobody the root's key.
	for _, s := range []resource.Service{here, there} {
		if fileOf(t, s, "config/authority.crt") != parts.Root {
			t.Error("a proxy does not know the root")
		}
	}
	if fileOf(t, ca, "config/root.crt") != parts.Root || fileOf(t, ca, "config/intermediate.crt") != parts.Intermediate || fileOf(t, ca, "config/intermediate.key") != parts.IntermediateKey {
		t.Error("the authority lacks a part")
	}
	for name, s := range all {
		for _, f := range s.Files {
			if strings.Contains(f.Content.Text(), parts.RootKey) {
				t.Errorf("%s has the root's key in %s", name, f.Path)
			}
			if strings.Contains(f.Content.Text(), parts.IntermediateKey) && (!f.Sensitive || f.Owner != 1000) {
				t.Errorf("%s: everybody may read %s", name, f.Path)
			}
		}
	}
}

func TestAnAuthorityOnOneHostOpensNoPort(t *testing.T) {
	c := wholeCatalog(t)
	w, err := Of(labWith(t, c, "  whoami: {}\n"), c)
	if err != nil {
		t.Fatal(err)
	}
	if ca := w.Release("step-ca"); ca == nil || ca.Host != "atlas" || len(ca.ports()) != 0 || len(ca.Elsewhere) != 0 {
		t.Errorf("%+v", ca)
	}
}

func TestALabWithoutItsOwnAuthority(t *testing.T) {
	_, w := onTwoHosts(t, func(l *lab.Lab) { l.Choose["tls"] = "letsencrypt" })
	for _, r := range w.Releases {
		if r.Authority != nil || r.Service.Authority != nil || r.Secure {
			t.Errorf("%s has an authority", r.Service.Name)
		}
	}
}

func TestWiringAtOtherAddresses(t *testing.T) {
	l, w := onTwoHosts(t, nil)
	moved := *l
	moved.Hosts = slices.Clone(l.Hosts)
	for i := range moved.Hosts {
		moved.Hosts[i].Address = moved.Hosts[i].Address.Next().Next()
	}
	if got := w.At(&moved).Release("step-ca").Elsewhere[0].Address.String(); got != "192.168.1.13" {
		t.Errorf("boreas is looked for at %s", got)
	}
	if got := w.At(&moved).Release("step-ca").Askers; len(got) != 1 || got[0].From[0] != netip.MustParsePrefix("192.168.1.13/32") {
		t.Errorf("the authority is asked from %v", got)
	}
	if got := w.Release("step-ca").Elsewhere[0].Address.String(); got != "192.168.1.11" {
		t.Errorf("the wiring that was moved has %s", got)
	}
}

func TestNamesThatTheAuthorityTakes(t *testing.T) {
	c := wholeCatalog(t)
	l := labWith(t, c, "  whoami: {}\n")
	for _, name := range []string{"ca", "renewal-atlas"} {
		s, err := c.Get("whoami")
		if err != nil {
			t.Fatal(err)
		}
		s.Routes[0].Name = name
		if _, err := Of(l, c); err == nil || !strings.Contains(err.Error(), "the certificate authority") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestANewAuthority: certificates of the old one stay where nobody looks for them.
func TestANewAuthority(t *testing.T) {
	for proxy, file := range map[string]string{"traefik": "config/traefik.yaml", "caddy": "config/Caddyfile"} {
		_, w := onTwoHosts(t, func(l *lab.Lab) { l.Choose["reverse-proxy"] = proxy })
		release := func(version string) (s resource.Service, text string) {
			s, err := w.Release(proxy).Resource(map[string]Secret{rootKey: {secret.New("root"), version}})
			if err != nil {
				t.Fatal(err)
			}
			return s, fileOf(t, s, file)
		}
		first, old := release("1")
		second, now := release("2")
		if !strings.Contains(old, "/lab-1") || !strings.Contains(now, "/lab-2") || strings.Contains(now, "/lab-1") {
			t.Errorf("%s\n%s", old, now)
		}
		if first.Stamp == second.Stamp {
			t.Errorf("%s reads the root only when it starts, and is not started anew", proxy)
		}
	}
}

// TestALabWithoutServicesReadsNothing: reading takes time, and each command would.
func TestALabWithoutServicesReadsNothing(t *testing.T) {
	broken := fstest.MapFS{"traefik/service.yaml": {Data: []byte("service: [")}, "step-ca/service.yaml": {Data: []byte("service: [")}}
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: broken})
	if err != nil {
		t.Fatal(err)
	}
	l := labWith(t, c, "  {}\n")
	if w, err := Of(l, c); err != nil || len(w.Releases) != 0 {
		t.Errorf("%v, %v", w, err)
	}
}
