package catalog

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	builtin "cairn/catalog"
	"cairn/internal/document"
	"cairn/internal/golden"
)

// brought is the catalog that comes with Cairn.
func brought(t *testing.T) []*Service {
	t.Helper()
	all, err := readAll(builtin.Files)
	var faults document.Faults
	if errors.As(err, &faults) {
		t.Fatal(faults)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// readAll reads all services of a catalog.
func readAll(files fs.FS) ([]*Service, error) {
	c, err := Open(Source{Dir: "catalog", Files: files})
	if err != nil {
		return nil, err
	}
	return c.All()
}

func TestBuiltin(t *testing.T) {
	services := brought(t)
	if len(services) == 0 {
		t.Fatal("there are no services in it")
	}
	golden.Check(t, "../../docs/reference/catalog.md", Reference(services))
}

// rightExample returns the files of a service that is right and has every facet.
func rightExample(t *testing.T) map[string]string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/right.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

// inMemory returns files as a file system.
func inMemory(files map[string]string) fs.FS {
	all := fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestRight(t *testing.T) {
	all, err := readAll(inMemory(rightExample(t)))
	var faults document.Faults
	if errors.As(err, &faults) {
		t.Fatal(faults)
	}
	if err != nil || len(all) != 1 {
		t.Fatalf("%d services, %v", len(all), err)
	}
	s := all[0]
	if s.Version() != "1.2.3" || s.Main != "notes" || len(s.Templates) != 1 {
		t.Errorf("version %s, main %s, %d templates", s.Version(), s.Main, len(s.Templates))
	}
	if diff := cmp.Diff([]string{"admin-password"}, s.Templates[0].Secrets); diff != "" {
		t.Error(diff)
	}
}

// TestWith adds two services that come from no folder: each stays, and one that cannot
// be made is the error of whoever asks for it.
func TestWith(t *testing.T) {
	c, err := Open(Source{Dir: "catalog", Files: inMemory(rightExample(t))})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("it cannot be made")
	c = c.With("mine", &Service{Name: "mine"}, nil).With("broken", nil, broken)
	for _, name := range []string{"mine", "notes"} {
		if s, err := c.Get(name); err != nil || s.Name != name {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if _, err := c.Get("broken"); !errors.Is(err, broken) {
		t.Errorf("broken: %v", err)
	}
	if diff := cmp.Diff([]string{"broken", "mine", "notes"}, c.Names()); diff != "" {
		t.Error(diff)
	}
}
