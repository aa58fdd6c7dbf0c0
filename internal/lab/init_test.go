package lab

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/golden"
	"cairn/internal/problem"
)

func TestInitWritesALabThatLoads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "lab")
	written, err := Init(dir, InitOptions{Name: "den", User: "ada", Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, ".cairn", ".gitignore"), filepath.Join(dir, ".cairn", "identity.txt"), filepath.Join(dir, ".cairn", "lab.schema.json"), filepath.Join(dir, "lab.yaml")}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Error(diff)
	}
	l, err := Load(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "den" || len(l.Hosts) != 1 || l.Hosts[0].User != "ada" {
		t.Errorf("lab = %+v", l)
	}
	text, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/init.golden", regexp.MustCompile(`age1\w{58}`).ReplaceAll(text, []byte("age1...")))
	if got := entries(t, dir) + entries(t, filepath.Join(dir, ".cairn")); got != ".cairn lab.yaml .gitignore identity.txt lab.schema.json " {
		t.Errorf("files: %s", got)
	}
}

// TestInitCommentsAreValid removes the comment signs, as an owner would.
func TestInitCommentsAreValid(t *testing.T) {
	text := string(render(InitOptions{Now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}.filled(), ""))
	_, examples, found := strings.Cut(text, "# One option")
	if !found {
		t.Fatal("no examples in the template")
	}
	for _, line := range strings.Split(examples, "\n")[1:] {
		if plain, is := strings.CutPrefix(line, "# "); is && !strings.HasPrefix(plain, "Checkpoints") {
			text += plain + "\n"
		}
	}
	for _, key := range []string{"domain", "timezone", "cidr6", "address6", "hardware", "open"} {
		text = strings.Replace(text, "# "+key+":", key+":", 1)
	}
	l, err := Parse(FileName, []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(l.Waivers) != 1 || l.Hosts[0].Hardware.CPUs != 4 || !l.Network.CIDR6.IsValid() || !l.Hosts[0].Address6.IsValid() || l.Domain != "lab.home.arpa" {
		t.Errorf("not all examples were taken in: %+v", l)
	}
}

func TestInitTakesTheNetwork(t *testing.T) {
	for _, network := range []string{"10.1.2.0/24", "10.1.2.8/30", "172.16.0.0/12", "10.1.2.10/28"} {
		dir := t.TempDir()
		prefix := netip.MustParsePrefix(network)
		gateway := prefix.Masked().Addr().Next()
		if _, err := Init(dir, InitOptions{CIDR: prefix, Gateway: gateway}); err != nil {
			t.Errorf("%s: %v", network, err)
			continue
		}
		l, err := Load(filepath.Join(dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		if l.Network.CIDR != prefix.Masked() || l.Network.Gateway != gateway || l.Name != "home" {
			t.Errorf("%s: %+v", network, l.Network)
		}
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	written, err := Init(dir, InitOptions{})
	if problem.CodeOf(err) != problem.LabExists || written != nil {
		t.Errorf("Init = %v, %v", written, err)
	}
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Errorf("the lab file is now %q", got)
	}
	if got := entries(t, dir); got != "lab.yaml " {
		t.Errorf("files: %s", got)
	}
}

func TestInitLeavesOtherFilesAlone(t *testing.T) {
	dir := t.TempDir()
	ignored := filepath.Join(dir, StateDirName, ".gitignore")
	if err := os.MkdirAll(filepath.Dir(ignored), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ignored, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	written, err := Init(dir, InitOptions{})
	if err != nil || len(written) != 3 {
		t.Errorf("Init = %v, %v", written, err)
	}
	if got, _ := os.ReadFile(ignored); string(got) != "mine" {
		t.Errorf(".gitignore is now %q", got)
	}
}

func TestInitRefusesOptionsThatMakeNoLab(t *testing.T) {
	dir := t.TempDir()
	for _, options := range []InitOptions{{User: "root"}, {Name: "My Lab"}, {Name: "a # b"}, {Name: "a\nlab: b"}, {CIDR: netip.MustParsePrefix("10.0.0.0/31")}} {
		if _, err := Init(dir, options); err == nil {
			t.Errorf("%+v was taken", options)
		}
	}
	if got := entries(t, dir); got != "" {
		t.Errorf("files: %s", got)
	}
}

// TestGitignore asks git itself which files it would keep.
func TestGitignore(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not there")
	}
	dir := t.TempDir()
	if _, err := Init(dir, InitOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"known_hosts", "journal.db", "journal.db-wal", "lock", "secrets.lock"} {
		if err := os.WriteFile(filepath.Join(dir, StateDirName, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(git, "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(git, "-C", dir, "ls-files", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out); got != ".cairn/.gitignore\n.cairn/known_hosts\n.cairn/lab.schema.json\nlab.yaml\n" {
		t.Errorf("kept:\n%s", got)
	}
}

// entries are the names in a folder.
func entries(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names string
	for _, e := range all {
		names += e.Name() + " "
	}
	return names
}
