package wiring

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"cairn/internal/catalog"
	"cairn/internal/golden"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// testFiles are the folders of the catalog of the tests.
func testFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/catalog.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

// testCatalog is the catalog of the tests.
func testCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: testFiles(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.All(); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return c
}

// secretsOf are the secrets of the catalog of the tests.
func secretsOf(admin, session, store, version string) map[string]Secret {
	return map[string]Secret{
		"admin-password": {secret.New(admin), version}, "session-key": {secret.New(session), version}, "store-password": {secret.New(store), version},
	}
}

// labWith is a lab of two servers with services.
func labWith(t testing.TB, c *catalog.Catalog, services string) *lab.Lab {
	t.Helper()
	text := `lab: home
timezone: Europe/Berlin
network: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}
hosts:
  atlas: {address: 192.168.1.10, hardware: {memory: 2GiB}}
  boreas: {address: 192.168.1.11, hardware: {memory: 8GiB}}
  visitor: {address: 192.168.1.20, roles: [vantage]}
services:
` + services
	l, err := lab.Known{Services: c}.Parse("lab.yaml", []byte(text))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return l
}

// TestReleases compares all files of all releases, as hosts get them, with the golden
// file.
func TestReleases(t *testing.T) {
	c := testCatalog(t)
	w, err := Of(labWith(t, c, "  notes: {title: Our notes, public: true}\n  store: {on: boreas}\n"), c)
	if err != nil {
		t.Fatal(err)
	}
	archive := &txtar.Archive{}
	for _, r := range w.Releases {
		files, err := r.Files(secretsOf("PASSWORD", "it's a $KEY", "STORE", "1"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := fmt.Sprintf("%s:%s/%s", r.Host, r.Dir(), f.Path)
			if f.Secret {
				name += fmt.Sprintf(" (only user %d)", f.Owner)
			}
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: f.Content})
		}
	}
	golden.Check(t, "testdata/releases.golden", txtar.Format(archive))
}

// TestPlaces checks that a service goes where the lab file says, or to the first server
// that it fits on, after those that it uses.
func TestPlaces(t *testing.T) {
	c := testCatalog(t)
	for _, example := range []struct{ name, services, want string }{
		{"the first that fits", "  store: {}\n", "store@atlas"},
		{"what it uses comes first", "  notes: {}\n  store: {}\n", "store@atlas notes@boreas"},
		{"where it is told", "  store: {on: boreas}\n", "store@boreas"},
	} {
		w, err := Of(labWith(t, c, example.services), c)
		if err != nil {
			t.Errorf("%s: %v", example.name, err)
			continue
		}
		var got []string
		for _, r := range w.Releases {
			got = append(got, r.Service.Name+"@"+r.Host)
		}
		if strings.Join(got, " ") != example.want {
			t.Errorf("%s: %v, want %s", example.name, got, example.want)
		}
	}
}

// TestRefusals checks that an impossible lab is refused at once, with the numbers.
func TestRefusals(t *testing.T) {
	c := testCatalog(t)
	for _, example := range []struct {
		name, services string
		code           problem.Code
		want           string
	}{
		{"too large for its host", "  store: {}\n  notes: {on: atlas}\n", problem.ServiceNoRoom, "notes needs 1GiB of memory; atlas has 2GiB, of which are taken: the system 512MiB, store 1GiB"},
		{"no graphics processor", "  gpu: {}\n", problem.ServiceNoRoom, "no host has the role gpu"},
		{"without what it uses", "  notes: {}\n", problem.ServiceMissing, "notes uses store, which lab.yaml does not have"},
		{"two with one name", "  store: {}\n  twin: {}\n", problem.ServiceConflict, "store and twin both have the name store.home.home.arpa"},
		{"two with one port", "  store: {on: boreas}\n  port: {on: boreas}\n", problem.ServiceConflict, "port and store both want port 5432/tcp of boreas"},
		{"the port of SSH", "  ssh: {}\n", problem.ServiceConflict, "the SSH server and ssh both want port 22/tcp of atlas"},
		{"a circle", "  circle-a: {}\n  circle-b: {}\n", problem.CatalogWrong, "services use each other in a circle: circle-a, circle-b, circle-a"},
	} {
		_, err := Of(labWith(t, c, example.services), c)
		if problem.CodeOf(err) != example.code || !strings.Contains(err.Error(), example.want) {
			t.Errorf("%s: %v, want %s", example.name, err, example.want)
		}
	}
}

// TestVariables checks that Compose reads every secret exactly, whatever is in it.
func TestVariables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`([\\\\'"$ \n{}#=n0]|[ -~äß])*`).Draw(t, "value")
		read, err := dotenv.Parse(strings.NewReader("A=" + quoted(value) + "\nB='after'\n"))
		if err != nil || read["A"] != value || read["B"] != "after" {
			t.Fatalf("%q is read as %q, %v", value, read, err)
		}
	})
}

// TestOpenings checks that ports that are not HTTP are open only on their service's host.
func TestOpenings(t *testing.T) {
	c := testCatalog(t)
	w, err := Of(labWith(t, c, "  store: {on: boreas}\n"), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.Openings("boreas"), w.Openings("atlas")); got != "[{tcp 5432 []}] []" {
		t.Error(got)
	}
}

// BenchmarkOf wires and renders twenty services. The budget is 50 ms.
func BenchmarkOf(b *testing.B) {
	files := fstest.MapFS{}
	var services strings.Builder
	for i := range 20 {
		name := fmt.Sprintf("s%02d", i)
		files[name+"/service.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "service: %s\nsummary: x\nlicence: MIT\nwebsite: https://x.example\nneeds: {memory: 64MiB, disk: 64MiB}\nroutes: {%s: {port: 80, health: /, login: none}}\n", name, name)}
		files[name+"/compose.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, "services:\n  %s:\n    image: docker.io/library/x:1\n    environment: {URL: \"${ROUTE_%s}\"}\n", name, strings.ToUpper(name))}
		fmt.Fprintf(&services, "  %s: {on: boreas}\n", name)
	}
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: files})
	if err != nil {
		b.Fatal(err)
	}
	l := labWith(b, c, services.String())
	for b.Loop() {
		w, err := Of(l, c)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range w.Releases {
			if _, err := r.Files(nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}
