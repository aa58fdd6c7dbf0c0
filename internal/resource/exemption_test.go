package resource

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValuesOfAnINIFile(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		found            bool
	}{
		{"none", "[DEFAULT]\n#ignoreip = 127.0.0.1/8\n", "", false},
		{"in another section", "[sshd]\nignoreip = 192.0.2.1\n", "", false},
		{"one", "[DEFAULT]\nbantime = 1h\nignoreip=192.0.2.1\n", "192.0.2.1", true},
		{"the later one", "[DEFAULT]\nignoreip = 192.0.2.1\nignoreip = 192.0.2.2\n", "192.0.2.2", true},
		{"over several lines", "[DEFAULT]\nignoreip = 192.0.2.1\n  # why\n\t192.0.2.2\n 192.0.2.3\nbantime = 1h\n [sshd]\n", "192.0.2.1 192.0.2.2 192.0.2.3", true},
		{"empty", "[DEFAULT]\nignoreip =\n", "", true},
	} {
		if got, found := valueOf(c.text, "DEFAULT", "ignoreip"); got != c.want || found != c.found {
			t.Errorf("%s: %q, %v", c.name, got, found)
		}
	}
}

func TestAddingToAList(t *testing.T) {
	const added = "# Added by Cairn: its looks at this host come from here.\n"
	for _, c := range []struct{ name, before, after string }{
		{"empty", "", added + "10.0.0.0/24\n192.0.2.7/32\n"},
		{"without an end of line", "127.0.0.1", "127.0.0.1\n" + added + "10.0.0.0/24\n192.0.2.7/32\n"},
		{"all there", "10.0.0.0/24\n192.0.2.7\n", "10.0.0.0/24\n192.0.2.7\n"},
		{"a wider one is there", "10.0.0.0/8 # home\n", "10.0.0.0/8 # home\n" + added + "192.0.2.7/32\n"},
		{"a narrower one is there", "10.0.0.0/25\n#192.0.2.7\n", "10.0.0.0/25\n#192.0.2.7\n" + added + "10.0.0.0/24\n192.0.2.7/32\n"},
	} {
		b := scratchBench(t)
		has("/list", c.before, 0o640)(t, b)
		files, err := listWith(b.sys, "/list", []string{"10.0.0.0/24", "192.0.2.7/32"}, plainList)
		ok(t, err)
		if d := cmp.Diff(c.after, files[0].Content.Text()); d != "" || files[0].Mode != 0o640 {
			t.Errorf("%s: mode %o (-want +got):\n%s", c.name, files[0].Mode, d)
		}
	}
}

// In psad's list, only an address with danger level 0 for all protocols is
// ignored.
func TestWhatPsadIgnores(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/24 0;\n":                      "10.0.0.0/24",
		"  192.0.2.7\t0 ;  # this machine\n":    "192.0.2.7/32",
		"fd83::/64 0;\n":                        "fd83::/64",
		"#10.0.0.0/24 0;\n":                     "",
		"10.0.0.0/24 5;\n":                      "",
		"10.0.0.0/24 0\n":                       "",
		"10.0.0.0/24 0 tcp/1-1024;\n":           "",
		"example.org 0;\n10.0.0.0/255.0.0.0 0;": "",
	} {
		var got []string
		for _, p := range psadIgnores(text) {
			got = append(got, p.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// The early file must not remove what DEFAULT says before it.
func TestTheDefaultOfTheFilesBefore(t *testing.T) {
	b := scratchBench(t)
	has("/etc/fail2ban/jail.conf", "[DEFAULT]\nignoreip = 192.0.2.1\n", 0o644)(t, b)
	has(fail2banDir+"defaults-debian.conf", "[DEFAULT]\nignoreip = 192.0.2.9\n", 0o644)(t, b)
	has(fail2banDir+"00-own.local", "[DEFAULT]\nignoreip = 192.0.2.9\n", 0o644)(t, b)
	if got, err := fail2banDefault(b.sys); err != nil || got != "192.0.2.1" {
		t.Errorf("%q, %v", got, err)
	}
	has(fail2banDir+"00-a.conf", "[DEFAULT]\nignoreip = 192.0.2.2\n", 0o644)(t, b)
	if got, err := fail2banDefault(b.sys); err != nil || got != "192.0.2.2" {
		t.Errorf("%q, %v", got, err)
	}
}
