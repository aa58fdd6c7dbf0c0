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

// sshConfig finds out what the owner's ssh(1) would do. If OpenSSH's client is
// installed, it asks `ssh -G`. Otherwise it reads ~/.ssh/config itself. It is safe
// for concurrent use.
//
// Address and port of a lab's host come from the lab, because the firewall is made
// from them. HostName and Port count only for jump hosts.
type sshConfig struct {
	program string // the path of ssh(1); empty if there is none
	home    string // if empty, nothing is read
	user    string // the owner's name on this machine
	file    configFile
	asked   memo[question, settings]
}

// question is a login that ssh(1) is asked about.
type question struct {
	name string // as the owner types it
	user string // if empty, the one from the configuration
	port string // the port on the command line, for %p; if empty, the one from the configuration
}

// settings are the answer. They hold the keywords of ssh_config(5) that matter for
// reaching a host and logging in, in lower case, with their values.
type settings struct {
	question
	home   string
	local  string // the owner's name on this machine
	values map[string][]string
	// unnamed: the configuration mentions neither the host's name nor its address.
	unnamed bool
}

// keywords are those that Cairn follows. All others are about a session
// (forwarding, terminals), or about matters for which Cairn has rules of its own:
// host keys are pinned, and ciphers are negotiated with the server.
var keywords = []string{
	"user", "hostname", "port", "addressfamily", "bindaddress", "bindinterface", "connecttimeout", "proxyjump", "proxycommand",
	"proxyusefdpass", "hostkeyalias", "identityfile", "identitiesonly", "identityagent", "certificatefile", "pubkeyauthentication",
	"preferredauthentications", "pubkeyacceptedalgorithms", "pkcs11provider", "securitykeyprovider", "gssapiauthentication", "hostbasedauthentication",
}

// newSSHConfig finds ssh(1), or reads ~/.ssh/config itself if there is none.
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

// namesNoHost is a name that no configuration mentions. What ssh(1) says about it
// holds for every host.
const namesNoHost = "cairn-names-no-host"

// forHost returns how ssh(1) would log in to a host of the lab. It asks by name,
// and by address if the configuration mentions only that.
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

// forName returns how ssh(1) would log in to a name that a person types.
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

// same reports whether the configuration says the same about two names.
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

// get returns a keyword's first value. It is empty if the keyword is not set, or
// set to none.
func (s settings) get(keyword string) string {
	values := s.values[keyword]
	if len(values) == 0 || strings.EqualFold(values[0], "none") {
		return ""
	}
	return values[0]
}

// is reports whether a keyword is set to yes.
func (s settings) is(keyword string) bool {
	value := strings.ToLower(s.get(keyword))
	return value == "yes" || value == "true"
}

// loginUser returns the user who logs in.
func (s settings) loginUser() string { return firstNonEmpty(s.user, s.get("user"), s.local) }

// hostname returns the name or address that the configuration gives for the name.
func (s settings) hostname() string { return firstNonEmpty(s.get("hostname"), s.name) }

// network returns the kind of TCP connection to make.
func (s settings) network() string {
	switch s.get("addressfamily") {
	case "inet":
		return "tcp4"
	case "inet6":
		return "tcp6"
	}
	return "tcp"
}

// dialTime returns how long a connection may take: ConnectTimeout if it is set,
// else the usual time.
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

// beyond names the login methods that ssh(1) would also try and Cairn does not
// support.
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

// badConfig returns the problem of a configuration that cannot be used.
func badConfig(where, summary string, err error) error {
	return problem.Wrap(problem.HostSSHConfig, where, summary, err)
}
