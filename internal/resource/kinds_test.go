package resource

import (
	"strings"
	"testing"

	"cairn/internal/system"

	"github.com/google/go-cmp/cmp"
)

func TestHostsTable(t *testing.T) {
	for _, c := range []struct{ name, table, want string }{
		{"empty", "", "127.0.1.1\tnew\n"},
		{"without an own line", "127.0.0.1 localhost\n", "127.0.0.1 localhost\n127.0.1.1\tnew\n"},
		{"without an end of line", "127.0.0.1 localhost", "127.0.0.1 localhost\n127.0.1.1\tnew\n"},
		{"the old name", "127.0.1.1 old\n::1 localhost\n", "127.0.1.1\tnew\n::1 localhost\n"},
		{"the old name with a domain", "127.0.1.1 old.lab old alias\n", "127.0.1.1\tnew.lab new alias\n"},
		{"the own address for something else", "127.0.1.1 other\n", "127.0.1.1 other\n127.0.1.1\tnew\n"},
		{"the old name elsewhere", "10.0.0.1 old\n", "10.0.0.1 old\n127.0.1.1\tnew\n"},
	} {
		h := Hostname{Name: "new"}
		got := h.added([]byte(c.table), "old")
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if !h.in(got) {
			t.Errorf("%s: the name cannot be resolved", c.name)
		}
	}
}

func TestNamesThatAreCommentedOutDoNotCount(t *testing.T) {
	if (Hostname{Name: "new"}).in([]byte("127.0.0.1 localhost # new\n#127.0.1.1 new\nnew other\n")) {
		t.Error("a name was found in a comment")
	}
}

func TestIncludeFirst(t *testing.T) {
	sys := &system.System{Root: t.TempDir()}
	for _, c := range []struct{ name, main, want string }{
		{"Debian's", "# a\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n", "# a\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"},
		{"without", "UsePAM yes\n", includeLine + "\nUsePAM yes\n"},
		{"last", "UsePAM yes\nMatch all\ninclude /etc/ssh/sshd_config.d/*.conf\n", "include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nMatch all\n"},
		{"another first", "Include /etc/other\n" + includeLine + "\n", includeLine + "\nInclude /etc/other\n"},
		{"commented out", "#" + includeLine + "\n", includeLine + "\n#" + includeLine + "\n"},
	} {
		if diff := cmp.Diff(c.want, string(mainFileOf(sys, []byte(c.main), dropinDir+"00-own.conf").withIncludeFirst())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// A staged configuration must be read in the same order as sshd will read the real
// one.
func TestStage(t *testing.T) {
	b := scratchBench(t)
	has(sshdConfig, "# main\n"+includeLine+"\nUsePAM yes\n", 0o600)(t, b)
	has(dropinDir+"00-a.conf", "MaxAuthTries 1\n", 0o600)(t, b)
	has(dropinDir+"50-cloud.conf", "Match all\nX11Forwarding yes\n", 0o600)(t, b)
	has(dropinDir+"10-own.conf", "MaxAuthTries 9\n", 0o600)(t, b)
	has(dropinDir+"20-not-read", "", 0o600)(t, b)
	s := SSHDropin{Name: "10-own.conf", Options: []SSHOption{{"MaxAuthTries", "3"}}}
	staged, err := s.Stage(t.Context(), b.sys)
	ok(t, err)
	root := b.sys.Root
	want := "# main\nInclude " + root + dropinDir + "00-a.conf\n" + s.file().Content.Text() + "Include " + root + dropinDir + "50-cloud.conf\nUsePAM yes\n"
	if diff := cmp.Diff(want, string(staged)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	lacks(sshdConfig)(t, b)
	if _, err := s.Stage(t.Context(), b.sys); err == nil {
		t.Error("a missing configuration was staged")
	}
}

func TestBodiesOfTables(t *testing.T) {
	for body, good := range map[string]bool{
		"": true, "chain a {\n}\n": true, "set a { elements = { 1, 2 }; }": true,
		"}": false, "{": false, "}\ntable inet other {": false, "{ } } {": false,
	} {
		if err := insideBraces(body); (err == nil) != good {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestRuleChanges(t *testing.T) {
	const head = "table inet a {\n\tchain c {\n"
	for _, c := range []struct {
		name, have, want string
		changes          []Change
	}{
		{"the same", head + "x\n}\n}\n", head + "x\n}\n}\n", nil},
		{"one more", head + "x\n}\n}\n", head + "x\ny\n}\n}\n", []Change{{Property: "rule", To: "y"}}},
		{"one less", head + "x\ny\n}\n}\n", head + "x\n}\n}\n", []Change{{Property: "rule", From: "y"}}},
	} {
		if diff := cmp.Diff(c.changes, ruleChanges([]byte(c.have), []byte(c.want))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	for name, have := range map[string]string{"another order": head + "y\nx\n}\n}\n", "one twice": head + "x\ny\ny\n}\n}\n"} {
		if changes := ruleChanges([]byte(have), []byte(head+"x\ny\n}\n}\n")); len(changes) != 1 || changes[0].Property != "order of rules" {
			t.Errorf("%s: %+v", name, changes)
		}
	}
}

func TestWordsOfACommand(t *testing.T) {
	for word, want := range map[string]string{
		"plain": `"plain"`, "": `""`, "a b": `"a b"`, `a"b\c`: `"a\"b\\c"`, "100%": `"100%%"`, "$HOME": `"$$HOME"`,
	} {
		if got := quoteExec(word); got != want {
			t.Errorf("%q became %s instead of %s", word, got, want)
		}
	}
}

func TestTimesOfSystemd(t *testing.T) {
	for text, want := range map[string]string{
		"": "0001-01-01 00:00:00 +0000 UTC", "n/a": "0001-01-01 00:00:00 +0000 UTC",
		"Tue 2026-11-24 11:01:21.811300 UTC": "2026-11-24 11:01:21.8113 +0000 UTC", "Tue 2026-11-24 11:01:21 UTC": "2026-11-24 11:01:21 +0000 UTC",
	} {
		if got, err := ParseTimestamp(text); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	if _, err := ParseTimestamp("yesterday"); err == nil {
		t.Error("yesterday is no time")
	}
}

func TestSettingsAtBoot(t *testing.T) {
	const name = "net.ipv4.tcp_syncookies"
	for _, c := range []struct {
		what          string
		files         map[string]string
		value, by     string
		convergesThen bool
	}{
		{"none", nil, "", "", true},
		{"a package's, before ours", map[string]string{"/usr/lib/sysctl.d/50-a.conf": name + "=0\n"}, "0", "/usr/lib/sysctl.d/50-a.conf", true},
		{"the owner's, after ours", map[string]string{"/etc/sysctl.d/99-own.conf": "net/ipv4/tcp_syncookies = 0\n"}, "0", "/etc/sysctl.d/99-own.conf", false},
		{"the owner's, agreeing", map[string]string{"/etc/sysctl.d/99-own.conf": "-" + name + " = 1 \n"}, "1", "/etc/sysctl.d/99-own.conf", true},
		{"one that another of the same name hides", map[string]string{
			"/usr/lib/sysctl.d/99-a.conf": name + "=0\n", "/etc/sysctl.d/99-a.conf": "# nothing\n",
		}, "", "", true},
		{"comments", map[string]string{"/etc/sysctl.d/99-a.conf": "#" + name + "=0\n;" + name + "=0\n"}, "", "", true},
	} {
		b := scratchBench(t)
		has("/proc/sys/net/ipv4/tcp_syncookies", "0\n", 0o644)(t, b)
		for path, content := range c.files {
			has(path, content, 0o644)(t, b)
		}
		value, by, err := sysctlAtBoot(b.sys, name)
		if err != nil || value != c.value || by != c.by {
			t.Errorf("%s: %q by %q, %v", c.what, value, by, err)
		}
		_, err = Converge(t.Context(), b.sys, Sysctl{Name: name, Value: "1"}, "")
		if (err == nil) != c.convergesThen {
			t.Errorf("%s: %v", c.what, err)
		}
		if err != nil && !strings.Contains(err.Error(), "0 by /etc/sysctl.d/99-own.conf") {
			t.Errorf("%s: the error does not say which file it is: %v", c.what, err)
		}
	}
}

func TestASettingThatTheKernelDoesNotHave(t *testing.T) {
	b := scratchBench(t)
	_, err := Converge(t.Context(), b.sys, Sysctl{Name: "net.no.such", Value: "1"}, "")
	if err == nil || !strings.Contains(err.Error(), "the kernel does not take net.no.such = 1") {
		t.Errorf("it ended with %v", err)
	}
	if _, _, found, _ := b.sys.Stat("/etc/sysctl.d/60-cairn-net.no.such.conf"); found {
		t.Error("a setting was kept that the kernel refused")
	}
}
