package resource

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ownFile is a file that only Cairn writes.
var ownFile = File{Path: "/etc/own.conf", Content: Inline("# " + ownMark + "\na = 1\n"), Mode: 0o644}

func releaseExample() example {
	spec, err := Encode(withoutContents(ownFile)) // as every part of a release travels
	if err != nil {
		panic(err)
	}
	return example{
		name: "a release", desired: Release{Host: "box", Parts: []Spec{spec}},
		begin:  fresh(has(ownFile.Path, "# "+ownMark+"\na = 2\n", 0o644)),
		tamper: map[string]func(t testing.TB, b *bench){"Cairn's file is back": has(ownFile.Path, ownFile.Content.Text(), 0o644)},
		change: has(ownFile.Path, "# "+ownMark+"\na = 3\n", 0o600),
		bad:    []Resource{Release{}, Release{Host: "a b"}},
	}
}

// TestRelease checks that everything is put back to its state before Cairn's first
// change. What somebody else has changed since stays and is named.
func TestRelease(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("files get owners, which only root can give")
	}
	b := newBench(t.TempDir(), []string{"/"}, nil)
	b.sys.Originals = "/var/lib/cairn/originals"
	fresh(has("/etc/theirs", "before\n", 0o640), has("/etc/edited", "before\n", 0o644), has("/etc/untouched", "same\n", 0o644))(t, b)
	before := b.portrait(t, withoutDirectoryTimes)
	declare := func(path, content string) {
		t.Helper()
		_, err := Converge(t.Context(), b.sys, File{Path: path, Content: Inline(content), Mode: 0o644}, "")
		ok(t, err)
	}
	declare("/etc/theirs", "first\n")
	declare("/etc/theirs", "second\n")
	declare("/etc/edited", "ours\n")
	declare("/etc/untouched", "same\n")
	declare("/etc/own.d/a.conf", "# "+ownMark+"\na\n")
	has("/etc/own.d/a.conf", "# "+ownMark+"\nb\n", 0o644)(t, b)

	// The edited file begins as Cairn's files do. A second look must not take it for
	// the file of an earlier version.
	has("/etc/edited", "# "+ownMark+"\nthe owner's\n", 0o644)(t, b)
	spec, err := Encode(File{Path: "/etc/edited", Content: Inline("ours\n"), Mode: 0o644})
	ok(t, err)
	r := Release{Host: "box", Parts: []Spec{spec}}
	d, err := Converge(t.Context(), b.sys, r, "")
	ok(t, err)
	ok(t, r.Persist(t.Context(), b.sys))
	if diff := cmp.Diff([]string{"/etc/edited, which somebody has changed since"}, d.Left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	again, err := Converge(t.Context(), b.sys, r, "")
	ok(t, err)
	if !again.Empty() {
		t.Errorf("a second release would change %v", again.Changes)
	}
	has("/etc/edited", "before\n", 0o644)(t, b)
	ok(t, os.RemoveAll(b.sys.Path("/var")))
	if diff := apart(before, b.portrait(t, withoutDirectoryTimes)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// A long file of somebody else must be put back, and not be held in memory for it:
// a small host has less than such a file may be long.
func TestALongOriginalIsNotHeld(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("files get owners, which only root can give")
	}
	b := newBench(t.TempDir(), []string{"/"}, nil)
	b.sys.Originals = "/var/lib/cairn/originals"
	fresh(has("/etc/long", strings.Repeat("a line of the owner's\n", 2<<20), 0o640))(t, b)
	before := b.portrait(t, withoutDirectoryTimes)
	notHeld := func(what string, r Resource) {
		t.Helper()
		var begun, ended runtime.MemStats
		runtime.ReadMemStats(&begun)
		_, err := Converge(t.Context(), b.sys, r, "")
		runtime.ReadMemStats(&ended)
		ok(t, err)
		if took := (ended.TotalAlloc - begun.TotalAlloc) >> 20; took > 4 {
			t.Errorf("%s took %d MiB of memory for a file of 44", what, took)
		}
	}
	notHeld("the change", File{Path: "/etc/long", Content: Inline("ours\n"), Mode: 0o644})
	entries, err := os.ReadDir(b.sys.Path(b.sys.Originals))
	ok(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		ok(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
	}
	r := Release{Host: "box"}
	notHeld("the release", r)
	ok(t, r.Persist(t.Context(), b.sys))
	if entries, err = os.ReadDir(b.sys.Path(b.sys.Originals)); err != nil || len(entries) != 1 {
		t.Errorf("after the release there are %v, %v", entries, err)
	}
	ok(t, os.RemoveAll(b.sys.Path("/var")))
	if before != b.portrait(t, withoutDirectoryTimes) {
		t.Error("the file is not as it was")
	}
}

// TestOriginalsAreForRootOnly checks the modes: the originals include copies of
// the host's files.
func TestOriginalsAreForRootOnly(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("files get owners, which only root can give")
	}
	b := newBench(t.TempDir(), []string{"/"}, nil)
	b.sys.Originals = "/var/lib/cairn/originals"
	fresh(has("/etc/theirs", "before\n", 0o640))(t, b)
	_, err := Converge(t.Context(), b.sys, File{Path: "/etc/theirs", Content: Inline("ours\n"), Mode: 0o644}, "")
	ok(t, err)
	dir, err := os.Stat(b.sys.Path(b.sys.Originals))
	ok(t, err)
	entries, err := os.ReadDir(b.sys.Path(b.sys.Originals))
	ok(t, err)
	if dir.Mode().Perm() != 0o700 || len(entries) != 1 {
		t.Fatalf("the directory has mode %v and %d files", dir.Mode(), len(entries))
	}
	for _, entry := range entries {
		info, err := entry.Info()
		ok(t, err)
		if info.Mode().Perm() != 0o600 || !strings.HasSuffix(entry.Name(), ".cbor") {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
	}
}
