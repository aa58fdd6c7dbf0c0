package sshdconf

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/distro"
)

var policy = map[string]string{
	"permitrootlogin": "no", "passwordauthentication": "no", "authenticationmethods": "publickey", "authorizedkeysfile": ".ssh/authorized_keys",
	"trustedusercakeys": "none", "authorizedkeyscommand": "none", "allowgroups": "ssh-users", "allowtcpforwarding": "local", "maxauthtries": "4",
	"pubkeyauthentication": "yes", "kbdinteractiveauthentication": "no",
}

// A Match that opens something is a door, whatever its criteria. One that
// repeats the policy or is stricter is none. Neither is a setting that always
// holds.
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

// told returns settings as text, each with its place.
func told(settings []Setting) []string {
	var texts []string
	for _, s := range settings {
		texts = append(texts, s.Place()+" "+s.Keyword+" "+s.Value())
	}
	return texts
}

// TestCommandLine reads what systemd starts according to a unit, its drop-ins and
// the files with its variables. It also reads what runs meanwhile.
func TestCommandLine(t *testing.T) {
	defaultFile := distro.Of("", "").SSH.CommandLine
	const unit, override, more = "/usr/lib/systemd/system/ssh.service", "/etc/systemd/system/ssh.service.d/override.conf", "/etc/systemd/system/ssh.service.d/z.conf"
	const debians = "[Unit]\nExecStart=/usr/sbin/sshd -p1\n[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStartPre=/usr/sbin/sshd -t -p1\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"
	for name, c := range map[string]struct {
		files   map[string]string
		process string
		want    []string
		doors   int
	}{
		"Debian's": {
			files: map[string]string{defaultFile: "# a\nSSHD_OPTS=\nSSHD_OPTS=\"-4 -p2222 -oPermitRootLogin=yes -o 'MaxAuthTries 9' -f /x\"\n"},
			want:  []string{defaultFile + ":3 port 2222", defaultFile + ":3 permitrootlogin yes", defaultFile + ":3 maxauthtries 9", defaultFile + ":3 -f /x"}, doors: 3,
		},
		"Debian's, read from its file": {
			files: map[string]string{unit: debians, defaultFile: "SSHD_OPTS=-oPermitRootLogin=yes\n"}, want: []string{defaultFile + ":1 permitrootlogin yes"}, doors: 1,
		},
		"no such file": {},
		"another ExecStart": {
			files: map[string]string{unit: debians, defaultFile: "SSHD_OPTS=-p3\n", override: "[Service]\nExecStart=\n# why\nExecStart=/usr/sbin/sshd -D \\\n  -o PermitRootLogin=yes -o \"PasswordAuthentication yes\"\n"},
			want:  []string{override + ":4 permitrootlogin yes", override + ":4 passwordauthentication yes"}, doors: 2,
		},
		"another file": {
			files: map[string]string{unit: debians, override: "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -Df /etc/ssh/other $SSHD_OPTS\n"}, want: []string{override + ":3 -f /etc/ssh/other"}, doors: 1,
		},
		"the same file, named": {
			files: map[string]string{unit: debians, override: "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/sshd_config\n"}, want: []string{override + ":3 -f /etc/ssh/sshd_config"},
		},
		"variables of its own": {
			files: map[string]string{unit: debians, override: "[Service]\nEnvironment=\"SSHD_OPTS=-p 3\" ROOT=yes\n", more: "[Service]\nEnvironmentFile=\nExecStart=\nExecStart=-/usr/sbin/sshd -D -oPermitRootLogin=${ROOT} $SSHD_OPTS\n"},
			want:  []string{more + ":4 permitrootlogin yes", override + ":2 port 3"}, doors: 1,
		},
		"a program before it": {
			files: map[string]string{unit: debians, override: "[Service]\nExecStart=\nExecStart=/usr/bin/nice -n 5 /usr/sbin/sshd -D -oPermitRootLogin=yes\n"}, want: []string{override + ":3 permitrootlogin yes"}, doors: 1,
		},
		"a script": {
			files:   map[string]string{unit: debians, override: "[Service]\nExecStart=\nExecStart=/usr/local/bin/start-ssh -o no\n"},
			process: "sshd: /usr/sbin/sshd -D -o PasswordAuthentication yes -oPermitRootLogin yes -p 7 -f /x [listener] 0 of 10-100 startups",
			want:    []string{Running + " passwordauthentication yes", Running + " permitrootlogin yes", Running + " port 7", Running + " -f /x"}, doors: 3,
		},
		"started before the unit was changed": {
			files:   map[string]string{unit: debians, defaultFile: "SSHD_OPTS=-oMaxAuthTries=9\n"},
			process: "/usr/sbin/sshd\x00-D\x00-o\x00PermitRootLogin yes\x00-oMaxAuthTries=9\x00", want: []string{defaultFile + ":1 maxauthtries 9", Running + " permitrootlogin yes"}, doors: 2,
		},
	} {
		files := Files{Instead: map[string][]byte{defaultFile: nil}}
		server := Server{Process: c.process}
		for _, file := range []string{unit, override, more, defaultFile} {
			if content, there := c.files[file]; there {
				files.Instead[file] = []byte(content)
				if file != defaultFile {
					server.Unit = append(server.Unit, file)
				}
			}
		}
		line, err := files.CommandLine(server)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, told(line.Settings())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if doors := Doors(line.Settings(), policy); len(doors) != c.doors {
			t.Errorf("%s: %+v", name, doors)
		}
	}
}

// Text that was read from a command line must mean the same when sshd gets it
// back.
func TestSSHDTakesItsCommandLineAgain(t *testing.T) {
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil && testing.Short() {
		t.Skip("no sshd on this machine")
	}
	_ = os.Mkdir("/run/sshd", 0o755)
	words := []string{"-o", "AllowUsers a b@10.0.0.0/8", "-oBanner=\"/etc/a b\"", "-p", "2200", "-o", "permitrootlogin=yes", "-g", "7"}
	var arguments []argument
	for _, word := range words {
		arguments = append(arguments, argument{text: word})
	}
	tells := func(options []string) string {
		out, err := exec.Command("/usr/sbin/sshd", append([]string{"-T", "-C", Nobody.Spec()}, options...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("sshd %q: %v %s", options, err, out)
		}
		return string(out)
	}
	if diff := cmp.Diff(tells(words), tells(Options(options(arguments)))); diff != "" {
		t.Error(diff)
	}
}
