package sshdconf

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]Statement{
		"":                                      {},
		"  # a comment":                         {},
		"#Port 22":                              {},
		"Port 22\r\n":                           {"port", []string{"22"}},
		"\tPORT=22":                             {"port", []string{"22"}},
		"port = 22 # no":                        {"port", []string{"22"}},
		`Include "/etc/ssh/a b.conf" '/c'`:      {"include", []string{"/etc/ssh/a b.conf", "/c"}},
		`"Port" 22`:                             {"port", []string{"22"}},
		`AllowGroups a\ b c#d \"e`:              {"allowgroups", []string{"a b", "c#d", `"e`}},
		"ChallengeResponseAuthentication yes":   {"kbdinteractiveauthentication", []string{"yes"}},
		"PubkeyAcceptedKeyTypes ssh-ed25519":    {"pubkeyacceptedalgorithms", []string{"ssh-ed25519"}},
		"Match User bob Address=10.0.0.0/8 # x": {"match", []string{"User", "bob", "Address=10.0.0.0/8"}},
	} {
		got, err := Parse(line)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{`Port "22`, `Include '/a`, `"Port 22`} {
		if got, err := Parse(line); err == nil {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

// TestReadFollowsIncludes reads a tree with every way to include.
func TestReadFollowsIncludes(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"sshd_config":             "include=sshd_config.d/*.conf \"other dir/x\" # both\nMatch User bob\nInclude m.conf\nMaxAuthTries 3\n",
		"sshd_config.d/b.conf":    "MaxAuthTries 2\nMatch all\nX11Forwarding yes\n",
		"sshd_config.d/a.conf":    "AllowGroups one\n",
		"sshd_config.d/.hid.conf": "AllowGroups hidden\n",
		"sshd_config.d/c.off":     "AllowGroups off\n",
		"other dir/x":             "AllowGroups two\n",
		"m.conf":                  "PermitRootLogin yes\nMatch Address 10.0.0.0/8\nPermitTTY no\nMatch all\nBanner none\n",
	} {
		path := filepath.Join(root, "etc/ssh", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	files := Files{Root: root, Instead: map[string][]byte{"/etc/ssh/sshd_config.d/a.conf": nil, "/etc/ssh/sshd_config.d/00.conf": []byte("\nAllowGroups new\n")}}
	settings, err := files.Read(Main)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range settings {
		got = append(got, fmt.Sprintf("%s [%s] %s %s", strings.TrimPrefix(s.Place(), "/etc/ssh/"), s.Match, s.Keyword, s.Value()))
	}
	want := []string{
		"sshd_config.d/00.conf:2 [] allowgroups new", "sshd_config.d/b.conf:1 [] maxauthtries 2", "sshd_config.d/b.conf:3 [all] x11forwarding yes",
		"other dir/x:1 [] allowgroups two", "m.conf:1 [User bob] permitrootlogin yes", "m.conf:3 [User bob, Address 10.0.0.0/8] permittty no",
		"m.conf:5 [User bob] banner none", "sshd_config:4 [User bob] maxauthtries 3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadEndsInACircle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "circle")
	if err := os.WriteFile(file, []byte("Include "+file+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Files{}).Read(file); err == nil || !strings.Contains(err.Error(), "deeper than 16") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"Port 22", `Include "a`, `a\ b='c' #`, "=", `""`, "Match User x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, err := Parse(line)
		if err == nil && s.Keyword != strings.ToLower(s.Keyword) {
			t.Errorf("%q: %q", line, s.Keyword)
		}
	})
}

// realSSHD returns the machine's sshd, and the key that it needs.
func realSSHD(t *testing.T) (key string) {
	t.Helper()
	if _, err := exec.LookPath("/usr/sbin/sshd"); err != nil || os.Geteuid() != 0 {
		if testing.Short() {
			t.Skip("needs a real sshd, and root")
		}
		t.Fatal("this test needs a real sshd, as root: apt-get install openssh-server")
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return key
}

// TestReadsAsSSHDDoes makes random configurations and compares what is read with
// what sshd says. It compares the groups, which add up, and the first value of a
// keyword.
func TestReadsAsSSHDDoes(t *testing.T) {
	key, refused := realSSHD(t), 0
	for seed := range uint64(80) {
		dir := t.TempDir()
		g := generator{rand.New(rand.NewPCG(seed, 1)), dir}
		main := filepath.Join(dir, "main")
		g.write(main, "HostKey "+key+"\n", 3)
		g.write(filepath.Join(dir, "inc-1.conf"), "", 0)
		g.write(filepath.Join(dir, "inc-2.conf"), "", 1)
		g.write(filepath.Join(dir, "with blank"), "", 0)
		g.write(filepath.Join(dir, ".inc-hidden.conf"), "", 0)
		out, failure := exec.Command("/usr/sbin/sshd", "-T", "-f", main).CombinedOutput()
		settings, err := Files{}.Read(main)
		if (err == nil) != (failure == nil) {
			content, _ := os.ReadFile(main)
			t.Fatalf("seed %d: sshd: %v %s; here: %v\n%s", seed, failure, out, err, content)
		}
		if err != nil {
			refused++
			continue
		}
		want, got := effective(string(out)), global(settings)
		if diff := cmp.Diff(want, got); diff != "" {
			content, _ := os.ReadFile(main)
			t.Fatalf("seed %d (-sshd +here):\n%s\n%s", seed, diff, content)
		}
	}
	if refused < 5 || refused > 60 {
		t.Errorf("%d of 80 configurations are refused: the generator shows little", refused)
	}
}

// effective returns what sshd prints for the two keywords.
func effective(out string) (e [2]string) {
	for line := range strings.Lines(out) {
		keyword, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch keyword {
		case "allowgroups":
			e[0] += value + ","
		case "maxauthtries":
			e[1] = value
		}
	}
	return e
}

// global returns the same for what was read. The generator makes no "Match all":
// some releases put its settings first, and others do not.
func global(settings []Setting) (e [2]string) {
	e[1] = "6" // sshd_config(5)
	set := false
	for _, s := range settings {
		switch {
		case s.Match != "":
		case s.Keyword == "allowgroups":
			e[0] += strings.Join(s.Args, ",") + ","
		case s.Keyword == "maxauthtries" && !set:
			e[1], set = s.Args[0], true
		}
	}
	return e
}

type generator struct {
	*rand.Rand
	dir string
}

func (g generator) pick(options ...string) string { return options[g.IntN(len(options))] }

func (g generator) write(path, first string, includes int) {
	var b strings.Builder
	b.WriteString(first)
	for range g.IntN(4) + includes {
		b.WriteString(g.line(includes > 0) + g.pick("\n", "\r\n", " \n", " # end\n"))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		panic(err)
	}
}

func (g generator) line(includes bool) string {
	lead := g.pick("", " ", "\t", "  ")
	is := g.pick(" ", "=", " = ", "\t", " =")
	group := g.pick("one", `"two"`, "'three'", `fo"ur`+`"`, `fi\ ve`, "six#7", `\"eight`, `"ni ne"`, "ten # eleven", "a b", "c\td")
	switch g.IntN(7) {
	case 0:
		return lead + g.pick("# a", "#AllowGroups no", "")
	case 1, 2:
		return lead + g.pick("AllowGroups", "allowgroups", "ALLOWGROUPS") + is + group
	case 3:
		return lead + g.pick("MaxAuthTries", "maxauthtries", `"MaxAuthTries"`) + " " + g.pick("1", "2", `"3"`)
	case 4:
		if g.IntN(3) == 0 {
			return lead + g.pick("Match User nobody", "match group=x", "Match Address 10.0.0.0/8")
		}
	case 5:
		return lead + g.pick(`AllowGroups "open`, "AllowGroups 'open", "AllowGroups fine")
	}
	if !includes {
		return lead + "AllowGroups last"
	}
	up := strings.Repeat("../", 2) + strings.TrimPrefix(g.dir, "/")
	return lead + g.pick("Include", "include", "INCLUDE") + is + g.pick(
		g.dir+"/inc-1.conf", g.dir+"/inc-*.conf", g.dir+"/*.conf", up+"/inc-2.conf", `"`+g.dir+`/with blank"`, g.dir+`/with\ blank`, g.dir+"/inc-1.conf "+g.dir+"/none.conf",
		g.dir+"/inc-[!1].conf", g.dir+"/inc-?.conf")
}
