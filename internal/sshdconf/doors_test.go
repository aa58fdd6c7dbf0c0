package sshdconf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/distro"

	"github.com/google/go-cmp/cmp"
)

var policy = map[string]string{
	"permitrootlogin": "no", "passwordauthentication": "no", "authenticationmethods": "publickey", "authorizedkeysfile": ".ssh/authorized_keys",
	"trustedusercakeys": "none", "authorizedkeyscommand": "none", "allowgroups": "ssh-users", "allowtcpforwarding": "local", "maxauthtries": "4",
	"pubkeyauthentication": "yes", "kbdinteractiveauthentication": "no",
}

// TestDoors: a Match that opens is one, whatever its criteria; one that repeats
// the policy or is stricter is none, nor is what holds always.
func TestDoors(t *testing.T) {
	for line, door := range map[string]bool{
		"PermitRootLogin prohibit-password": true, "PermitRootLogin forced-commands-only": true, "PermitRootLogin no": false,
		"PasswordAuthentication yes": true, "PasswordAuthentication NO": false, "ChallengeResponseAuthentication yes": true,
		"AuthenticationMethods any": true, "AuthenticationMethods publickey,password": false, "AuthenticationMethods publickey password": true,
		"AuthorizedKeysFile /etc/keys/%u": true, "AuthorizedKeysFile none": false, "AuthorizedKeysFile %h/.ssh/authorized_keys": false,
		"AuthorizedKeysFile .ssh/authorized_keys .ssh/more": true,
		"TrustedUserCAKeys /etc/ssh/ca.pub":                 true, "TrustedUserCAKeys none": false, "AuthorizedKeysCommand /bin/keys": true,
		"AllowGroups admins": true, "AllowGroups ssh-users": false, "AllowGroups ssh-users admins": true, "AllowUsers bob": false,
		"AllowTcpForwarding yes": true, "AllowTcpForwarding local": false, "AllowTcpForwarding no": false, "MaxAuthTries 20": true,
		"PubkeyAuthentication no": false, "ForceCommand /bin/backup": false, "X11Forwarding yes": false,
	} {
		for _, match := range []string{"User bob", "all", "LocalPort 2222", "Address 10.0.0.0/8, Group x"} {
			root := t.TempDir()
			main := filepath.Join(root, "etc/ssh/sshd_config")
			content := "PermitRootLogin yes\nAuthorizedKeysCommand /bin/shadowed\nMatch " + strings.ReplaceAll(match, ",", "") + "\n" + line + "\n"
			if err := errors.Join(os.MkdirAll(filepath.Dir(main), 0o700), os.WriteFile(main, []byte(content), 0o600)); err != nil {
				t.Fatal(err)
			}
			settings, err := Files{Root: root}.Read(Main)
			if err != nil {
				t.Fatal(err)
			}
			doors := Doors(settings, policy)
			if (len(doors) == 1) != door || len(doors) > 1 {
				t.Errorf("Match %s, %s: %+v", match, line, doors)
			}
			if door && !strings.HasPrefix(doors[0].Text(), "/etc/ssh/sshd_config:4: ") {
				t.Errorf("the place is missing: %s", doors[0].Text())
			}
		}
	}
}

// commandLine is where the first supported distribution has it.
var commandLine = distro.Of("", "").SSH.CommandLine

func TestCommandLine(t *testing.T) {
	files := Files{Instead: map[string][]byte{commandLine: []byte("# a\nSSHD_OPTS=\nSSHD_OPTS=\"-4 -p2222 -oPermitRootLogin=yes -o 'MaxAuthTries 9' -f /x\"\n")}}
	settings, err := files.OnCommandLine()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range settings {
		got = append(got, s.Place()+" "+s.Keyword+" "+s.Value())
	}
	want := []string{commandLine + ":3 port 2222", commandLine + ":3 permitrootlogin yes", commandLine + ":3 maxauthtries 9", commandLine + ":3 -f /x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if doors := Doors(settings, policy); len(doors) != 3 {
		t.Errorf("%+v", doors)
	}
	files.Instead[commandLine] = nil
	if settings, err := files.OnCommandLine(); len(settings) > 0 || err != nil {
		t.Error(settings, err)
	}
}
