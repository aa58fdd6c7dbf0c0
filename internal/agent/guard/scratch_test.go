package guard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// nonce confirms the guards of these tests.
const nonce = "the nonce of the test"

// scratch is a tree that plays a host, with a guard's directory beside it.
type scratch struct{ base string }

func newScratch(t testing.TB) scratch {
	t.Helper()
	s := scratch{t.TempDir()}
	s.fill(t)
	return s
}

func (s scratch) root() string { return filepath.Join(s.base, "root") }
func (s scratch) dir() string  { return filepath.Join(s.base, "guard") }

// fill makes the tree as it is before the change.
func (s scratch) fill(t testing.TB) {
	t.Helper()
	at := time.Date(2020, 2, 3, 4, 5, 6, 789, time.UTC)
	must(t, os.MkdirAll(filepath.Join(s.root(), "etc/kept"), 0o755))
	for name, content := range map[string]string{"etc/changed": "before\n", "etc/same": "same\n", "etc/removed": "to go\n"} {
		path := filepath.Join(s.root(), name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		must(t, os.Chmod(path, 0o640))
		must(t, os.Chtimes(path, at, at))
	}
	must(t, os.Mkdir(filepath.Join(s.root(), "etc/ssh"), 0o755))
	must(t, os.WriteFile(filepath.Join(s.root(), "etc/ssh/sshd_config"), []byte("UsePAM yes\n"), 0o600))
	must(t, os.Symlink("/somewhere/else", filepath.Join(s.root(), "etc/link")))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// env is the scratch tree as an Env. The alarm is a file: tests call Resume to let
// it go off.
func (s scratch) env(boot string) Env {
	local := system.NewLocal()
	return Env{
		System: &system.System{Root: s.root(), Runner: local.Runner}, Dir: s.dir(), Alarm: fileAlarm{filepath.Join(s.base, "alarm")},
		Boot: boot, Now: time.Now,
	}
}

// steps change a file, leave one, remove one, replace a link, and make files and
// directories that did not exist.
func steps() []Step {
	owner := func(f resource.File) resource.File { f.Mode = 0o600; return f }
	var all []Step
	for _, f := range []resource.File{
		owner(resource.File{Path: "/etc/changed", Content: resource.Inline("after\n")}),
		{Path: "/etc/same", Content: resource.Inline("same\n"), Mode: 0o640},
		{Path: "/etc/removed", Absent: true},
		owner(resource.File{Path: "/etc/link", Content: resource.Inline("no link any more\n")}),
		owner(resource.File{Path: "/etc/new/deep/file", Content: resource.Inline("new\n")}),
	} {
		all = append(all, Step{ID: "file " + f.Path, Task: "task", Resource: f})
	}
	return all
}

func plan() Plan {
	return Plan{Steps: steps(), Deadline: time.Minute, Settle: time.Millisecond, Nonce: nonce, Trial: false}
}

// picture is everything in the tree that a guard answers for. That is names,
// types, content, modes, owners, targets of links, and times of files.
func (s scratch) picture(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(s.root(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t)
		name := strings.TrimPrefix(path, s.root())
		fmt.Fprintf(&b, "%s %s %d:%d", name, info.Mode(), owner.Uid, owner.Gid)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			must(t, err)
			b.WriteString(" -> " + target)
		case !info.IsDir():
			content, err := os.ReadFile(path)
			must(t, err)
			fmt.Fprintf(&b, " %q", content)
			if name == "/etc/changed" && string(content) == "before\n" || name == "/etc/removed" {
				b.WriteString(info.ModTime().UTC().String())
			}
		}
		b.WriteString("\n")
		return nil
	})
	must(t, err)
	return b.String()
}

// pictures returns the tree before and after the change.
func pictures(t testing.TB) (before, after string) {
	t.Helper()
	s := newScratch(t)
	before = s.picture(t)
	for _, step := range steps() {
		_, err := resource.Converge(t.Context(), s.env("").System, step.Resource, "")
		must(t, err)
	}
	return before, s.picture(t)
}

// fileAlarm is armed while its file exists.
type fileAlarm struct{ path string }

func (a fileAlarm) Arm(_ context.Context, dir string, after time.Duration) error {
	return os.WriteFile(a.path, []byte(dir+" "+after.String()), 0o600)
}

func (a fileAlarm) Disarm(context.Context, string) error {
	if err := os.Remove(a.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (a fileAlarm) Others(_ context.Context, dir string) (bool, error) {
	body, err := os.ReadFile(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return !strings.HasPrefix(string(body), dir+" "), err
}

func (s scratch) armed() bool {
	_, err := os.Stat(filepath.Join(s.base, "alarm"))
	return err == nil
}

// controller answers a guard's events like an owner who gets in.
func controller(ctx context.Context, dir string) Emit {
	return func(e wire.Event) error {
		switch e.Type {
		case wire.GuardPrepared:
			return Proceed(ctx, dir)
		case wire.GuardSettled:
			return Confirm(ctx, dir, nonce)
		}
		return nil
	}
}
