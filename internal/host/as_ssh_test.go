package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// These tests try client set-ups with the real ssh(1) and with a Connector. Both
// must offer the same keys in the same order. The same key must let both in.

// setUp is an owner's machine before one login to a host.
type setUp struct {
	*machine
	home
	agent []any // private keys and certificates that the agent holds
}

// file makes a private key in the home directory, and returns its path.
func (s *setUp) file(name string) string { s.key(name, ""); return s.path(name) }

func (s *setUp) path(name string) string { return filepath.Join(s.dir(), name) }

func (s *setUp) dir() string { return s.home.dir }

// others adds keys to the agent that open nothing.
func (s *setUp) others(number int) {
	for range number {
		s.hold(s.file(fmt.Sprintf("other%d", len(s.agent))))
	}
}

// hold adds a private key to the agent.
func (s *setUp) hold(path string) {
	raw, err := ssh.ParseRawPrivateKey(must1(os.ReadFile(path))(s.home.t))
	must(s.home.t, err)
	s.agent = append(s.agent, raw)
}

// accept makes the host accept the keys in some files, with options before them.
func (s *setUp) accept(options string, paths ...string) {
	var lines strings.Builder
	for _, path := range paths {
		out, err := exec.Command("ssh-keygen", "-y", "-f", path).Output()
		must(s.home.t, err)
		lines.WriteString(strings.TrimSpace(options+" "+string(out)) + "\n")
	}
	s.sh("cat >/etc/ssh/authorized_keys <<'END'\n" + lines.String() + "END")
}

// certify makes the certificate beside a key, and returns its path.
func (s *setUp) certify(path string) string {
	out, err := exec.Command("ssh-keygen", "-q", "-s", filepath.Join(s.machine.dir, "authority"), "-I", "test", "-n", "ops", writePublic(s.home.t, path)).CombinedOutput()
	if err != nil {
		s.home.t.Fatalf("%v: %s", err, out)
	}
	return path + "-cert.pub"
}

// writePublic writes the public half of a key beside it.
func writePublic(t testing.TB, path string) string {
	t.Helper()
	out, err := exec.Command("ssh-keygen", "-y", "-f", path).Output()
	must(t, err)
	must(t, os.WriteFile(path+".pub", []byte(strings.TrimSpace(string(out))+" "+filepath.Base(path)+"@here\n"), 0o644))
	return path + ".pub"
}

// config adds lines about the host to the client's configuration, after those with
// its address.
func (s *setUp) config(lines ...string) {
	text := fmt.Sprintf("Host box\n  HostName 127.0.0.1\n  Port %d\n  %s\n", s.machine.host.Port, strings.Join(lines, "\n  "))
	writeFile(s.home.t, s.path(".ssh/config"), text)
}

// securityKeys is OpenSSH's own library that stands in for a security key. It
// comes from OpenSSH's regression tests (Debian: openssh-tests).
func securityKeys(t testing.TB) string {
	t.Helper()
	path := firstNonEmpty(os.Getenv("CAIRN_SK_PROVIDER"), "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so")
	if _, err := os.Stat(path); err != nil {
		t.Skip("no library that stands in for a security key: install openssh-tests, or name one as CAIRN_SK_PROVIDER")
	}
	return path
}

// relay is a ProxyCommand.
const relay = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/%p; cat <&3 & cat >&3; kill $!'`

// setUps are what owners have. Each says whether ssh(1) gets in.
var setUps = []struct {
	name    string
	in      bool
	prepare func(s *setUp)
}{
	{"per host, others in the agent", true, func(s *setUp) {
		s.others(2)
		key := s.file("homelab")
		s.accept("", key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes")
	}},
	{"per host, many others in the agent", true, func(s *setUp) {
		s.others(7)
		key := s.file("homelab")
		s.accept("", key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes")
	}},
	{"too many in the agent before it", false, func(s *setUp) {
		s.others(7)
		key := s.file("homelab")
		s.accept("", key)
		s.config("IdentityFile " + key)
	}},
	{"many in the agent, the named one among them", true, func(s *setUp) {
		s.others(7)
		key := s.file("homelab")
		s.hold(key)
		s.accept("", key)
		s.config("IdentityFile " + key)
	}},
	{"several files", true, func(s *setUp) {
		a, b := s.file("a"), s.file("b")
		s.accept("", b)
		s.config("IdentityFile "+a, "IdentityFile "+s.path("lost"), "IdentityFile "+b)
	}},
	{"the agent alone", true, func(s *setUp) {
		s.others(3)
		s.accept("", s.path("other2"))
		s.config("IdentityFile none")
	}},
	{"the agent alone, its key named by the public file", true, func(s *setUp) {
		s.others(7)
		key := s.file("token")
		s.hold(key)
		s.accept("", key)
		public := writePublic(s.home.t, key)
		must(s.home.t, os.Remove(key))
		s.config("IdentityFile "+public, "IdentitiesOnly yes")
	}},
	{"an agent of its own", true, func(s *setUp) {
		key := s.file("vault")
		s.accept("", key)
		raw, err := ssh.ParseRawPrivateKey(must1(os.ReadFile(key))(s.home.t))
		must(s.home.t, err)
		s.config("IdentityAgent "+keyAgent(s.home.t, 1, raw), "IdentityFile none")
	}},
	{"a certificate beside the key", true, func(s *setUp) {
		key := s.file("certified")
		s.certify(key)
		s.accept("")
		s.config("IdentityFile " + key)
	}},
	{"a certificate beside the key that is accepted itself", true, func(s *setUp) {
		key := s.file("certified")
		s.certify(key)
		s.accept("", key)
		s.config("IdentityFile " + key)
	}},
	{"a certificate that is named", true, func(s *setUp) {
		key, other := s.file("certified"), s.file("other")
		s.accept("")
		s.config("IdentityFile "+other, "IdentityFile "+key, "CertificateFile "+s.certify(key), "IdentitiesOnly yes")
	}},
	{"a certificate without its key", false, func(s *setUp) {
		key := s.file("certified")
		s.accept("")
		s.config("IdentityFile "+s.file("other"), "CertificateFile "+s.certify(key), "IdentitiesOnly yes")
		must(s.home.t, os.Remove(key))
	}},
	{"a key that others may read", false, func(s *setUp) {
		key := s.file("open")
		s.accept("", key)
		must(s.home.t, os.Chmod(key, 0o644))
		s.config("IdentityFile "+key, "IdentitiesOnly yes")
	}},
	{"a locked key that is not the one", true, func(s *setUp) {
		s.key("locked", "open sesame")
		key := s.file("plain")
		s.accept("", key)
		s.config("IdentityFile "+s.path("locked"), "IdentityFile "+key, "IdentitiesOnly yes")
	}},
	{"by a condition", true, func(s *setUp) {
		s.others(1)
		key := s.file("conditional")
		s.accept("", key)
		s.config("IdentitiesOnly yes", `Match user ops exec "test -e `+key+`"`, "IdentityFile "+key)
	}},
	{"included", true, func(s *setUp) {
		key := s.file("included")
		s.accept("", key)
		writeFile(s.home.t, s.path("more"), "IdentityFile "+key+"\n")
		s.config("Include "+s.path("more"), "IdentitiesOnly yes")
	}},
	{"no keys at all", false, func(s *setUp) {
		key := s.file("unwanted")
		s.accept("", key)
		s.config("IdentityFile "+key, "PubkeyAuthentication no")
	}},
	{"keys of another kind only", false, func(s *setUp) {
		key := s.file("unwanted")
		s.accept("", key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes", "PubkeyAcceptedAlgorithms ssh-rsa,rsa-sha2-*")
	}},
	{"from an address", true, func(s *setUp) {
		key := s.file("bound")
		s.accept(`from="127.0.0.2"`, key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes", "BindAddress 127.0.0.2")
	}},
	{"a security key", true, func(s *setUp) {
		provider := securityKeys(s.home.t)
		key := s.path("token")
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519-sk", "-w", provider, "-N", "", "-f", key).CombinedOutput(); err != nil {
			s.home.t.Fatalf("%v: %s", err, out)
		}
		s.accept("", key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes", "SecurityKeyProvider "+provider)
	}},
	{"over a command", true, func(s *setUp) {
		key := s.file("relayed")
		s.accept("", key)
		s.config("IdentityFile "+key, "IdentitiesOnly yes", "ProxyCommand "+relay)
	}},
}

func TestLoginAsSSHDoes(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("no OpenSSH client here: install openssh-client")
	}
	m := boot(t, "echo 'TrustedUserCAKeys /etc/ssh/authority.pub' >>/etc/ssh/sshd_test; : >/etc/ssh/authority.pub")
	testkey.Write(t, filepath.Join(m.dir, "authority"), "")
	authority := writePublic(t, filepath.Join(m.dir, "authority"))
	m.sh("echo '" + strings.TrimSpace(string(must1(os.ReadFile(authority))(t))) + "' >/etc/ssh/authority.pub")
	for _, row := range setUps {
		t.Run(row.name, func(t *testing.T) {
			s := &setUp{machine: m.of(t), home: newHome(t)}
			row.prepare(s)
			socket := keyAgent(t, 0, s.agent...)
			want := s.bySSH(t, socket)
			if want.in != row.in {
				t.Fatalf("ssh(1) gets in: %t\n%s", want.in, want.log)
			}
			got := s.byCairn(t, socket)
			if got.in != want.in || got.accepted != want.accepted {
				t.Errorf("Cairn gets in: %t, with %s; ssh(1): %t, with %s: %v", got.in, got.accepted, want.in, want.accepted, got.err)
			}
			if !slices.Equal(got.offered, want.offered) {
				t.Errorf("Cairn offers %q, ssh(1) %q\n%s", got.offered, want.offered, want.log)
			}
		})
	}
}

// A certificate that opens the host today is useless once it has expired. So a
// guard wants the key as well.
func TestProofIsNotByCertificate(t *testing.T) {
	m := boot(t, "echo 'TrustedUserCAKeys /etc/ssh/authority.pub' >>/etc/ssh/sshd_test; : >/etc/ssh/authority.pub")
	testkey.Write(t, filepath.Join(m.dir, "authority"), "")
	m.sh("echo '" + strings.TrimSpace(string(must1(os.ReadFile(writePublic(t, filepath.Join(m.dir, "authority"))))(t))) + "' >/etc/ssh/authority.pub")
	s := &setUp{machine: m, home: newHome(t)}
	key := s.file("certified")
	s.config("IdentityFile "+key, "CertificateFile "+s.certify(key), "IdentitiesOnly yes")
	s.accept("")
	enter := func(proof bool) error {
		login, err := s.connector(m, "").enterAsOwner(t.Context(), m.host, proof)
		if err == nil {
			if login.used.certificate() == proof {
				t.Errorf("proof: %t, opened by %s", proof, login.used.from)
			}
			must(t, login.Close())
		}
		return err
	}
	must(t, enter(false))
	wantCode(t, enter(true), problem.HostLoginRefused)
	s.accept("", key)
	must(t, enter(true))
}

// loginResult is how a login ended.
type loginResult struct {
	in       bool
	offered  []string // kinds and fingerprints
	accepted string   // the fingerprint
	err      error
	log      string
}

var (
	willAttempt = regexp.MustCompile(`Will attempt key: .*?(-CERT)? (SHA256:\S+)`)
	accepts     = regexp.MustCompile(`Server accepts key: .*?(SHA256:\S+)`)
)

// bySSH logs in with the real client.
func (s *setUp) bySSH(t *testing.T, socket string) loginResult {
	t.Helper()
	cmd := exec.Command("ssh", "-v", "-F", s.path(".ssh/config"), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "ops@box", "true")
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	result := loginResult{in: err == nil, log: string(out)}
	for _, words := range willAttempt.FindAllStringSubmatch(result.log, -1) {
		if strings.Contains(result.log, "Offering public key") {
			result.offered = append(result.offered, words[1]+words[2])
		}
	}
	if found := accepts.FindAllStringSubmatch(result.log, -1); err == nil && found != nil {
		result.accepted = found[len(found)-1][1]
	}
	return result
}

// byCairn logs in as a guard does before it checks which key opened the host.
func (s *setUp) byCairn(t *testing.T, socket string) loginResult {
	t.Helper()
	c := s.connector(s.machine, socket)
	ring, err := c.ownerKeys(t.Context(), s.machine.host)
	must(t, err)
	result := loginResult{}
	for _, i := range ring.identities {
		kind := ""
		if i.certificate() {
			kind = "-CERT"
		}
		result.offered = append(result.offered, kind+ssh.FingerprintSHA256(i.plain()))
	}
	login, err := c.enterAsOwner(context.Background(), s.machine.host, false)
	if err == nil {
		result.in, result.accepted = true, ssh.FingerprintSHA256(login.used.plain())
		must(t, login.Close())
	} else if code := problem.CodeOf(err); code != problem.HostLoginRefused && code != problem.HostNoKey {
		t.Errorf("not a refusal: %v", err)
	}
	result.err = err
	return result
}

// connector is the owner's connector with this set-up.
func (s *setUp) connector(m *machine, socket string) *Connector {
	return m.connector(func(o *Options) { o.Lab.SSH.Key, o.Home, o.AgentSocket = "", s.dir(), socket })
}
