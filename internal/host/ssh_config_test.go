package host

import (
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

func hostAt(name, address string) lab.Host {
	return lab.Host{Name: name, Address: netip.MustParseAddr(address), Port: 22, User: "ops"}
}

func TestSSHConfigThatCannotBeUsed(t *testing.T) {
	home := t.TempDir()
	writeFile(t, home+"/.ssh/config", "Include [\n")
	_, err := New(Options{Lab: &lab.Lab{}, Dir: home, Home: home})
	wantCode(t, err, problem.HostSSHConfig, filepath.Join(home, ".ssh", "config"))
}

func TestSSHConfigConditions(t *testing.T) {
	h := newHome(t)
	writeFile(t, h.dir+"/.ssh/config", `
Match host box
  User first
Match exec "test -e /"
  User second
Match host other user somebody
  User third
match all
  User last
`)
	c := h.connector(nil)
	for alias, want := range map[string]string{"box": "first", "other": "last", "user": "last"} {
		if user := c.config.get("User", alias); user != want {
			t.Errorf("%s has the user %q, want %q", alias, user, want)
		}
	}
}

func TestTargets(t *testing.T) {
	h := newHome(t)
	writeFile(t, h.dir+"/.ssh/config", `
Host box
  ProxyJump gate
  HostName 192.0.2.7
  Port 2222
Host 10.0.0.2
  ProxyJump none
Host gate
  HostName %h.example.org
  Port 2200
  User jumper
Host *
  ProxyJump everywhere
`)
	c := h.connector(func(o *Options) {
		o.User = "me"
		o.Lab.Hosts = []lab.Host{hostAt("box", "10.0.0.1"), hostAt("bastion", "10.0.0.2")}
	})
	// A host of the lab is where the lab says, whatever ~/.ssh/config does.
	same := cmp.AllowUnexported(target{})
	for name, want := range map[string]target{
		"box":     {"box", "10.0.0.1:22", "gate"},
		"bastion": {"bastion", "10.0.0.2:22", "everywhere"},
	} {
		known, _ := c.options.Lab.Host(name)
		if diff := cmp.Diff(want, c.target(known), same); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for text, want := range map[string]struct {
		target target
		user   string
	}{
		"gate":                      {target{"gate", "gate.example.org:2200", "everywhere"}, "jumper"},
		"you@gate:22":               {target{"gate", "gate.example.org:22", "everywhere"}, "you"},
		"bastion":                   {target{"bastion", "10.0.0.2:22", "everywhere"}, "ops"},
		"root@bastion":              {target{"bastion", "10.0.0.2:22", "everywhere"}, "root"},
		"ssh://192.0.2.9:2022":      {target{"192.0.2.9", "192.0.2.9:2022", "everywhere"}, "me"},
		"fd00::1":                   {target{"fd00::1", "[fd00::1]:22", "everywhere"}, "me"},
		"[fd00::1]:23":              {target{"fd00::1", "[fd00::1]:23", "everywhere"}, "me"},
		"a@b@jump.example.org:2022": {target{"jump.example.org", "jump.example.org:2022", "everywhere"}, "a@b"},
	} {
		got, user, err := c.jumpTarget(text)
		if diff := cmp.Diff(want.target, got, same); err != nil || diff != "" || user != want.user {
			t.Errorf("%s: %v as %q: %s", text, err, user, diff)
		}
	}
	_, _, err := c.jumpTarget("a:b:c")
	wantCode(t, err, problem.HostSSHConfig, "a:b:c")
}
