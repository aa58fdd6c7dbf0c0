package resource

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cairn/internal/sshdconf"
)

// Revoked is a key that the SSH server refuses because of RevokedKeys
// (sshd_config(5)).
type Revoked struct {
	Line string // of authorized_keys
	Why  string // with file and line
}

// RevokedKeys are those of the user's keys that the SSH server refuses, with the
// configuration that it has for a login of the user's.
func (k AuthorizedKey) RevokedKeys(ctx context.Context, sys *System, login sshdconf.Login) ([]Revoked, error) {
	settings, err := sys.sshdFiles(nil).ReadServer(sys.SSHServer(ctx))
	if err != nil || !says(settings, "revokedkeys") {
		return nil, nil // sshd itself names a line that it does not take
	}
	login.User = k.User
	effective, err := sys.keywords(ctx, SSHDTells(login, sys.SSHDOptions(ctx)))
	if err != nil {
		return nil, err
	}
	var revoked []Revoked
	for _, line := range k.lines() {
		why, err := sys.revokes(ctx, effective["revokedkeys"], line)
		if err != nil {
			return nil, err
		}
		if why != "" {
			revoked = append(revoked, Revoked{line, why + saidBy(settings, effective["revokedkeys"])})
		}
	}
	return revoked, nil
}

func says(settings []sshdconf.Setting, keyword string) bool {
	for _, s := range settings {
		if s.Keyword == keyword {
			return true
		}
	}
	return false
}

// saidBy is where the file is named.
func saidBy(settings []sshdconf.Setting, file string) string {
	for _, s := range settings {
		if s.Keyword == "revokedkeys" && s.Value() == file {
			return " (RevokedKeys, " + s.Place() + ")"
		}
	}
	return ""
}

// krlMagic is how a revocation list that ssh-keygen(1) made begins (PROTOCOL.krl).
var krlMagic = []byte("SSHKRL\n\x00")

// Revokes is why the SSH server refuses a key because of a file of revoked keys;
// empty where it does not. What it cannot read revokes every key (sshd_config(5)).
func (s *System) revokes(ctx context.Context, file, line string) (string, error) {
	if file == "" || file == "none" {
		return "", nil
	}
	content, err := os.ReadFile(s.path(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no " + file + ", so the SSH server refuses every key", nil
	case err != nil:
		return file + " cannot be read, so the SSH server refuses every key", nil
	case bytes.HasPrefix(content, krlMagic):
		return s.inRevocationList(ctx, file, line)
	}
	return inRevokedLines(file, string(content), line), nil
}

// inRevocationList asks ssh-keygen(1), which ends with 1 for a key that is revoked
// and with 255 for a list that it does not understand.
func (s *System) inRevocationList(ctx context.Context, file, line string) (why string, err error) {
	dir, err := os.MkdirTemp("", "cairn-key-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key := filepath.Join(dir, "key.pub")
	if err := os.WriteFile(key, []byte(line+"\n"), 0o600); err != nil {
		return "", err
	}
	out, err := s.Runner.Run(ctx, Command{Argv: []string{"ssh-keygen", "-Q", "-f", s.path(file), key}})
	switch {
	case err != nil || out.Exit == 0:
		return "", err
	case out.Exit == 1:
		return file + " revokes it", nil
	}
	return file + " is no revocation list that the SSH server can read, so it refuses every key", nil
}

// inRevokedLines looks through plain public keys, a line each. A line that is no
// key ends the server's search, and it refuses whatever it has not found until then
// (sshkey_in_file in authfile.c).
func inRevokedLines(file, content, key string) string {
	number := 0
	for line := range strings.Lines(content) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || !isKey(fields[0], fields[1]) {
			return fmt.Sprintf("%s:%d is no public key, so the SSH server refuses every key", file, number)
		}
		if fields[0]+" "+fields[1] == blobOf(key) {
			return fmt.Sprintf("%s:%d revokes it", file, number)
		}
	}
	return ""
}

// isKey reports whether two words are a public key: its kind stands in it again.
func isKey(kind, encoded string) bool {
	_, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && kindOf(kind+" "+encoded) == kind
}
