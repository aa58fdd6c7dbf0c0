package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/agent/guard"
	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/sshdconf"
	"cairn/internal/system"
	"cairn/internal/task"
	"cairn/internal/testkey"
	"cairn/internal/wire"
)

// doors are the policy's lines that close all ways in except the keys in the
// owner's file.
func doors(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, o := range task.SSHPolicy(wire.OS{ID: "debian", Version: "12"}, nil, lab.ForwardNone) {
		if o.Value == "none" {
			lines = append(lines, o.Keyword+" none")
		}
	}
	if len(lines) < 4 {
		t.Fatalf("the policy closes only %v", lines)
	}
	return lines
}

// certificate is a stranger's certificate for root, from an authority.
func certificate(t *testing.T, authority, stranger ssh.Signer) ssh.Signer {
	t.Helper()
	cert := &ssh.Certificate{Key: stranger.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{"root"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, stranger)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// A stranger gets in by each of these settings of a real server, but no longer
// once the policy stands before them.
func TestDoorsOfTheOwnersAreClosed(t *testing.T) {
	authority, stranger := testkey.New(t), testkey.New(t)
	dir := t.TempDir()
	ca, keys, principals := filepath.Join(dir, "ca.pub"), filepath.Join(dir, "keys"), filepath.Join(dir, "principals")
	write(t, ca, ssh.MarshalAuthorizedKey(authority.PublicKey()))
	write(t, keys, ssh.MarshalAuthorizedKey(stranger.PublicKey()))
	write(t, principals, []byte("root\n"))
	certified := certificate(t, authority, stranger)
	for name, c := range map[string]struct {
		options []string
		with    ssh.Signer
	}{
		"TrustedUserCAKeys":           {[]string{"TrustedUserCAKeys " + ca}, certified},
		"AuthorizedPrincipalsFile":    {[]string{"TrustedUserCAKeys " + ca, "AuthorizedPrincipalsFile " + principals}, certified},
		"AuthorizedPrincipalsCommand": {[]string{"TrustedUserCAKeys " + ca, "AuthorizedPrincipalsCommand /bin/echo root", "AuthorizedPrincipalsCommandUser root"}, certified},
		"AuthorizedKeysCommand":       {[]string{"AuthorizedKeysCommand /bin/cat " + keys, "AuthorizedKeysCommandUser root"}, stranger},
	} {
		t.Run(name, func(t *testing.T) {
			for _, closed := range []bool{false, true} {
				options := c.options
				if closed {
					options = slices.Concat(doors(t), options)
				}
				target := startSSHD(t, append(options, "PermitRootLogin prohibit-password")...).target("root")
				client, err := attempt(t.Context(), loopback{}, target, ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(c.with)}})
				if client != nil {
					_ = client.Close()
				}
				if (err == nil) == closed {
					t.Errorf("with the policy before it: %v; the stranger's login ends with %v", closed, err)
				}
			}
		})
	}
}

// onThisMachine is a host whose sshd is this machine's, with the test's
// configuration.
type onThisMachine struct {
	hostReport
	config string
	keys   string // content of the owner's authorized_keys
}

func (i onThisMachine) Facts(ctx context.Context) (wire.Facts, error) {
	settings, err := sshdconf.Files{}.Read(i.config)
	sys := &system.System{Root: "/", Runner: sshdWith{system.NewLocal().Runner, i.config}}
	return wire.Facts{SSH: wire.SSH{Settings: settings, Concerns: guard.Concerns(ctx, sys, "", settings)}}, err
}

// sshdWith runs this machine's programs, and sshd with the test's configuration.
type sshdWith struct {
	system.Runner
	config string
}

func (r sshdWith) Run(ctx context.Context, c system.Command) (system.Output, error) {
	if c.Argv[0] == "/usr/sbin/sshd" {
		c.Argv = append(c.Argv, "-f", r.config)
	}
	return r.Runner.Run(ctx, c)
}

func (i onThisMachine) Read(ctx context.Context, c wire.ReadCommand) (wire.ReadReply, error) {
	switch c.Name {
	case "sshd-effective":
		port, _ := strconv.ParseUint(c.Args[4], 10, 16)
		spec := sshdconf.Login{User: c.Args[0], Host: c.Args[1], Peer: c.Args[2], Local: c.Args[3], Port: uint16(port)}.Spec()
		out, err := exec.CommandContext(ctx, "/usr/sbin/sshd", "-T", "-f", i.config, "-C", spec).Output()
		return wire.ReadReply{Output: out}, err
	case "authorized-keys":
		var lines strings.Builder
		number := 0
		for line := range strings.Lines(i.keys) {
			number++
			fmt.Fprintf(&lines, "%d:%s", number, line)
		}
		return wire.ReadReply{Output: []byte(lines.String())}, nil
	case "group-members":
		return wire.ReadReply{Output: []byte("ssh-users:x:999:ops\n")}, nil
	}
	return wire.ReadReply{}, fmt.Errorf("there is no %s", c.Name)
}

// hostWith is a target. Its sshd has the policy and what the owner adds to it.
func hostWith(t *testing.T, added, keys string) Target {
	t.Helper()
	server := startSSHD(t) // needs an sshd, and root
	dir := t.TempDir()
	testkey.Write(t, filepath.Join(dir, "host_key"), "")
	target := server.target("ops")
	target.OwnerKeys = []ssh.PublicKey{server.owner.PublicKey()}
	target.Lab.Network.Admin = nil
	target.Expect.SSHOptions = task.EffectiveSSH(task.Host{Lab: target.Lab, Host: target.Host, Facts: wire.Facts{OS: wire.OS{ID: "debian", Version: "12"}}})
	config := []string{"HostKey " + filepath.Join(dir, "host_key")}
	for keyword, value := range target.Expect.SSHOptions {
		if keyword != "debianbanner" { // Debian's own
			config = append(config, keyword+" "+value)
		}
	}
	delete(target.Expect.SSHOptions, "debianbanner")
	path := filepath.Join(dir, "sshd_config")
	write(t, path, []byte(strings.Join(config, "\n")+"\n"+added))
	target.Inside = onThisMachine{config: path, keys: string(ssh.MarshalAuthorizedKey(server.owner.PublicKey())) + keys}
	return target
}

// A Match that opens something must be refuted with its file and line, whomever
// the server lets in. A stricter Match is not a door, nor is one for accounts
// that the server does not let in.
func TestMatchesThatOpenAreNamed(t *testing.T) {
	for added, want := range map[string]string{
		"": "",
		"Match User git\n\tForceCommand /bin/git\n":                                                                        "",
		"Match User ops\n\tAllowTcpForwarding no\n":                                                                        "",
		"AllowGroups ssh-users\nTrustedUserCAKeys /etc/ssh/ca.pub\n":                                                       "",
		"Match User games\n\tPasswordAuthentication yes\n":                                                                 "",
		"Match User no-such-user\n\tPasswordAuthentication yes\n":                                                          "",
		"Match Group games Address 10.0.0.0/8\n\tAllowTcpForwarding yes\n":                                                 "",
		"Match User games,root\n\tPasswordAuthentication yes\n":                                                            "passwordauthentication yes, under Match User games,root: it lets passwords in",
		"Match User games\n\tAllowGroups games\n\tPasswordAuthentication yes\n":                                            "passwordauthentication yes, under Match User games: it lets passwords in",
		"Match User o*\n\tPasswordAuthentication yes\n":                                                                    "passwordauthentication yes, under Match User o*: it lets passwords in",
		"Match Group ssh-users\n\tPasswordAuthentication yes\n":                                                            "passwordauthentication yes, under Match Group ssh-users: it lets passwords in",
		"Match User games\n\tPasswordAuthentication yes\nMatch Group games Address 10.1.2.3\n\tAllowGroups games\n":        "under Match Group games Address 10.1.2.3: it lets other groups in",
		"DenyUsers games\nMatch User games\n\tAllowGroups games\n\tPasswordAuthentication yes\n":                           "",
		"AllowUsers ops\nMatch User games\n\tAllowGroups games\n\tPasswordAuthentication yes\n":                            "",
		"AllowUsers ops games@10.0.0.0/8\nMatch User games\n\tAllowGroups games\n\tPasswordAuthentication yes\n":           "it lets passwords in",
		"AllowUsers ops\nMatch User games Address 10.1.2.3\n\tAllowUsers games\n\tAllowGroups games\n\tGatewayPorts yes\n": "it lets others use what is forwarded",
		"Match LocalPort 2200\n\tPermitRootLogin yes\n":                                                                    "permitrootlogin yes, under Match LocalPort 2200: it lets root log in",
		"Match Address 198.51.100.0/24\n\tAuthenticationMethods password\n":                                                "it lets somebody in without a key",
		"Match Group root\n\tAuthorizedKeysCommand /bin/keys\n":                                                            "it lets in every key that a program names",
		"Match Host *.example.org\n\tTrustedUserCAKeys /etc/ssh/ca.pub\n":                                                  "certificate from that authority",
		"Match all\n\tAuthorizedKeysFile .ssh/authorized_keys .ssh/more\n":                                                 "it lets keys in from another file",
		"Match LocalAddress 10.9.9.9\n\tAllowGroups ssh-users wheel\n":                                                     "it lets other groups in",
		"Match User ops\n\tAllowTcpForwarding yes\n":                                                                       "it lets connections through the host",
		"Match User *,!ops Address 0.0.0.0/0\n\tKbdInteractiveAuthentication yes\n":                                        "through keyboard-interactive",
	} {
		target := hostWith(t, added, "")
		got := sshEffectiveConfig(t.Context(), loopback{}, target)
		if want == "" && got.Outcome != evidence.Proven || want != "" && (got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, want)) {
			t.Errorf("%q: %s, %q; want %q", added, got.Outcome, got.Reason, want)
		}
		config := target.Inside.(onThisMachine).config
		if want != "" && !strings.Contains(got.Reason, config+":") {
			t.Errorf("%q: the reason does not say where: %q", added, got.Reason)
		}
		_ = os.Remove(config)
	}
}

// A key that the owner does not log in with, and an authority, must be named
// with their lines. For a key the look also says what to write into the lab
// file. Once declared there, it is proven.
func TestOtherKeysOfTheOwnersAccount(t *testing.T) {
	other := testkey.New(t).PublicKey()
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(other)))
	for added, want := range map[string]string{
		"":                "",
		"# nothing\n\n":   "",
		line + " phone\n": "~ops/.ssh/authorized_keys:2 lets in the key " + ssh.FingerprintSHA256(other) + " phone",
		"\ncert-authority,principals=\"a b\" " + line + "\n": "authorized_keys:3 lets in every holder of a certificate from SHA256:",
		"command=\"/bin/true\" " + line + " ]: \x1b[1m\n":    "authorized_keys:2 lets in the key SHA256:",
	} {
		target := hostWith(t, "", added)
		got := sshOtherUserRefused(t.Context(), loopback{}, target)
		if want == "" && got.Outcome != evidence.Proven || want != "" && (got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, want)) {
			t.Errorf("%q: %s, %q; want %q", added, got.Outcome, got.Reason, want)
		}
		if !strings.Contains(want, "the key") {
			continue
		}
		target.FurtherKeys = declaredBy(t, got.Remedy)
		if got := sshOtherUserRefused(t.Context(), loopback{}, target); got.Outcome != evidence.Proven {
			t.Errorf("%q, declared as %q: %s, %q", added, got.Remedy, got.Outcome, got.Reason)
		}
	}
}

// declaredBy reads the lab file that a remedy asks for.
func declaredBy(t *testing.T, remedy string) []ssh.PublicKey {
	t.Helper()
	_, rest, _ := strings.Cut(remedy, "`")
	line, _, _ := strings.Cut(rest, "`")
	l, err := lab.Parse("lab.yaml", []byte("lab: home\nnetwork: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}\nhosts: {atlas: {address: 192.168.1.10}}\n"+line+"\n"))
	if err != nil {
		t.Fatalf("%s: %v", remedy, err)
	}
	var keys []ssh.PublicKey
	for _, line := range l.SSH.FurtherKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

// A key that the lab declares and the host lacks is not proven. Neither is one
// that the host has only as an authority for certificates.
func TestDeclaredKeysThatAreNotThere(t *testing.T) {
	phone := testkey.New(t).PublicKey()
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(phone)))
	for _, added := range []string{"", "# " + line + "\n", "cert-authority " + line + "\n"} {
		target := hostWith(t, "", added)
		target.FurtherKeys = []ssh.PublicKey{phone}
		got := sshOtherUserRefused(t.Context(), loopback{}, target)
		if want := "the key " + ssh.FingerprintSHA256(phone) + " of ssh.further-keys is not in ~ops/.ssh/authorized_keys"; got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, want) {
			t.Errorf("%q: %s, %q", added, got.Outcome, got.Reason)
		}
	}
}
