package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// release builds the release for this kind of machine once for all tests, and
// returns its folder. CAIRN_RELEASE names one that exists, such as dist before it
// is published.
var release = sync.OnceValues(func() (string, error) {
	if built := os.Getenv("CAIRN_RELEASE"); built != "" {
		return filepath.Abs(built)
	}
	dir, err := os.MkdirTemp("", "cairn-release-")
	if err != nil {
		return "", err
	}
	releaseDir = dir
	cmd := exec.CommandContext(context.Background(), "../scripts/release.sh", dir)
	cmd.Env = append(os.Environ(), "SYSTEMS=linux/"+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("scripts/release.sh: %w\n%s", err, out)
	}
	return dir, nil
})

// releaseDir is removed by TestMain.
var releaseDir string

// releasedFile returns the release's file for this machine with that ending.
func releasedFile(t testing.TB, ending string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a release")
	}
	dir, err := release()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*_linux_"+runtime.GOARCH+ending))
	if err != nil || len(found) != 1 {
		t.Fatalf("the release has not one file *%s: %v %v", ending, found, err)
	}
	return found[0]
}

// installPackage copies the .deb to a host and installs it, as an owner does after
// a download.
func (b *bed) installPackage(name string) {
	b.t.Helper()
	file, err := os.Open(releasedFile(b.t, ".deb"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, stderr, err := b.rehearsal.Exec(b.t.Context(), name, []string{"sh", "-c", "cat >/tmp/cairn.deb && dpkg -i /tmp/cairn.deb; s=$?; rm /tmp/cairn.deb; exit $s"}, file); err != nil {
		b.t.Fatalf("dpkg -i: %v: %s", err, stderr)
	}
}

// twoHosts is a lab with two hosts that a completion can tell apart.
const twoHosts = `lab: home
network: {cidr: 192.168.1.0/24, gateway: 192.168.1.1, admin: [192.168.1.0/24]}
hosts:
  atlas: {address: 192.168.1.10, user: ops, roles: [server]}
  borealis: {address: 192.168.1.11, user: ops, roles: [server]}
`

// shell runs a line as root on a system and returns what it printed.
type shell func(line string) string

// TestPackage installs the .deb on a host that has nothing else of Cairn.
func TestPackage(t *testing.T) {
	b := newBed(t, "atlas")
	on := shell(func(line string) string { return b.run("atlas", line) })
	on("apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends " + packageTools + " >/dev/null 2>&1")
	on.packageWorks(t, func() { b.installPackage("atlas") })
}

// TestPackageOnDebian12 does the same on the older Debian, which throw-away hosts
// do not have. A package needs only its files and programs.
func TestPackageOnDebian12(t *testing.T) {
	long(t)
	root := filepath.Join(t.TempDir(), "root")
	bootstrap := exec.CommandContext(t.Context(), "unshare", "--mount", "debootstrap", "--variant=minbase", "--include="+strings.ReplaceAll(packageTools, " ", ","), "bookworm", root)
	if out, err := bootstrap.CombinedOutput(); err != nil {
		t.Fatalf("debootstrap: %v\n%s", err, out)
	}
	on := shell(func(line string) string {
		t.Helper()
		inside := "mount --rbind /dev $0/dev && mount -t proc proc $0/proc && exec chroot $0 sh -c \"$1\""
		cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", inside, root, line)
		cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	})
	on.packageWorks(t, func() {
		writeFile(t, filepath.Join(root, "tmp", "cairn.deb"), string(mustRead(t, releasedFile(t, ".deb"))))
		on("dpkg -i /tmp/cairn.deb && rm /tmp/cairn.deb")
	})
}

// packageTools are the programs that read a package's pages and completions.
const packageTools = "man-db bash-completion zsh fish"

// packageWorks installs the package. The program, man pages and completions work,
// and the removal leaves no trace.
func (on shell) packageWorks(t *testing.T, install func()) {
	t.Helper()
	on("mkdir /root/lab; cat >/root/lab/lab.yaml <<'END'\n" + twoHosts + "END\nfish -c true; man -w man >/dev/null")
	before := on.allFiles()
	install()
	version := on("dpkg-query -W -f '${Version}' cairn")
	if told := on("cairn --version"); told != "cairn "+version+"\n" {
		t.Errorf("the package has version %s, and the program says %s", version, told)
	}
	for page, want := range map[string]string{"cairn": "COMMANDS", "cairn-host-add": "--first-user"} {
		if shown := on("man " + page + " | cat"); !strings.Contains(shown, want) {
			t.Errorf("man %s does not show %s:\n%s", page, want, shown)
		}
	}
	if flaws := on("for page in /usr/share/man/man1/cairn*; do man --warnings=w -l $page 2>&1 >/dev/null; done"); flaws != "" {
		t.Errorf("the man pages have flaws:\n%s", flaws)
	}
	on.completes(t)
	on("dpkg --purge cairn >/dev/null")
	if left := difference(before, on.allFiles()); left != "" {
		t.Errorf("after the removal the host differs from before:\n%s", left)
	}
}

// allFiles are the names of all files on the disk. It leaves out what dpkg, man
// and the test's shells write for themselves.
func (on shell) allFiles() string {
	return on(`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path '/var/lib/systemd/*' -o -path '/var/log/*' -o -path '/var/lib/dpkg/*' -o -path '/var/cache/man/*' -o -path '/root/.*' \) -prune -o -print | sort`)
}

// completions are command lines, and what a shell must offer next: hosts of the
// lab, ids of the roadmap, values of flags.
var completions = []struct{ line, offers string }{
	{"cairn host add ", `atlas\s+borealis`},
	{"cairn explain foundation.fire", `foundation\.firewall`},
	{"cairn up --until ", `foundation`},
	{"cairn plan -o ", `json\s+ndjson\s+text|text\s+json\s+ndjson`},
}

// completes tries them in each shell. In bash and zsh it types on a terminal, as a
// person does. fish has a command for it.
func (on shell) completes(t *testing.T) {
	t.Helper()
	typing := func(shell, prepare, line string) string {
		// The second tab lists what the first could not decide.
		return fmt.Sprintf(`cd /root/lab; (sleep 1; echo '%s'; sleep 2; printf '%s\t'; sleep 1; printf '\t'; sleep 2; printf '\003exit\n') |
			TERM=dumb script -qec '%s' /dev/null | tr '\r' '\n'`, prepare, line, shell)
	}
	for _, c := range completions {
		for shell, command := range map[string]string{
			"bash": typing("bash --norc -i", ". /usr/share/bash-completion/bash_completion", c.line),
			"zsh":  typing("zsh -f -i", "autoload -Uz compinit; compinit", c.line),
			"fish": "cd /root/lab; fish -c 'complete -C \"" + c.line + "\"'",
		} {
			offered := escapes.ReplaceAllString(on(command), "")
			if !regexp.MustCompile(c.offers).MatchString(offered) {
				t.Errorf("%s completes `%s` with\n%s", shell, c.line, offered)
			}
		}
	}
}

// escapes are the characters and sequences with which a shell moves the cursor and
// rings on a terminal (ECMA-48).
var escapes = regexp.MustCompile(`\x07|\x1b\[[0-9;?]*[A-Za-z]`)

// TestModulesAreListed checks that the release's list of modules names every
// module in the program.
func TestModulesAreListed(t *testing.T) {
	body, err := os.ReadFile(releasedFile(t, ".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Metadata struct {
			Timestamp string `json:"timestamp"`
		} `json:"metadata"`
		Components []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"components"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, c := range list.Components {
		named[c.Name+" "+c.Version] = true
	}
	program := filepath.Join(unpacked(t), "bin", "cairn")
	out, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)`).FindAllStringSubmatch(string(out), -1)
	if len(modules) < 10 {
		t.Fatalf("the program has only %d modules:\n%s", len(modules), out)
	}
	for _, m := range modules {
		if !named[m[1]+" "+m[2]] {
			t.Errorf("the list of modules does not name %s %s", m[1], m[2])
		}
	}
}

// unpacked unpacks the release's archive and returns the folder.
func unpacked(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-xzf", releasedFile(t, ".tar.gz"), "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	return dir
}

// TestInstallScript installs from a file server, as an owner without root does.
// First comes a dry run, then the installation, then an upgrade of an older
// version, and last the removal.
func TestInstallScript(t *testing.T) {
	dir := filepath.Dir(releasedFile(t, ".tar.gz"))
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	prefix := filepath.Join(t.TempDir(), "usr local") // a name with a blank
	if err := os.MkdirAll(filepath.Join(prefix, "share", "man"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := tree(t, prefix)

	if told := installer(t, "--from", server.URL, "--prefix", prefix, "--dry-run"); !strings.Contains(told, "  bin/cairn\n") {
		t.Errorf("the dry run does not list the files:\n%s", told)
	}
	if now := tree(t, prefix); now != before {
		t.Errorf("the dry run has changed something:\n%s", difference(before, now))
	}
	told := installer(t, "--from", server.URL, "--prefix", prefix)
	t.Log(told)
	out, err := exec.CommandContext(t.Context(), filepath.Join(prefix, "bin", "cairn"), "--version").CombinedOutput()
	if err != nil || !strings.Contains(told, "installed "+strings.TrimSpace(string(out))) {
		t.Errorf("the installed program says %q: %v\n%s", out, err, told)
	}

	// An older version had a file that this one lacks.
	writeFile(t, filepath.Join(prefix, "share", "man", "man1", "cairn-gone.1.gz"), "")
	list := filepath.Join(prefix, "share", "cairn", "files")
	writeFile(t, list, string(mustRead(t, list))+"share/man/man1/cairn-gone.1.gz\n")
	installer(t, "--from", dir, "--prefix", prefix)
	if strings.Contains(tree(t, prefix), "cairn-gone") {
		t.Error("an upgrade leaves a file of the older version")
	}
	installer(t, "--remove", "--prefix", prefix)
	if now := tree(t, prefix); now != before {
		t.Errorf("the removal leaves or takes too much:\n%s", difference(before, now))
	}
}

// TestInstallScriptRefuses checks what the script refuses: damaged files, files in
// the way, and unencrypted sources. It then changes nothing.
func TestInstallScriptRefuses(t *testing.T) {
	damaged := t.TempDir()
	archive := releasedFile(t, ".tar.gz")
	whole := filepath.Dir(archive)
	writeFile(t, filepath.Join(damaged, filepath.Base(archive)), string(mustRead(t, archive))+"x")
	writeFile(t, filepath.Join(damaged, "SHA256SUMS"), string(mustRead(t, filepath.Join(whole, "SHA256SUMS"))))
	taken := t.TempDir()
	writeFile(t, filepath.Join(taken, "bin", "cairn"), "another program")
	for want, args := range map[string][]string{
		"is damaged or was exchanged":           {"--from", damaged, "--prefix", t.TempDir()},
		"is here already":                       {"--from", whole, "--prefix", taken},
		"is not encrypted":                      {"--from", "http://releases.home.arpa", "--prefix", t.TempDir()},
		"say with --from where the release is":  {"--prefix", t.TempDir()},
		"this script has installed nothing in ": {"--remove", "--prefix", t.TempDir()},
	} {
		prefix := args[len(args)-1]
		before := tree(t, prefix)
		out, err := exec.CommandContext(t.Context(), "sh", append([]string{"../scripts/install.sh"}, args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("install.sh %q does not say %q: %v\n%s", args, want, err, out)
		}
		if now := tree(t, prefix); now != before {
			t.Errorf("install.sh %q has changed something:\n%s", args, difference(before, now))
		}
	}
}

func installer(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", append([]string{"../scripts/install.sh"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("install.sh %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// tree returns the names below a folder.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var names bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		fmt.Fprintln(&names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names.String()
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
