package distro

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		id, version string
		managed     bool
		openSSH     Version
	}{
		{"debian", "12", true, Version{9, 2}},
		{"debian", "12.7", true, Version{9, 2}},
		{"debian", "13", true, Version{10, 0}},
		{"debian", "14", true, Version{10, 0}},
		{"debian", "11", false, Version{9, 2}},
		{"debian", "", false, Version{9, 2}}, // testing
		{"ubuntu", "22.04", true, Version{8, 9}},
		{"ubuntu", "22.10", true, Version{8, 9}},
		{"ubuntu", "21.10", false, Version{8, 9}},
		{"ubuntu", "24.10", true, Version{9, 6}},
		{"ubuntu", "25.04", true, Version{9, 9}},
		{"ubuntu", "26.04", true, Version{10, 0}},
		{"fedora", "43", false, Version{10, 0}},
		{"", "", false, Version{9, 2}},
	} {
		found, managed := Find(c.id, c.version)
		if managed != c.managed || managed && found.ID != c.id {
			t.Errorf("%s %s: %s, %v", c.id, c.version, found.ID, managed)
		}
		if got := Of(c.id, c.version).OpenSSH; got != c.openSSH {
			t.Errorf("%s %s has OpenSSH %v instead of %v", c.id, c.version, got, c.openSSH)
		}
	}
}

func TestWhatOpenSSHKnows(t *testing.T) {
	for _, c := range []struct {
		id, version, word string
		want              bool
	}{
		{"debian", "12", "mlkem768x25519-sha256", false},
		{"debian", "12", "curve25519-sha256", true},
		{"debian", "12", "PerSourcePenaltyExemptList", false},
		{"debian", "13", "PerSourcePenaltyExemptList", true},
		{"ubuntu", "24.04", "sntrup761x25519-sha512", false},
		{"ubuntu", "25.04", "sntrup761x25519-sha512", true},
	} {
		if got := Of(c.id, c.version).Knows(c.word); got != c.want {
			t.Errorf("%s %s knows %s: %v", c.id, c.version, c.word, got)
		}
	}
}

func TestAt(t *testing.T) {
	root := t.TempDir()
	if got := At(root).ID; got != table[0].ID {
		t.Errorf("a tree without os-release is %s", got)
	}
	for _, path := range []string{"/usr/lib/os-release", "/etc/os-release"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "# a comment\nID=ubuntu\nVERSION_ID=\"25.04\"\nPRETTY_NAME='Ubuntu 25.04'\n"
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := At(root); got.ID != "ubuntu" || got.OpenSSH != (Version{9, 9}) {
			t.Errorf("%s: %s with OpenSSH %v", path, got.ID, got.OpenSSH)
		}
	}
}

// An incomplete row would fail only on a host.
func TestRowsAreWhole(t *testing.T) {
	for _, d := range All() {
		newerFirst := func(a, b Release) int {
			if a.Version.Before(b.Version) {
				return -1
			}
			return 1
		}
		if len(d.Releases) == 0 || !slices.IsSortedFunc(d.Releases, newerFirst) {
			t.Errorf("%s: its releases are not in order", d.ID)
		}
		for what, word := range map[string]string{
			"a mirror": d.Mirror, "a package manager": d.Packages.Manager, "a way to install packages": d.Packages.Install, "an SSH server": d.SSH.Service,
			"a socket of SSH": d.SSH.Socket, "a time daemon": d.Clock.Unit, "nftables": d.Firewall("nftables").Package, "a group of admins": d.Admins,
		} {
			if word == "" {
				t.Errorf("%s lacks %s", d.ID, what)
			}
		}
		for _, r := range d.Releases {
			if len(r.Docker.Engine) == 0 || r.Docker.Version == (Version{}) {
				t.Errorf("%s %s has no Docker", d.ID, r.Version)
			}
		}
		if len(d.Packages.Base) == 0 || len(d.Updates.Timers) == 0 || len(d.Accounts) == 0 {
			t.Errorf("%s lacks packages, timers or accounts", d.ID)
		}
	}
}

func TestIsAccount(t *testing.T) {
	for name, want := range map[string]bool{"www-data": true, "systemd-network": true, "systemd": false, "ops": false, "ubuntu-advantage": true, "": false} {
		if IsAccount(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestSupported(t *testing.T) {
	if got := Supported(); got != "Debian 12 or later, Ubuntu 22.04 or later" {
		t.Error(got)
	}
}

func TestAddIsTakenBack(t *testing.T) {
	remove := Add(Distribution{ID: "hills", Releases: []Release{{Version: Version{1, 0}}}})
	if _, found := Find("hills", "2"); !found {
		t.Error("it is not found")
	}
	remove()
	if _, found := Find("hills", "2"); found {
		t.Error("it stays")
	}
}
