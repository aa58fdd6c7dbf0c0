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
	"cairn/internal/system"
)

// Revoked is a key that the SSH server refuses because of RevokedKeys
// (sshd_config(5)).
type Revoked struct {
	Line string `cbor:"1,keyasint"` // of authorized_keys
	Why  string `cbor:"2,keyasint"` // with file and line
	All  bool   `cbor:"3,keyasint"` // the server refuses every key
}

// RevokedKeys returns those of the keys that the SSH server refuses, as it is
// configured for the user's login.
func (k AuthorizedKey) RevokedKeys(ctx context.Context, sys *system.System, login sshdconf.Login) ([]Revoked, error) {
	settings, err := sshdFiles(sys, nil).ReadServer(SSHServer(ctx, sys))
	if err != nil || !says(settings, "revokedkeys") {
		return nil, nil // sshd itself reports a line that it does not accept
	}
	login.User = k.User
	effective, err := keywords(ctx, sys, SSHDTells(login, SSHDOptions(ctx, sys)))
	if err != nil {
		return nil, err
	}
	var revoked []Revoked
	for _, line := range k.lines() {
		r, err := Revokes(ctx, sys, effective["revokedkeys"], line)
		if err != nil {
			return nil, err
		}
		if r.Why != "" {
			r.Why += saidBy(settings, effective["revokedkeys"])
			revoked = append(revoked, r)
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

// saidBy returns where the file is named.
func saidBy(settings []sshdconf.Setting, file string) string {
	for _, s := range settings {
		if s.Keyword == "revokedkeys" && s.Value() == file {
			return " (RevokedKeys, " + s.Place() + ")"
		}
	}
	return ""
}

// krlMagic is the beginning of a revocation list of ssh-keygen(1) (PROTOCOL.krl).
var krlMagic = []byte("SSHKRL\n\x00")

// Revokes checks a key against a file of revoked keys. Why is empty if the SSH
// server does not refuse the key. An unreadable file revokes every key.
func Revokes(ctx context.Context, s *system.System, file, line string) (Revoked, error) {
	none := Revoked{Line: line}
	if file == "" || file == "none" {
		return none, nil
	}
	content, err := os.ReadFile(s.Path(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refusesAll(line, "there is no "+file), nil
	case err != nil:
		return refusesAll(line, file+" cannot be read"), nil
	case !bytes.HasPrefix(content, krlMagic):
		return inRevokedLines(file, string(content), line), nil
	case line == "":
		return none, nil
	}
	return inRevocationList(ctx, s, file, line)
}

func refusesAll(line, why string) Revoked {
	return Revoked{line, why + ", so the SSH server refuses every key", true}
}

// inRevocationList asks ssh-keygen(1), which exits with 1 for a revoked key and
// with 255 for an unreadable list.
func inRevocationList(ctx context.Context, s *system.System, file, line string) (Revoked, error) {
	dir, err := os.MkdirTemp("", "cairn-key-")
	if err != nil {
		return Revoked{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key := filepath.Join(dir, "key.pub")
	if err := os.WriteFile(key, []byte(line+"\n"), 0o600); err != nil {
		return Revoked{}, err
	}
	out, err := s.Runner.Run(ctx, system.Command{Argv: []string{"ssh-keygen", "-Q", "-f", s.Path(file), key}})
	switch {
	case err != nil || out.Exit == 0:
		return Revoked{Line: line}, err
	case out.Exit == 1:
		return Revoked{Line: line, Why: file + " revokes it"}, nil
	}
	return refusesAll(line, file+" is not a readable revocation list"), nil
}

// inRevokedLines searches plain public keys, one a line. A line that is not a key
// ends the server's search, and the server then refuses every key it has not found
// before (sshkey_in_file in authfile.c).
func inRevokedLines(file, content, key string) Revoked {
	number := 0
	for line := range strings.Lines(content) {
		number++
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case len(fields) < 2 || !isKey(fields[0], fields[1]):
			return refusesAll(key, fmt.Sprintf("%s:%d is not a public key", file, number))
		case fields[0]+" "+fields[1] == blobOf(key):
			return Revoked{Line: key, Why: fmt.Sprintf("%s:%d revokes it", file, number)}
		}
	}
	return Revoked{Line: key}
}

// isKey reports whether two words are a public key, whose encoded part repeats the
// type.
func isKey(kind, encoded string) bool {
	_, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && kindOf(kind+" "+encoded) == kind
}
