package guard

import (
	"strings"
	"testing"
	"time"
)

func TestRefuses(t *testing.T) {
	ops := user{name: "ops", uid: 1000, groups: []string{"ops", "ssh-users"}}
	root := user{name: "root", groups: []string{"root"}}
	cases := []struct {
		config, peer string
		who          user
		want         string // in the reasons; empty for none
	}{
		{"pubkeyauthentication yes\nauthenticationmethods any\nusepam yes", "10.0.0.1", ops, ""},
		{"pubkeyauthentication no", "", ops, "PubkeyAuthentication"},
		{"authenticationmethods publickey", "", ops, ""},
		{"authenticationmethods publickey,keyboard-interactive publickey", "", ops, ""},
		{"authenticationmethods publickey,keyboard-interactive", "", ops, "more than a key"},
		{"allowusers somebody\nallowusers ops", "", ops, ""},
		{"allowusers op", "", ops, "AllowUsers"},
		{"allowusers o*", "", ops, ""},
		{"allowusers [o]ps", "", ops, "AllowUsers"},
		{"allowusers ops@10.0.0.0/24", "10.0.0.7", ops, ""},
		{"allowusers ops@10.0.0.0/24", "10.0.1.7", ops, "AllowUsers"},
		{"allowusers ops@10.0.0.0/24", "", ops, ""},
		{"allowusers ops@10.0.?.7", "10.0.1.7", ops, ""},
		{"allowusers ops@fd83::/64", "fd83::5", ops, ""},
		{"denyusers ops@10.0.0.0/24", "10.0.0.7", ops, "DenyUsers"},
		{"denyusers ops@10.0.0.0/24", "10.0.1.7", ops, ""},
		{"allowgroups adm\nallowgroups ssh-*", "", ops, ""},
		{"allowgroups adm", "", ops, "AllowGroups"},
		{"denygroups ssh-user?", "", ops, "DenyGroups"},
		{"forcecommand none", "", ops, ""},
		{"forcecommand internal-sftp", "", ops, "ForceCommand"},
		{"permitrootlogin no", "", ops, ""},
		{"permitrootlogin no", "", root, "PermitRootLogin"},
		{"permitrootlogin prohibit-password", "", root, ""},
		{"permitrootlogin without-password", "", root, ""},
		{"permitrootlogin forced-commands-only", "", root, "PermitRootLogin"},
	}
	for _, c := range cases {
		got := strings.Join(parseSettings(c.config).refuses(c.who, c.peer), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q, %s from %q: reasons are %q, want %q", c.config, c.who.name, c.peer, got, c.want)
		}
	}
}

func TestLostPorts(t *testing.T) {
	two := "listenaddress 0.0.0.0:22\nlistenaddress [::]:22\nlistenaddress 0.0.0.0:2222\n"
	one := "listenaddress 0.0.0.0:2222\nlistenaddress [::]:2222\n"
	for _, c := range []struct{ now, then, want string }{{two, two, ""}, {two, one, "22"}, {one, two, ""}} {
		if got := strings.Join(lostPorts(parseSettings(c.now), parseSettings(c.then)), " "); got != c.want {
			t.Errorf("from %q to %q the ports %q are lost, want %q", c.now, c.then, got, c.want)
		}
	}
}

func TestUnusable(t *testing.T) {
	day := 20000
	now := time.Unix(int64(day)*24*60*60+100, 0)
	cases := []struct {
		shadow string
		pam    bool
		want   string
	}{
		{"ops:!:19000:0:99999:7:::", true, ""},
		{"ops:!:19000:0:99999:7:::", false, "locked"},
		{"ops:*:19000:0:99999:7:::", false, ""},
		{"ops:*:19000:0:99999:7::20000:", true, "account has expired"},
		{"ops:*:19000:0:99999:7::20001:", true, ""},
		{"ops:*:0:0:99999:7:::", true, "has to be changed"},
		{"ops:*:19000:0:999:7:::", true, "password has expired"},
		{"ops:*:19000:0:1000:7:::", true, ""},
		{"ops:*:::::::", true, ""},
		{"", false, ""},
	}
	for _, c := range cases {
		u, err := parseUser("ops:x:1000:1000::/home/ops:", "ops", c.shadow)
		must(t, err)
		if u.shell != "/bin/sh" {
			t.Errorf("an empty shell is %q", u.shell)
		}
		got := strings.Join(u.unusable(now, c.pam), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q, PAM %v: reasons are %q, want %q", c.shadow, c.pam, got, c.want)
		}
	}
}

func TestKeyPath(t *testing.T) {
	ops := user{name: "ops", uid: 1000, home: "/home/ops"}
	for pattern, want := range map[string]string{
		".ssh/authorized_keys": "/home/ops/.ssh/authorized_keys", "/etc/keys/%u": "/etc/keys/ops", "%h/k%%": "/home/ops/k%", "/k/%U": "/k/1000",
	} {
		if got := keyPath(pattern, ops); got != want {
			t.Errorf("%s is %s, want %s", pattern, got, want)
		}
	}
}
