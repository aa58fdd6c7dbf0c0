package resource

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairn/internal/system"

	"github.com/google/go-cmp/cmp"
)

// bench is where the examples are tried: a scratch tree, or a real host.
type bench struct {
	sys    *system.System
	runner *witness
	// trees are the parts of the host that examples may touch.
	trees []string
	// looks are programs whose output belongs to the host's portrait.
	looks [][]string
}

func newBench(root string, trees []string, looks [][]string) *bench {
	w := &witness{runs: system.NewLocal().Runner}
	return &bench{sys: &system.System{Root: root, Runner: w}, runner: w, trees: trees, looks: looks}
}

// detail says what of a portrait is compared.
type detail int

const (
	everything detail = iota
	withoutDirectoryTimes
)

// portrait is everything in the bench's trees, and the output of its programs.
func (b *bench) portrait(t testing.TB, of detail) string {
	t.Helper()
	var text strings.Builder
	for _, tree := range b.trees {
		ok(t, filepath.WalkDir(b.sys.Path(tree), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			line, err := b.line(path, of)
			text.WriteString(line)
			return err
		}))
	}
	for _, argv := range b.looks {
		out, err := system.NewLocal().Runner.Run(t.Context(), system.Command{Argv: argv})
		ok(t, err)
		fmt.Fprintf(&text, "%v %d\n%s%s", argv, out.Exit, out.Stdout, out.Stderr)
	}
	return text.String()
}

// apart returns the lines in which two portraits differ.
func apart(before, after string) string {
	if before == after {
		return ""
	}
	return cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n"))
}

func (b *bench) line(path string, of detail) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	owner := info.Sys().(*syscall.Stat_t)
	written := info.ModTime().UTC().Format(time.RFC3339Nano)
	content := ""
	switch {
	case info.IsDir():
		if of == withoutDirectoryTimes {
			written = ""
		}
	case info.Mode()&fs.ModeSymlink != 0:
		content, err = os.Readlink(path)
		if of == withoutDirectoryTimes {
			written = "" // a link's time cannot be put back by the standard library
		}
	default:
		body, readErr := os.ReadFile(path)
		content, err = fmt.Sprintf("%x", sha256.Sum256(body)), readErr
	}
	return fmt.Sprintln(strings.TrimPrefix(path, b.sys.Root), info.Mode(), owner.Uid, owner.Gid, written, content), err
}

// leftovers returns unfinished files.
func (b *bench) leftovers(t testing.TB) []string {
	t.Helper()
	var left []string
	for _, tree := range b.trees {
		ok(t, filepath.WalkDir(b.sys.Path(tree), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasPrefix(entry.Name(), system.TemporaryPrefix) {
				left = append(left, path)
			}
			return nil
		}))
	}
	return left
}

// settle waits for what was started in the background.
func (b *bench) settle(t testing.TB) {
	t.Helper()
	if b.sys.Root != "/" {
		return
	}
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		out, err := system.NewLocal().Runner.Run(t.Context(), system.Command{Argv: []string{"systemctl", "list-jobs", "--no-legend"}})
		ok(t, err)
		if len(bytes.TrimSpace(out.Stdout)) == 0 {
			return
		}
	}
	t.Fatal("systemd did not come to rest")
}

// inside does something below the bench's root. No link leads out of there. So a
// fixture of a scratch tree never writes to the machine itself.
func (b *bench) inside(t testing.TB, path string, do func(root *os.Root, name string) error) {
	t.Helper()
	root, err := os.OpenRoot(b.sys.Root)
	ok(t, err)
	defer func() { _ = root.Close() }()
	name := strings.TrimPrefix(path, "/")
	ok(t, root.MkdirAll(filepath.Dir(name), 0o755))
	ok(t, do(root, name))
}

// longAgo is a time that no write of a test leaves behind.
var longAgo = time.Date(2019, 8, 7, 6, 5, 4, 321, time.UTC)

// put replaces what is at a path with a file of long ago.
func (b *bench) put(t testing.TB, path, content string, mode fs.FileMode) {
	t.Helper()
	b.inside(t, path, func(root *os.Root, name string) error {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return errors.Join(root.WriteFile(name, []byte(content), 0o600), root.Chmod(name, mode), root.Chtimes(name, longAgo, longAgo))
	})
}

// overwrite writes into an existing file, as one writes to the kernel's files.
func (b *bench) overwrite(t testing.TB, path, content string) {
	t.Helper()
	b.inside(t, path, func(root *os.Root, name string) error { return root.WriteFile(name, []byte(content), 0o600) })
}

// sh runs a script on the host.
func (b *bench) sh(t testing.TB, script string) string {
	t.Helper()
	mustBeThrownAway(t)
	out, err := exec.CommandContext(t.Context(), "sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// looking are the first words of the commands that only read.
var looking = []string{
	"/usr/sbin/sshd -T", "/usr/sbin/sshd -t", "apt-config dump", "apt-get --simulate", "docker image inspect", "docker info", "docker inspect", "docker logs", "docker network inspect", "docker ps", "dockerd --validate", "dpkg --status", "dpkg-query -W", "getent", "id", "nft --check",
	"nft --json list", "nft --stateless list", "ssh-keygen -l -f -", "systemctl is-active", "systemctl is-enabled", "systemctl show",
	"systemd-analyze calendar", "systemd-analyze cat-config", "uname -n", "unshare --net sh -c nft -f -", "visudo --check",
}

func readOnly(c system.Command) bool {
	line := strings.Join(c.Argv, " ") + " "
	return slices.ContainsFunc(looking, func(beginning string) bool { return strings.HasPrefix(line, beginning+" ") })
}

// witness runs programs and remembers them. It can let one fail that changes
// something.
type witness struct {
	runs system.Runner
	// around is called before and after each program that changes something.
	around func(point string)

	mutex      sync.Mutex
	seen       []system.Command
	untilFails int // 0 if none fails
	failed     bool
}

// Run implements [Runner].
func (w *witness) Run(ctx context.Context, c system.Command) (system.Output, error) {
	if w.remember(c) {
		return system.Output{Exit: 1, Stderr: []byte("made to fail")}, nil
	}
	if w.around == nil || readOnly(c) {
		return w.runs.Run(ctx, c)
	}
	w.around("before " + strings.Join(c.Argv, " "))
	out, err := w.runs.Run(ctx, c)
	w.around("after " + strings.Join(c.Argv, " "))
	return out, err
}

// remember reports whether the program must fail.
func (w *witness) remember(c system.Command) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.seen = append(w.seen, c)
	if w.untilFails == 0 || readOnly(c) {
		return false
	}
	w.untilFails--
	if w.untilFails == 0 {
		w.failed = true
		return true
	}
	return false
}

func (w *witness) count() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.seen)
}

func (w *witness) since(n int) []system.Command {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.seen[n:])
}

// failAt lets the nth of the next programs that change something fail.
func (w *witness) failAt(n int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.untilFails, w.failed = n, false
}

func (w *witness) stopFailing() (failed bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.untilFails = 0
	return w.failed
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
