package host

import (
	"net/netip"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

func hostAt(name, address string) lab.Host {
	return lab.Host{Name: name, Address: netip.MustParseAddr(address), Port: 22, User: "ops"}
}

// byHand are the settings if no ssh(1) is installed.
func byHand(t *testing.T) { t.Helper(); t.Setenv("PATH", t.TempDir()) }

func TestSSHConfigThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(".ssh", "config")
	t.Run("by ssh", func(t *testing.T) {
		h := newHome(t)
		writeFile(t, filepath.Join(h.dir, path), "Host box\n  NoSuchKeyword yes\n")
		_, err := h.connector(nil).OwnerOffer(t.Context(), box)
		wantCode(t, err, problem.HostSSHConfig, filepath.Join(h.dir, path), "line 2", "nosuchkeyword")
	})
	for name, content := range map[string]string{
		"no pattern":     "Include [\n",
		"line 2":         "Host box\nMatch exec \"test -e /\"\n  User second\n",
		"only ssh(1)":    "Match host box user somebody\n  User third\n",
		"localnetwork":   "Match localnetwork 10.0.0.0/8\n  User third\n",
		"is there twice": "Match final\n  User third\n",
	} {
		t.Run("by hand, "+name, func(t *testing.T) {
			byHand(t)
			home := t.TempDir()
			writeFile(t, filepath.Join(home, path), content)
			_, err := New(Options{Lab: &lab.Lab{}, Dir: home, Home: home})
			wantCode(t, err, problem.HostSSHConfig, filepath.Join(home, path))
		})
	}
}

// ssh(1) evaluates a Match block, as it does for the owner.
func TestSSHConfigConditions(t *testing.T) {
	h := newHome(t)
	writeFile(t, h.dir+"/.ssh/config", `
Match host box
  User first
Match exec "test %n = other -a -e /"
  User second
Match host 10.0.0.3 user ops
  ConnectTimeout 7
Match originalhost 10.0.0.4
  User fourth
match all
  User last
`)
	c := h.connector(nil)
	for name, want := range map[string]struct{ address, user string }{
		"box": {"10.0.0.1", "first"}, "other": {"10.0.0.2", "second"}, "third": {"10.0.0.3", "last"}, "fourth": {"10.0.0.4", "fourth"},
	} {
		s, err := c.config.forHost(t.Context(), hostAt(name, want.address), "")
		must(t, err)
		if user := s.get("user"); user != want.user {
			t.Errorf("%s has the user %q, want %q", name, user, want.user)
		}
	}
	s, err := c.config.forHost(t.Context(), hostAt("third", "10.0.0.3"), "ops")
	must(t, err)
	if took := s.dialTime(usualLimits.Dial); took != 7*time.Second {
		t.Errorf("a connection may take %s", took)
	}
}

// The user comes from the configuration only if that names one. By default, ssh(1)
// prints the name of whoever runs it.
func TestUserThatIsNotNamed(t *testing.T) {
	h := newHome(t)
	for content, want := range map[string]string{"": "", "Host box\n  User root\n": "root", "Host 10.0.0.1\n  User me\n": "me", "Host other\n  User me\n": ""} {
		writeFile(t, h.dir+"/.ssh/config", content)
		s, err := h.connector(nil).config.forHost(t.Context(), box, "")
		must(t, err)
		if user := s.get("user"); user != want {
			t.Errorf("%q names the user %q, want %q", content, user, want)
		}
	}
}

// The tokens and variables of a path mean the same as in ssh(1).
func TestPathsOfKeys(t *testing.T) {
	h := newHome(t)
	t.Setenv("CAIRN_TEST_KEYS", h.dir+"/keys")
	here, err := user.Current()
	must(t, err)
	for named, name := range map[string]string{
		"~/.ssh/%h-%r":              ".ssh/box.example.org-ops",
		"\"%d/with space/%n\"":      "with space/box",
		"${CAIRN_TEST_KEYS}/%p":     "keys/22",
		"~" + here.Username + "/no": "",
		h.dir + "/%u%%":             here.Username + "%",
	} {
		writeFile(t, h.dir+"/.ssh/config", "Host box\n  HostName %h.example.org\n  IdentityFile "+named+"\n  IdentitiesOnly yes\n")
		if name == "" {
			_, err := h.connector(nil).OwnerOffer(t.Context(), box)
			wantCode(t, err, problem.HostNoKey, here.HomeDir+"/no")
			continue
		}
		key := h.key(name, "")
		wantKeys(t, offered(t, h.connector(nil), box), key)
	}
	for named, word := range map[string]string{"~/%Q": "%Q", "${CAIRN_TEST_UNSET}/key": "CAIRN_TEST_UNSET"} {
		writeFile(t, h.dir+"/.ssh/config", "IdentityFile "+named+"\n")
		_, err := h.connector(nil).OwnerOffer(t.Context(), box)
		wantCode(t, err, problem.HostSSHConfig, word)
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
	// A host of the lab is where the lab says, whatever ~/.ssh/config says.
	same := cmp.Options{cmp.AllowUnexported(target{}), cmpopts.IgnoreFields(target{}, "ssh")}
	for name, want := range map[string]target{
		"box":     {name: "box", endpoint: "10.0.0.1:22", jump: "gate"},
		"bastion": {name: "bastion", endpoint: "10.0.0.2:22"},
	} {
		known, _ := c.options.Lab.Host(name)
		got, err := c.target(t.Context(), known, known.User)
		must(t, err)
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for text, want := range map[string]struct {
		target target
		user   string
	}{
		"gate":                      {target{name: "gate", endpoint: "gate.example.org:2200", jump: "everywhere"}, "jumper"},
		"you@gate:22":               {target{name: "gate", endpoint: "gate.example.org:22", jump: "everywhere"}, "you"},
		"bastion":                   {target{name: "bastion", endpoint: "10.0.0.2:22"}, "ops"},
		"root@bastion":              {target{name: "bastion", endpoint: "10.0.0.2:22"}, "root"},
		"ssh://192.0.2.9:2022":      {target{name: "192.0.2.9", endpoint: "192.0.2.9:2022", jump: "everywhere"}, "me"},
		"fd00::1":                   {target{name: "fd00::1", endpoint: "[fd00::1]:22", jump: "everywhere"}, "me"},
		"[fd00::1]:23":              {target{name: "fd00::1", endpoint: "[fd00::1]:23", jump: "everywhere"}, "me"},
		"a@b@jump.example.org:2022": {target{name: "jump.example.org", endpoint: "jump.example.org:2022", jump: "everywhere"}, "a@b"},
	} {
		got, user, err := c.jumpTarget(t.Context(), text)
		if diff := cmp.Diff(want.target, got, same); err != nil || diff != "" || user != want.user {
			t.Errorf("%s: %v as %q: %s", text, err, user, diff)
		}
	}
	_, _, err := c.jumpTarget(t.Context(), "a:b:c")
	wantCode(t, err, problem.HostSSHConfig, "a:b:c")
}
