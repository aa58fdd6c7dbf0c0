package rehearse

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	builtin "cairn/catalog"
	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/standin"
	"cairn/internal/wiring"
)

func labWith(services ...string) *lab.Lab {
	l := &lab.Lab{Name: "home", Domain: "home.example", Hosts: []lab.Host{{Name: "atlas", Roles: []lab.Role{lab.Server}}}}
	for _, name := range services {
		l.Services = append(l.Services, lab.Service{Name: name})
	}
	return l
}

// wired is what follows from a service of a catalog.
func wired(t *testing.T, files fs.FS, services ...string) *wiring.Wiring {
	t.Helper()
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: files})
	if err != nil {
		t.Fatal(err)
	}
	w, err := wiring.Of(labWith(services...), c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNeededImages(t *testing.T) {
	for _, test := range []struct {
		services *wiring.Wiring
		want     []string
	}{
		{nil, nil}, {wired(t, builtin.Files), nil}, {wired(t, builtin.Files, "whoami"), []string{"docker.io/library/traefik:v3.7.15", "docker.io/traefik/whoami:v1.11.0"}},
	} {
		if diff := cmp.Diff(test.want, neededImages(test.services)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestNoStandIn(t *testing.T) {
	found, err := recipesFor([]string{"docker.io/traefik/whoami:v1.11.0", "docker.io/library/traefik:v3.7.15"})
	if err != nil || len(found) != 2 {
		t.Errorf("%v, %v", found, err)
	}
	_, err = recipesFor([]string{"docker.io/library/postgres:18.4", "docker.io/traefik/whoami:v1.11.0", "ghcr.io/some/thing:1"})
	if problem.CodeOf(err) != problem.RehearsalNoStandIn || !strings.Contains(err.Error(), "no stand-in for docker.io/library/postgres:18.4, ghcr.io/some/thing:1") {
		t.Errorf("the error is %v", err)
	}
}

// elsewhere is the catalog's whoami with an image for which there is no recipe.
func elsewhere(t *testing.T) *wiring.Wiring {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"service.yaml", "compose.yaml"} {
		text, err := builtin.Files.ReadFile("whoami/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files["whoami/"+name] = &fstest.MapFile{Data: bytes.ReplaceAll(text, []byte("docker.io/traefik/whoami:v1.11.0"), []byte("ghcr.io/some/thing:1"))}
	}
	return wired(t, files, "whoami")
}

// TestStandInsAreNotHeld: a lab that runs already names the digests of products.
func TestStandInsAreNotHeld(t *testing.T) {
	l := labWith("whoami")
	locked := wired(t, builtin.Files, "whoami")
	locked.Pin(map[string]string{"docker.io/traefik/whoami:v1.11.0": "sha256:" + strings.Repeat("a", 64)})
	for _, made := range [][]standin.Made{nil, {{}}} {
		w := &walk{options: WalkOptions{Lab: l, Services: locked}, images: made}
		unpinned, err := w.services(l).Release("whoami").Unpinned()
		if err != nil || len(unpinned) != len(made) {
			t.Errorf("with %d stand-ins, %v are not held, %v", len(made), unpinned, err)
		}
	}
	if unpinned, _ := locked.Release("whoami").Unpinned(); len(unpinned) != 0 {
		t.Error("the lab's own wiring was changed")
	}
}

// TestPrepareImages has a mirror that answers, and then one that does not.
func TestPrepareImages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	l := labWith("whoami")
	l.Images.Mirror = server.URL
	w := &walk{options: WalkOptions{Lab: l, Services: elsewhere(t)}, report: &WalkReport{}}
	if err := w.prepareImages(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Image{{Image: "ghcr.io/some/thing:1", From: "pulled from its registry"}}, w.report.Images); diff != "" || len(w.images) != 0 {
		t.Errorf("%d stand-ins (-want +got):\n%s", len(w.images), diff)
	}
	server.Close()
	if err := w.prepareImages(t.Context()); problem.CodeOf(err) != problem.RehearsalNoStandIn || !strings.Contains(err.Error(), "ghcr.io/some/thing:1") {
		t.Errorf("the error is %v", err)
	}
}
