package host

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// sshConfig finds out what the owner's ssh(1) would do. Where OpenSSH's client is
// installed, it is asked itself (`ssh -G`); otherwise ~/.ssh/config is read here. It
// is safe for concurrent use.
//
// A lab's hosts have their address and port from the lab, because the firewall is
// made from those; HostName and Port are taken for hosts to go through.
type sshConfig struct {
	program string // ssh(1); empty: there is none
	home    string // empty: nothing is read
	user    string // the owner's name on this machine
	file    configFile
	asked   memo[question, settings]
}

// question is what ssh(1) can be asked: how it would log in.
type question struct {
	name string // as the owner types it
	user string // empty: the one that the configuration names
	port string // given beside the name, for %p; empty: the one that the configuration names
}

// settings are the answer: the keywords of ssh_config(5) that bear on reaching a
// host and logging in, in lower case, with their values.
type settings struct {
	question
	home   string
	local  string // the owner's name on this machine
	values map[string][]string
	// unnamed: the configuration speaks neither of the host's name nor of its address.
	unnamed bool
}

// keywords are those that Cairn goes by. What else a configuration says is either
// about a session (forwarding, terminals) or what Cairn has rules of its own for:
// host keys are pinned, and ciphers agreed upon with the server.
var keywords = []string{
	"user", "hostname", "port", "addressfamily", "bindaddress", "bindinterface", "connecttimeout", "proxyjump", "proxycommand",
	"proxyusefdpass", "hostkeyalias", "identityfile", "identitiesonly", "identityagent", "certificatefile", "pubkeyauthentication",
	"preferredauthentications", "pubkeyacceptedalgorithms", "pkcs11provider", "securitykeyprovider", "gssapiauthentication", "hostbasedauthentication",
}

// newSSHConfig reads ~/.ssh/config where there is no ssh(1) to do it.
func newSSHConfig(home, user string) (*sshConfig, error) {
	c := &sshConfig{home: home, user: user}
	if home == "" {
		return c, nil
	}
	var err error
	if c.program, err = exec.LookPath("ssh"); err != nil {
		c.file, err = readConfigFile(home)
	}
	return c, err
}

// namesNoHost is a name that no configuration speaks of, so that ssh(1) says of it
// what holds for every host.
const namesNoHost = "cairn-names-no-host"

// forHost is how ssh(1) would log in to a host of the lab: under its name, or under
// its address where the configuration speaks only of that.
func (c *sshConfig) forHost(ctx context.Context, h lab.Host, user string) (settings, error) {
	port := fmt.Sprint(h.Port)
	every, err := c.forName(ctx, question{namesNoHost, user, port})
	if err != nil {
		return settings{}, err
	}
	named, err := c.forName(ctx, question{h.Name, user, port})
	if err != nil || !named.same(every) {
		return named, err
	}
	addressed, err := c.forName(ctx, question{h.At().String(), user, port})
	if err != nil || !addressed.same(every) {
		return addressed, err
	}
	named.unnamed = true
	return named, nil
}

// forName is how ssh(1) would log in to what a person types.
func (c *sshConfig) forName(ctx context.Context, q question) (settings, error) {
	return c.asked.get(q, func() (settings, error) {
		s := settings{question: q, home: c.home, local: c.user}
		var err error
		switch {
		case c.home == "":
		case c.program == "":
			s.values, err = c.file.values(q)
		default:
			s.values, err = c.askProgram(ctx, q)
		}
		return s, err
	})
}

// same reports whether the configuration says the same of two names.
func (s settings) same(other settings) bool {
	for _, keyword := range keywords {
		a, b := s.values[keyword], other.values[keyword]
		if keyword == "hostname" && s.get(keyword) == s.name && other.get(keyword) == other.name {
			continue
		}
		if !slices.Equal(a, b) {
			return false
		}
	}
	return true
}

// get is a keyword's value; empty where it has none, or is switched off.
func (s settings) get(keyword string) string {
	values := s.values[keyword]
	if len(values) == 0 || strings.EqualFold(values[0], "none") {
		return ""
	}
	return values[0]
}

// is reports whether a keyword is switched on.
func (s settings) is(keyword string) bool {
	value := strings.ToLower(s.get(keyword))
	return value == "yes" || value == "true"
}

// loginUser is who logs in.
func (s settings) loginUser() string { return firstNonEmpty(s.user, s.get("user"), s.local) }

// hostname is what the name stands for.
func (s settings) hostname() string { return firstNonEmpty(s.get("hostname"), s.name) }

// network is the kind of TCP connection to make to a name.
func (s settings) network() string {
	switch s.get("addressfamily") {
	case "inet":
		return "tcp4"
	case "inet6":
		return "tcp6"
	}
	return "tcp"
}

// dialTime is how long a connection may take to be made, where nothing is set as
// long as usual.
func (s settings) dialTime(usual time.Duration) time.Duration {
	if given, err := time.ParseDuration(s.get("connecttimeout") + "s"); err == nil && given > 0 {
		return given
	}
	return usual
}

// offersKeys reports whether ssh(1) would try keys at all.
func (s settings) offersKeys() bool {
	value := strings.ToLower(s.get("pubkeyauthentication"))
	methods := s.get("preferredauthentications")
	return value != "no" && value != "false" && (methods == "" || slices.Contains(strings.Split(methods, ","), "publickey"))
}

// beyond names what ssh(1) would also try to log in with and Cairn cannot.
func (s settings) beyond() string {
	var names []string
	for keyword, name := range map[string]string{"gssapiauthentication": "GSSAPIAuthentication", "hostbasedauthentication": "HostbasedAuthentication"} {
		if s.is(keyword) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " and ")
}

// badConfig is a configuration that cannot be used.
func badConfig(where, summary string, err error) error {
	return problem.Wrap(problem.HostSSHConfig, where, summary, err)
}
