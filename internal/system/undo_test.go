package system

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// undoTree is a scratch tree for undos.
func undoTree(t testing.TB) *System {
	t.Helper()
	return &System{Root: t.TempDir(), Runner: NewLocal().Runner}
}

// long is a time that no write of a test leaves behind.
var long = time.Date(2019, 8, 7, 6, 5, 4, 321, time.UTC)

func put(t testing.TB, sys *System, path, content string, mode fs.FileMode) {
	t.Helper()
	at := sys.Path(path)
	ok(t, os.MkdirAll(filepath.Dir(at), 0o755))
	ok(t, os.WriteFile(at, []byte(content), 0o600))
	ok(t, os.Chmod(at, mode))
	ok(t, os.Chtimes(at, long, long))
}

// portrait is everything below the root: types, modes, owners, targets and
// content. It has the times of everything but directories.
func portrait(t testing.TB, sys *System) string {
	t.Helper()
	var b strings.Builder
	ok(t, filepath.WalkDir(sys.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t)
		content, written := "", info.ModTime().UnixNano()
		switch {
		case info.IsDir():
			written = 0
		case info.Mode()&fs.ModeSymlink != 0:
			content, err = os.Readlink(path)
			written = 0
		default:
			var body []byte
			body, err = os.ReadFile(path)
			content = string(body)
		}
		fmt.Fprintf(&b, "%s %s %d:%d %d %q\n", strings.TrimPrefix(path, sys.Root), info.Mode(), owner.Uid, owner.Gid, written, content)
		return err
	}))
	return b.String()
}

func TestRestore(t *testing.T) {
	cases := []struct {
		name, path      string
		before, changes func(t testing.TB, sys *System, at string)
	}{
		{"content, mode and time", "/a/file",
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "before", 0o640|fs.ModeSetgid) },
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "after", 0o600) }},
		{"only the time", "/a/file",
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "same", 0o640) },
			func(t testing.TB, sys *System, at string) { ok(t, os.Chtimes(at, time.Now(), time.Now())) }},
		{"a file that was removed", "/a/file",
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "before", 0o400) },
			func(t testing.TB, sys *System, at string) { ok(t, os.RemoveAll(filepath.Dir(at))) }},
		{"a file that was not there", "/a/file",
			func(t testing.TB, sys *System, at string) { ok(t, os.MkdirAll(filepath.Dir(at), 0o755)) },
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "after", 0o600) }},
		{"directories that were not there", "/a/b/c/file",
			func(t testing.TB, sys *System, at string) {},
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/b/c/file", "after", 0o600) }},
		{"a directory that was not there, with all that is in it", "/home/new",
			func(t testing.TB, sys *System, at string) { ok(t, os.MkdirAll(filepath.Dir(at), 0o755)) },
			func(t testing.TB, sys *System, at string) { put(t, sys, "/home/new/.profile", "after", 0o600) }},
		{"a link", "/a/link",
			func(t testing.TB, sys *System, at string) {
				ok(t, os.MkdirAll(filepath.Dir(at), 0o755))
				ok(t, os.Symlink("/nowhere", at))
			},
			func(t testing.TB, sys *System, at string) {
				ok(t, os.Remove(at))
				put(t, sys, "/a/link", "no link", 0o600)
			}},
		{"a file where a directory is now", "/a/file",
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "before", 0o644) },
			func(t testing.TB, sys *System, at string) {
				ok(t, os.Remove(at))
				put(t, sys, "/a/file/in", "in it", 0o644)
			}},
		{"a directory where a link is now", "/a/dir",
			func(t testing.TB, sys *System, at string) {
				ok(t, os.MkdirAll(at, 0o755))
				ok(t, os.Chmod(at, 0o750))
			},
			func(t testing.TB, sys *System, at string) {
				ok(t, os.Remove(at))
				ok(t, os.Symlink("/", at))
			}},
		{"the remains of a write that was cut off", "/a/file",
			func(t testing.TB, sys *System, at string) { put(t, sys, "/a/file", "before", 0o644) },
			func(t testing.TB, sys *System, at string) {
				put(t, sys, "/a/"+TemporaryPrefix+"file~", "aft", 0o600)
			}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sys := undoTree(t)
			c.before(t, sys, sys.Path(c.path))
			before := portrait(t, sys)
			undo, err := sys.CaptureFiles(c.path)
			ok(t, err)
			mustDiffer(t, sys, undo, false)
			c.changes(t, sys, sys.Path(c.path))
			if portrait(t, sys) == before {
				t.Fatal("the case changes nothing")
			}
			ok(t, undo.Restore(t.Context(), sys))
			if after := portrait(t, sys); after != before {
				t.Errorf("after the restore:\n%s\nbefore:\n%s", after, before)
			}
			mustDiffer(t, sys, undo, false)
		})
	}
}

func mustDiffer(t *testing.T, sys *System, undo Undo, want bool) {
	t.Helper()
	differences, err := undo.Differences(t.Context(), sys)
	ok(t, err)
	if (len(differences) > 0) != want {
		t.Errorf("differences are %q, wanted are some: %v", differences, want)
	}
}

// TestWhatSomebodyElsePutThereStays checks that a directory that Cairn made stays
// if it has files of others.
func TestWhatSomebodyElsePutThereStays(t *testing.T) {
	sys := undoTree(t)
	undo, err := sys.CaptureFiles("/made/file")
	ok(t, err)
	put(t, sys, "/made/file", "Cairn's", 0o600)
	put(t, sys, "/made/other", "another's", 0o600)
	ok(t, undo.Restore(t.Context(), sys))
	if _, err := os.Stat(sys.Path("/made/other")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(sys.Path("/made/file")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Cairn's file is still there: %v", err)
	}
	mustDiffer(t, sys, undo, false)
}

// TestRestoreGoesOn checks that one failure does not keep the rest from being put
// back. Commands run last, and the first one captured runs at the very end.
func TestRestoreGoesOn(t *testing.T) {
	sys := undoTree(t)
	put(t, sys, "/b", "before", 0o600)
	undo, err := sys.CaptureFiles("/a/in/the/way", "/b")
	ok(t, err)
	undo.Files[0] = SavedFile{Path: "/a/in/the/way", Content: []byte("x"), Mode: 0o600, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	log := sys.Path("/log")
	undo.Commands = []Command{
		{Argv: []string{"sh", "-c", "cat /dev/stdin " + sys.Path("/b") + " >> " + log}, Stdin: []byte("first ")},
		{Argv: []string{"sh", "-c", "printf 'second ' >> " + log}},
		{Argv: []string{"false"}},
	}
	put(t, sys, "/a", "a file where a directory should be", 0o600)
	put(t, sys, "/b", "after", 0o600)
	if err := undo.Restore(t.Context(), sys); err == nil || !strings.Contains(err.Error(), "/a/in/the/way") || !strings.Contains(err.Error(), "false") {
		t.Errorf("the failures are not all named: %v", err)
	}
	body, err := os.ReadFile(log)
	ok(t, err)
	if got := string(body); got != "second first before" {
		t.Errorf("the commands left %q", got)
	}
	mustDiffer(t, sys, undo, true)
}

func TestDifferencesOfStates(t *testing.T) {
	sys := undoTree(t)
	put(t, sys, "/said", "one", 0o600)
	state, err := sys.CaptureState(t.Context(), "cat", sys.Path("/said"))
	ok(t, err)
	undo := Undo{States: []State{state}}
	mustDiffer(t, sys, undo, false)
	put(t, sys, "/said", "two", 0o600)
	mustDiffer(t, sys, undo, true)
	ok(t, os.Remove(sys.Path("/said")))
	mustDiffer(t, sys, undo, true)
}

// TestWhatWasCapturedFirstWins has two resources of a guard that share a file.
func TestWhatWasCapturedFirstWins(t *testing.T) {
	sys := undoTree(t)
	put(t, sys, "/f", "one", 0o600)
	first, err := sys.CaptureFiles("/f")
	ok(t, err)
	put(t, sys, "/f", "two", 0o600)
	second, err := sys.CaptureFiles("/f")
	ok(t, err)
	ok(t, first.And(second).Restore(t.Context(), sys))
	mustDiffer(t, sys, first, false)
}

// TestRestoreAnything changes a random tree at random and puts it back.
func TestRestoreAnything(t *testing.T) {
	paths := []string{"/a", "/a/b", "/a/b/c", "/d", "/d/e", "/f"}
	rapid.Check(t, func(r *rapid.T) {
		root, err := os.MkdirTemp("", "undo-")
		ok(t, err)
		defer func() { _ = os.RemoveAll(root) }()
		sys := &System{Root: root, Runner: NewLocal().Runner}
		scramble(t, r, sys, paths)
		before := portrait(t, sys)
		undo, err := sys.CaptureFiles(paths...)
		ok(t, err)
		scramble(t, r, sys, paths)
		ok(t, undo.Restore(t.Context(), sys))
		if after := portrait(t, sys); after != before {
			r.Fatalf("after the restore:\n%s\nbefore:\n%s", after, before)
		}
	})
}

// scramble makes each path something, if its parent allows it.
func scramble(t testing.TB, r *rapid.T, sys *System, paths []string) {
	for _, p := range paths {
		at := sys.Path(p)
		if info, err := os.Lstat(filepath.Dir(at)); err != nil || !info.IsDir() {
			continue
		}
		switch rapid.SampledFrom([]string{"leave", "nothing", "file", "link", "dir"}).Draw(r, p) {
		case "nothing":
			ok(t, os.RemoveAll(at))
		case "file":
			ok(t, os.RemoveAll(at))
			put(t, sys, p, rapid.StringN(0, 20, 20).Draw(r, "content"), fs.FileMode(rapid.IntRange(0, 0o777).Draw(r, "mode")))
		case "link":
			ok(t, os.RemoveAll(at))
			ok(t, os.Symlink(rapid.SampledFrom([]string{"nowhere", "elsewhere"}).Draw(r, "target"), at))
		case "dir":
			ok(t, os.RemoveAll(at))
			ok(t, os.Mkdir(at, 0o755))
		}
	}
}

// TestWhatNoCaptureThoughtOf checks that a path is saved once, when a write to it
// is announced. Files below a new directory need no saving of their own.
func TestWhatNoCaptureThoughtOf(t *testing.T) {
	sys := undoTree(t)
	put(t, sys, "/home/.ssh/authorized_keys", "old keys", 0o640)
	before := portrait(t, sys)
	undo, err := sys.CaptureFiles("/home/new")
	ok(t, err)
	var saved []string
	writing := *sys
	writing.Before = func(path string) error {
		more, added, err := undo.Covering(sys, path)
		if undo = more; added {
			saved = append(saved, path)
		}
		return err
	}
	mine := Attributes{0o600, os.Getuid(), os.Getgid()}
	for _, path := range []string{"/home/.ssh/authorized_keys", "/home/.ssh/authorized_keys", "/home/new/a", "/home/other/deep/file"} {
		ok(t, writing.Write(path, []byte("Cairn's"), mine))
	}
	if got := strings.Join(saved, " "); got != "/home/.ssh/authorized_keys /home/other/deep/file" {
		t.Errorf("saved were %s", got)
	}
	mustDiffer(t, sys, undo, true)
	ok(t, undo.Restore(t.Context(), sys))
	mustDiffer(t, sys, undo, false)
	if after := portrait(t, sys); after != before {
		t.Errorf("after the restore:\n%s\nbefore:\n%s", after, before)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
