package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSecrets plants secrets of every kind that a run meets, and makes a whole
// run. Then it looks for them in everything that the run leaves or shows. One
// secret is leaked everywhere on purpose. A search that does not find it proves
// nothing.
func TestSecrets(t *testing.T) {
	b := newBed(t, "server")
	o := newOwner(t, b, "server")
	h := plant(t, b)
	leak := "leak" + rand.Text()
	hunt := &hunt{secrets: h.all(), found: map[string]map[string]bool{}}
	hunt.secrets["the leak"] = encodings(leak)

	stop := hunt.watchProcesses(t.Context())
	leakByProcess(t, leak)
	first := []string{"--first-user", "admin", "--ask-password", "--ask-sudo-password"}
	hunt.output("plan", o.mustEnd(o.command(append([]string{"plan", "--out", "first.plan"}, first...)...), h.login, h.sudo))
	hunt.output("up", o.mustEnd(o.command(append([]string{"up", "--yes"}, first...)...), h.login, h.sudo))
	h.plantInFiles()
	for _, args := range [][]string{{"plan", "--out", "second.plan"}, {"up", "--yes"}, {"status"}, {"check"}, {"export", "evidence"}} {
		hunt.output(args[0], o.mustEnd(o.command(append(args, "-o", "ndjson")...)))
	}
	stop()

	o.write("leak", leak)
	b.run("server", "logger "+leak+"; echo "+leak+" >/var/lib/cairn/leak; echo "+leak+" >/run/cairn-leak; journalctl --sync")
	hunt.output("explain", o.finish(o.command("explain", leak), nil))
	hunt.folder(t, o.dir)
	hunt.host(b, "server")

	for _, place := range []string{
		"argv", "environment", "output of explain", "the lab's folder", "the host's journal", "the host's files", "the host's runtime files",
	} {
		if !hunt.found["the leak"][place] {
			t.Errorf("the search does not find the leak in %s", place)
		}
	}
	delete(hunt.found, "the leak")
	for secret, places := range hunt.found {
		t.Errorf("%s leaked to: %s", secret, strings.Join(slices.Sorted(maps.Keys(places)), ", "))
	}
}

// mustEnd runs a command, with the lines typed on a terminal. It must work.
func (o *owner) mustEnd(cmd *exec.Cmd, typed ...string) outcome {
	o.t.Helper()
	var e outcome
	if len(typed) > 0 {
		e = o.finish(cmd, terminal(o.t, typed...))
	} else {
		e = o.finish(cmd, nil)
	}
	if e.exit != 0 {
		o.t.Fatalf("%q ended with %d:\n%s%s", cmd.Args, e.exit, e.stdout, e.stderr)
	}
	return e
}

// plantedSecrets are the secrets that were planted.
type plantedSecrets struct {
	bed         *bed
	login, sudo string // passwords
	hash        string // of a password, in /etc/shadow
	inFile      string // in files that a run replaces and a guard saves
	key         []string
}

// plant makes a user who logs in with one password and needs another for sudo. No
// program gets a secret in its arguments.
func plant(t *testing.T, b *bed) *plantedSecrets {
	t.Helper()
	h := &plantedSecrets{bed: b, login: "login" + rand.Text(), sudo: "sudo" + rand.Text(), inFile: "file" + rand.Text()}
	h.asRoot("useradd -m -s /bin/bash -G sudo admin; echo 'Defaults rootpw' >/etc/sudoers.d/rootpw; chmod 0440 /etc/sudoers.d/rootpw\n" +
		"chpasswd <<'end'\nadmin:" + h.login + "\nroot:" + h.sudo + "\nend\n")
	h.hash = strings.Split(b.run("server", "getent shadow admin"), ":")[1]
	h.plantInFiles()
	private, err := os.ReadFile(b.lab.SSH.Key)
	if err != nil {
		t.Fatal(err)
	}
	// The first line of the key's body and the lines around it are the same in every
	// key.
	lines := strings.Split(strings.TrimSpace(string(private)), "\n")
	h.key = lines[2 : len(lines)-1]
	return h
}

// plantInFiles puts a secret into files that Cairn replaces. One is ordinary, one
// is saved by a guard, and one is the login that a guard changes.
func (h *plantedSecrets) plantInFiles() {
	h.asRoot("for f in /etc/apt/apt.conf.d/20auto-upgrades /etc/ssh/sshd_config.d/00-cairn.conf /etc/sudoers.d/cairn-ops; do\n" +
		"echo '# " + h.inFile + "' >>$f; chmod 0440 $f; done\n")
}

// asRoot runs a script that comes by standard input.
func (h *plantedSecrets) asRoot(script string) {
	h.bed.t.Helper()
	if _, stderr, err := h.bed.rehearsal.Exec(h.bed.t.Context(), "server", []string{"sh", "-e"}, strings.NewReader(script)); err != nil {
		h.bed.t.Fatalf("%v: %s", err, stderr)
	}
}

// all returns the secrets by name, each in all forms in which it may appear.
func (h *plantedSecrets) all() map[string][][]byte {
	all := map[string][][]byte{
		"the login password": encodings(h.login), "sudo's password": encodings(h.sudo),
		"a password's hash": encodings(h.hash), "a file's content": encodings(h.inFile),
	}
	for _, line := range h.key {
		all["the private key"] = append(all["the private key"], []byte(line))
	}
	return all
}

// encodings are the forms that a text may have inside other content. These are the
// text itself, hexadecimal digits, and base64 at each of the three offsets where
// it can begin.
func encodings(text string) [][]byte {
	forms := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		forms = append(forms, []byte(encoded[4:len(encoded)-4])) // the ends depend on their neighbours
	}
	return forms
}

// hunt looks for secrets, and remembers which it found where.
type hunt struct {
	secrets map[string][][]byte
	mu      sync.Mutex
	found   map[string]map[string]bool
}

func (h *hunt) search(place string, content []byte) {
	for name, forms := range h.secrets {
		for _, form := range forms {
			if !bytes.Contains(content, form) {
				continue
			}
			h.mu.Lock()
			if h.found[name] == nil {
				h.found[name] = map[string]bool{}
			}
			h.found[name][place] = true
			h.mu.Unlock()
		}
	}
}

func (h *hunt) output(command string, e outcome) {
	h.search("output of "+command, []byte(e.stdout+e.stderr))
}

// folder searches every file of the lab's folder: journal, plans, pinned keys.
func (h *hunt) folder(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		h.search("the lab's folder", content)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// host searches what a run leaves on a host: in the system's journal, on disk and
// at runtime.
func (h *hunt) host(b *bed, name string) {
	h.search("the host's journal", []byte(b.run(name, "journalctl --all --output=export")))
	// The host keeps its earlier state whole, for root alone: see
	// TestOriginalsAreForRootOnly.
	h.search("the host's files", []byte(b.run(name, "tar -C / --exclude=var/lib/cairn/originals -c var/lib/cairn var/tmp tmp home root/.ssh")))
	h.search("the host's runtime files", []byte(b.run(name, "find /run -xdev -type f -size -4096k -exec cat {} + 2>/dev/null; true")))
}

// watchProcesses looks again and again at the arguments and environment of every
// process of this machine. That includes those of the throw-away hosts.
func (h *hunt) watchProcesses(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			h.processes()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (h *hunt) processes() {
	for place, file := range map[string]string{"argv": "cmdline", "environment": "environ"} {
		paths, _ := filepath.Glob("/proc/[0-9]*/" + file)
		for _, path := range paths {
			if content, err := os.ReadFile(path); err == nil {
				h.search(place, content)
			}
		}
	}
}

// leakByProcess runs a program with the leak in its arguments and environment.
// Every watcher must notice it.
func leakByProcess(t *testing.T, leak string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "2")
	cmd.Args[0] = leak
	cmd.Env = []string{fmt.Sprintf("LEAK=%s", leak)}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}
