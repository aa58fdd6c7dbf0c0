package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/system"

	"github.com/google/go-cmp/cmp"
)

// sshdTree is a scratch tree with an sshd_config. The machine's own sshd can read
// its host key.
func sshdTree(t *testing.T, main string, others map[string]string) (*system.System, string) {
	t.Helper()
	if _, err := exec.LookPath(sshdProgram); err != nil || os.Geteuid() != 0 {
		if testing.Short() {
			t.Skip("needs a real sshd, and root")
		}
		t.Fatal("this test needs a real sshd, as root: apt-get install openssh-server")
	}
	ok(t, os.MkdirAll("/run/sshd", 0o755))
	b := scratchBench(t)
	key := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before, match, found := strings.Cut(main, "\nMatch ") // HostKey may not stand in a Match
	main = before + "\nHostKey " + key + "\n"
	if found {
		main += "Match " + match
	}
	has(sshdConfig, main, 0o600)(t, b)
	for name, content := range others {
		has(name, content, 0o600)(t, b)
	}
	return b.sys, main
}

var ownDropin = SSHDropin{Name: "00-own.conf", Options: []SSHOption{{"MaxAuthTries", "3"}, {"AllowGroups", "ssh-users"}}}

// TestIncludesAsTheyAreSpelt has spellings of Include through which sshd reads the
// drop-in first. So nothing is added. The staged configuration is what sshd would
// read.
func TestIncludesAsTheyAreSpelt(t *testing.T) {
	for name, include := range map[string]string{
		"relative":         "Include sshd_config.d/*.conf",
		"quoted":           `Include "/etc/ssh/sshd_config.d/*.conf"`,
		"with =":           "include=/etc/ssh/sshd_config.d/*.conf",
		"with a comment":   "Include /etc/ssh/sshd_config.d/*.conf # theirs",
		"a second path":    "Include /etc/ssh/sshd_config.d/*.conf /etc/ssh/more.conf",
		"another glob":     "INCLUDE /etc/ssh/sshd_config.d/[0-9]*",
		"through a file":   "Include /etc/ssh/all.conf",
		"blanks before it": "\t Include\t/etc/ssh/sshd_config.d/*.conf",
	} {
		t.Run(name, func(t *testing.T) {
			sys, main := sshdTree(t, "# main\n"+include+"\nMaxAuthTries 9\n", map[string]string{
				dropinDir + "50-cloud.conf": "MaxAuthTries 5\nMatch all\nX11Forwarding yes\n",
				"/etc/ssh/more.conf":        "Banner /etc/issue\n",
				"/etc/ssh/all.conf":         "Include /etc/ssh/sshd_config.d/*.conf\n",
			})
			file := mainFileOf(sys, []byte(main), ownDropin.file().Path)
			if diff := cmp.Diff(main, string(file.withIncludeFirst())); diff != "" {
				t.Errorf("the file is changed:\n%s", diff)
			}
			if err := ownDropin.Precheck(t.Context(), sys); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestIncludeIsMovedNotDoubled checks that an Include that comes too late is moved
// as it is spelt.
func TestIncludeIsMovedNotDoubled(t *testing.T) {
	sys, main := sshdTree(t, "MaxAuthTries 9\nInclude \"sshd_config.d/*.conf\" # theirs\n", nil)
	moved := string(mainFileOf(sys, []byte(main), ownDropin.file().Path).withIncludeFirst())
	if !strings.HasPrefix(moved, "Include \"sshd_config.d/*.conf\" # theirs\nMaxAuthTries 9\n") || strings.Count(moved, "Include ") != 1 {
		t.Errorf("%s", moved)
	}
	if err := ownDropin.Precheck(t.Context(), sys); err != nil {
		t.Error(err)
	}
}

// TestWhoStandsInTheWay names the line that keeps the drop-in from being in force.
// A line with the same effect is not in the way.
func TestWhoStandsInTheWay(t *testing.T) {
	const include = "Include /etc/ssh/sshd_config.d/*.conf\n"
	for name, c := range map[string]struct {
		main   string
		others map[string]string
		want   string // empty: nobody stands in the way
	}{
		"the same group elsewhere":       {include, map[string]string{dropinDir + "60-theirs.conf": "AllowGroups ssh-users\n"}, ""},
		"the same group in sshd_config":  {include + "allowgroups=ssh-users ssh-users\n", nil, ""},
		"another group in sshd_config":   {include + "UsePAM yes\nAllowGroups ssh-users admins\n", nil, "/etc/ssh/sshd_config:3 adds ssh-users admins"},
		"another group in a drop-in":     {include, map[string]string{dropinDir + "60-theirs.conf": "# x\nAllowGroups \"admins\"\n"}, dropinDir + "60-theirs.conf:2 adds admins"},
		"an earlier file":                {include, map[string]string{dropinDir + "00-a.conf": "\n\nMaxAuthTries 5\n"}, dropinDir + "00-a.conf:3 sets it first (maxauthtries 5)"},
		"an earlier file, the same":      {include, map[string]string{dropinDir + "00-a.conf": "maxauthtries = 3\n"}, ""},
		"a path that is read before":     {"Include /etc/ssh/first.conf /etc/ssh/sshd_config.d/*.conf\n", map[string]string{"/etc/ssh/first.conf": "MaxAuthTries 6\n"}, "/etc/ssh/first.conf:1 sets it first"},
		"a later file":                   {include + "MaxAuthTries 9\n", map[string]string{dropinDir + "60-theirs.conf": "MaxAuthTries 8\n"}, ""},
		"a group for a Match only":       {include + "Match User git\nAllowGroups git\n", nil, ""},
		"nobody who is not of the group": {include + "DenyGroups games\n", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sys, _ := sshdTree(t, c.main, c.others)
			for way, err := range map[string]error{"in the plan": ownDropin.obstacle(t.Context(), sys), "beforehand": ownDropin.Precheck(t.Context(), sys)} {
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v; want %q", way, err, c.want)
				}
			}
		})
	}
}
