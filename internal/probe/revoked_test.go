package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/task"
	"cairn/internal/testkey"
	"cairn/internal/wire"
)

// Cairn's statement about a file of revoked keys must match a real server. Cairn's
// policy stands before RevokedKeys there, and leaves it in force.
func TestRevokedAsSSHDJudges(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "revoked")
	options := []string{"PermitRootLogin prohibit-password"}
	for _, o := range task.SSHPolicy(wire.OS{ID: "debian", Version: "12"}, nil, lab.ForwardNone) {
		// The server has other values for these, so that root can log in for the test.
		if !slices.Contains([]string{"PermitRootLogin", "AllowGroups", "AuthorizedKeysFile", "StrictModes", "DebianBanner"}, o.Keyword) {
			options = append(options, o.Keyword+" "+o.Value)
		}
	}
	server := startSSHD(t, append(options, "RevokedKeys "+file)...)
	own := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(server.owner.PublicKey())))
	other := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(testkey.New(t).PublicKey())))
	list := func(lines ...string) func() {
		return func() { write(t, file, []byte(strings.Join(lines, "\n")+"\n")) }
	}
	revocationList := func(lines ...string) func() {
		return func() {
			list(lines...)()
			write(t, filepath.Join(dir, "keys"), []byte(strings.Join(lines, "\n")+"\n"))
			if out, err := exec.Command("ssh-keygen", "-k", "-f", file, filepath.Join(dir, "keys")).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
		}
	}
	for name, c := range map[string]struct {
		make func()
		want string // empty: the key is accepted
	}{
		"missing":                      {func() {}, "there is no " + file + ", so the SSH server refuses every key"},
		"a folder":                     {func() { _ = os.Mkdir(file, 0o755) }, file + " cannot be read, so"},
		"empty":                        {list(), ""},
		"comments":                     {list("# none", "", "  # "+own), ""},
		"another key":                  {list(other + " somebody's"), ""},
		"the key":                      {list("# lost", other, "  "+own+" mine"), file + ":3 revokes it"},
		"no key":                       {list(other, "hello"), file + ":2 is not a public key, so the SSH server refuses every key"},
		"no key before":                {list("SHA256:abc", own), file + ":1 is not a public key"},
		"no key after":                 {list(own, "hello"), file + ":1 revokes it"},
		"options":                      {list("no-pty " + own), file + ":1 is not a public key"},
		"another kind before it":       {list("ssh-rsa " + strings.Fields(own)[1]), file + ":1 is not a public key"},
		"a list with another key":      {revocationList(other), ""},
		"a list with the key":          {revocationList(other, own), file + " revokes it"},
		"a list of fingerprints":       {revocationList("hash: " + ssh.FingerprintSHA256(server.owner.PublicKey())), file + " revokes it"},
		"a list that was cut off":      {func() { revocationList(own)(); _ = os.Truncate(file, 30) }, file + " is not a readable revocation list, so"},
		"a list without anything":      {func() { write(t, file, []byte("SSHKRL\n\x00")) }, file + " is not a readable revocation list, so"},
		"a certificate of it":          {list("ssh-ed25519-cert-v01@openssh.com AAAA"), file + ":1 is not a public key"},
		"one line without an end":      {func() { write(t, file, []byte(own)) }, file + ":1 revokes it"},
		"lines that end as in Windows": {func() { write(t, file, []byte(other+" x\r\n"+own+"\r\n")) }, file + ":2 revokes it"},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.RemoveAll(file)
			c.make()
			client, failure := attempt(t.Context(), loopback{}, server.target("root"), ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(server.owner)}})
			if client != nil {
				_ = client.Close()
			}
			got, err := resource.Revokes(t.Context(), system.NewLocal(), file, own)
			if err != nil || (failure == nil) != (got.Why == "") || (got.Why == "") != (c.want == "") || !strings.HasPrefix(got.Why, c.want) {
				t.Errorf("%+v, %v; want %q; the login ends with %v", got, err, c.want, failure)
			}
			if got.All != strings.Contains(got.Why, "every key") {
				t.Errorf("%+v", got)
			}
		})
	}
}
