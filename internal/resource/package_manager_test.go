package resource

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/internal/distro"
	"cairn/internal/problem"
	"cairn/internal/system"
)

// crates is the package manager of an invented distribution: a folder of files. A
// file may say what it provides and what it conflicts with.
type crates struct{}

const cratesDir = "/var/crates"

func (crates) names(sys *system.System) []string {
	entries, _ := os.ReadDir(sys.Path(cratesDir))
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (c crates) installed(_ context.Context, sys *system.System, names []string) (map[string]bool, error) {
	have := map[string]bool{}
	for _, name := range c.names(sys) {
		have[name] = true
		text, _, err := sys.Read(cratesDir + "/" + name)
		if err != nil {
			return nil, err
		}
		if provided, found := strings.CutPrefix(string(text), "provides "); found && slices.Contains(names, provided) {
			have[provided] = true
		}
	}
	return have, nil
}

func (c crates) recorded(_ context.Context, sys *system.System, name string) (bool, error) {
	_, _, found, err := sys.Stat(cratesDir + "/" + name)
	return found, err
}

func (c crates) displaced(_ context.Context, sys *system.System, names []string) ([]string, error) {
	var goes []string
	for _, name := range c.names(sys) {
		text, _, _ := sys.Read(cratesDir + "/" + name)
		if against, found := strings.CutPrefix(string(text), "not with "); found && slices.Contains(names, against) {
			goes = append(goes, name)
		}
	}
	return goes, nil
}

func (c crates) install(ctx context.Context, sys *system.System, names, mayGo []string) error {
	goes, err := c.displaced(ctx, sys, names)
	if err == nil {
		err = refuseDisplaced(goes, mayGo, names)
	}
	if err == nil {
		err = c.remove(ctx, sys, goes)
	}
	for _, name := range names {
		if err == nil {
			err = os.WriteFile(sys.Path(cratesDir+"/"+name), nil, 0o644)
		}
	}
	return err
}

func (c crates) remove(_ context.Context, sys *system.System, names []string) error {
	for _, name := range names {
		if err := sys.Remove(cratesDir + "/" + name); err != nil {
			return err
		}
	}
	return nil
}

// TestADistributionIsARow adds a distribution with its own units and package
// manager, in this file alone. Then it brings about what a task asks for on a host
// that runs it.
func TestADistributionIsARow(t *testing.T) {
	t.Cleanup(distro.Add(distro.Distribution{ID: "hills", Name: "Hills", Releases: []distro.Release{{}}, Family: distro.Family{
		Packages: distro.Packages{Manager: "crates"}, SSH: distro.SSH{Service: "sshd.service", Socket: "sshd.socket"},
	}}))
	packageManagers["crates"] = crates{}
	t.Cleanup(func() { delete(packageManagers, "crates") })
	sys := &system.System{Root: t.TempDir(), Runner: system.Local{}}
	put := func(path, text string) {
		ok(t, os.MkdirAll(filepath.Dir(sys.Path(path)), 0o755))
		ok(t, os.WriteFile(sys.Path(path), []byte(text), 0o644))
	}
	put("/etc/os-release", "ID=hills\nVERSION_ID=3\n")
	put(cratesDir+"/old-editor", "")
	put(cratesDir+"/mail-b", "not with mail-a")
	put(cratesDir+"/doas", "provides sudo")

	p := Packages{Names: []string{"Editor_2", "sudo"}, Absent: []string{"old-editor"}}
	done, err := Converge(t.Context(), sys, p, "")
	ok(t, err)
	if len(done.Changes) != 2 {
		t.Errorf("changed were %+v", done.Changes)
	}
	if names := (crates{}).names(sys); !slices.Equal(names, []string{"Editor_2", "doas", "mail-b"}) {
		t.Errorf("there is now %s", names)
	}
	d, err := p.Check(t.Context(), sys)
	if err != nil || !d.Empty() {
		t.Errorf("the second check says %+v, %v", d.Changes, err)
	}
	mail := Packages{Names: []string{"mail-a"}}
	if _, err := Converge(t.Context(), sys, mail, ""); problem.CodeOf(err) != problem.PackageDisplaces {
		t.Errorf("for a package that may not go, the error is %v", err)
	}
	mail.Replaces = []string{"mail-b"}
	if _, err := Converge(t.Context(), sys, mail, ""); err != nil {
		t.Errorf("for a package that may go, the error is %v", err)
	}
	if path := SocketDropin(sys.Distro().SSH); path != "/etc/systemd/system/sshd.socket.d/zz-cairn.conf" {
		t.Errorf("the socket's file is %s", path)
	}
}

func TestEveryDistributionHasABackEnd(t *testing.T) {
	for _, d := range distro.All() {
		if packageManagers[d.Packages.Manager] == nil {
			t.Errorf("%s: there is no back end %q", d.ID, d.Packages.Manager)
		}
	}
}

func TestAPackageManagerWithoutABackEndIsNamed(t *testing.T) {
	t.Cleanup(distro.Add(distro.Distribution{ID: "hills", Releases: []distro.Release{{}}, Family: distro.Family{Packages: distro.Packages{Manager: "crates"}}}))
	sys := &system.System{Root: t.TempDir(), Runner: system.Local{}}
	ok(t, os.MkdirAll(sys.Path("/etc"), 0o755))
	ok(t, os.WriteFile(sys.Path("/etc/os-release"), []byte("ID=hills\nVERSION_ID=3\n"), 0o644))
	_, err := Packages{Names: []string{"ed"}}.Check(t.Context(), sys)
	mustFail(t, err, `no backend for the package manager "crates"`)
}
