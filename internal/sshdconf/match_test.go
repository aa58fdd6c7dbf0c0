package sshdconf

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestConcernsAsSSHDMatches compares Matches of random users and groups with a
// real sshd, for accounts of this machine.
func TestConcernsAsSSHDMatches(t *testing.T) {
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil && testing.Short() {
		t.Skip("no sshd on this machine")
	}
	_ = os.Mkdir("/run/sshd", 0o755)
	g := rand.New(rand.NewPCG(11, 4))
	pick := func(words ...string) string { return words[g.IntN(len(words))] }
	list := func() string {
		var patterns []string
		for range 1 + g.IntN(3) {
			patterns = append(patterns, pick("root", "nobody", "no*", "daemon", "*", "r??t", "!root", "!no*", "nogroup", "!nogroup", "x"))
		}
		return strings.Join(patterns, ",")
	}
	main := filepath.Join(t.TempDir(), "sshd_config")
	groups := map[string][]string{}
	for _, user := range []string{"root", "nobody", "daemon"} {
		out, err := exec.Command("id", "-Gn", user).Output()
		if err != nil {
			t.Fatal(err)
		}
		groups[user] = strings.Fields(string(out))
	}
	matched := 0
	for range 60 {
		var words []string
		for _, criterion := range []string{"User", "group", "Address"} {
			if g.IntN(3) == 0 {
				continue
			}
			value := list()
			if criterion == "Address" {
				value = pick("192.0.2.0/24", "192.0.2.1")
			}
			words = append(words, criterion+" "+value)
		}
		if len(words) == 0 {
			words = []string{"all"}
		}
		if err := os.WriteFile(main, []byte("Match "+strings.Join(words, " ")+"\nMaxAuthTries 3\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		settings, err := Files{}.Read(main)
		if err != nil {
			t.Fatal(err)
		}
		for user, of := range groups {
			out, err := exec.Command("/usr/sbin/sshd", "-T", "-f", main, "-C", Login{User: user, Peer: Nobody.Peer}.Spec()).CombinedOutput()
			if err != nil {
				t.Fatalf("%v %s", err, out)
			}
			match := settings[0].Match
			holds := strings.Contains(string(out), "maxauthtries 3\n")
			if got := Concerns(match, user, of); got != holds {
				t.Errorf("Match %s for %s of %v: sshd %v, here %v", match, user, of, holds, got)
			}
			if holds {
				matched++
			}
			if want := strings.Contains(strings.ToLower(match), "user") || strings.Contains(match, "group"); NamesAccounts(match) != want {
				t.Errorf("Match %s names accounts: %v", match, !want)
			}
		}
	}
	if matched < 20 || matched > 160 {
		t.Errorf("%d of 180 match: the generator shows little", matched)
	}
}

func TestNamed(t *testing.T) {
	for match, want := range map[string]string{
		"User git": "git", "user git,!ops,a*,bob Address 10.0.0.1": "git bob", "Group x": "", "User a, Group b": "a", "all": "", "User=git": "git",
	} {
		if got := strings.Join(Named(match), " "); got != want {
			t.Errorf("%s: %q", match, got)
		}
	}
	if slices.ContainsFunc([]string{"invalid-user", "User a, invalid-user"}, func(m string) bool { return Concerns(m, "a", nil) }) {
		t.Error("an existing account counts as missing")
	}
}
