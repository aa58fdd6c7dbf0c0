package host

import (
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
)

// ask tries a login to a host with a configuration. It must fail.
func ask(t *testing.T, config string) error {
	t.Helper()
	h := newHome(t)
	h.key(".ssh/id_ed25519", "")
	writeFile(t, h.dir+"/.ssh/config", config)
	_, err := h.connector(nil).Connect(t.Context(), box, Login{})
	return err
}

// If a command gives no connection, the error names it with its complaint. It
// leaves out the arguments, which may hold a secret.
func TestProxyCommandThatFails(t *testing.T) {
	for name, command := range map[string]string{
		"complains":  `sh -c 'echo no way there >&2' hunter2`,
		"not there":  `/no/such/program hunter2 # no way there`,
		"says other": `sh -c 'echo no way there >&2; echo HTTP/1.1 400' hunter2`,
	} {
		t.Run(name, func(t *testing.T) {
			err := ask(t, "Host box\n  ProxyCommand "+command+"\n")
			wantCode(t, err, problem.HostUnreachable, "ProxyCommand", strings.Fields(command)[0])
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the arguments are in %q", err)
			}
			if name != "not there" && !strings.Contains(err.Error(), "no way there") {
				t.Errorf("%q does not say why", err)
			}
		})
	}
}

// A command that does not end by itself ends with the connection.
func TestProxyCommandThatStays(t *testing.T) {
	h := newHome(t)
	writeFile(t, h.dir+"/.ssh/config", "Host box\n  ProxyCommand sleep 60\n")
	c := h.connector(nil)
	where, err := c.target(t.Context(), box, "ops")
	must(t, err)
	conn, err := c.dial(t.Context(), where, 0)
	must(t, err)
	begun := time.Now()
	must(t, conn.Close())
	if took := time.Since(begun); took > endTime {
		t.Errorf("it took %s", took)
	}
}

// If Cairn cannot do what ssh(1) does, it refuses that by name.
func TestKeywordsThatAreRefused(t *testing.T) {
	for config, words := range map[string][]string{
		"ProxyCommand nc %h %p\n  ProxyUseFdpass yes": {"ProxyUseFdpass"},
		"ProxyCommand nc %Q":                          {"ProxyCommand", "%Q"},
		"BindInterface no-such-interface":             {"BindInterface", "no-such-interface"},
		"IdentityAgent ${CAIRN_NO_SUCH}":              {"CAIRN_NO_SUCH"},
	} {
		wantCode(t, ask(t, "Host box\n  "+config+"\n"), problem.HostSSHConfig, words...)
	}
}

// If nothing is left to try, the error names what else ssh(1) would use.
func TestKeywordsThatAreNamed(t *testing.T) {
	h := newHome(t)
	writeFile(t, h.dir+"/.ssh/config", "Host box\n  PKCS11Provider /usr/lib/card.so\n  IdentityFile ~/gone\n")
	_, err := h.connector(nil).OwnerOffer(t.Context(), box)
	wantCode(t, err, problem.HostNoKey, "PKCS11Provider /usr/lib/card.so", "ssh-add -s", "gone")
	s := settings{values: map[string][]string{"gssapiauthentication": {"yes"}, "hostbasedauthentication": {"true"}}}
	err = refused(target{name: "box", ssh: s}, attempt{user: "ops"}, nil)
	if p := problem.Of(err); p == nil || !strings.Contains(p.Fix, "GSSAPIAuthentication and HostbasedAuthentication") {
		t.Errorf("the fix of %v", err)
	}
}
