package probe

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/wire"
)

// otherKeys names the lines of the owner's authorized_keys that let in somebody
// else than the owner: keys that the owner does not log in with, and authorities
// for certificates (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
func otherKeys(ctx context.Context, target Target) ([]string, *Finding) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "authorized-keys", Args: []string{target.Host.User}})
	if err != nil || reply.Failure != nil || reply.Exit != 0 {
		f := blind("the keys of " + target.Host.User + " cannot be read: " + readError(err, reply))
		return nil, &f
	}
	var others []string
	for line := range strings.Lines(string(reply.Output)) {
		number, text, _ := strings.Cut(line, ":")
		if what := otherKey(text, target.OwnerKeys); what != "" {
			others = append(others, fmt.Sprintf("~%s/.ssh/authorized_keys:%s lets in %s", target.Host.User, number, what))
		}
	}
	return others, nil
}

// otherKey is whom a line lets in besides the owner; empty for nobody. A line that
// sshd would not understand lets nobody in.
func otherKey(line string, owner []ssh.PublicKey) string {
	key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return ""
	}
	name := strings.TrimSpace(ssh.FingerprintSHA256(key) + " " + comment)
	if slices.ContainsFunc(options, func(option string) bool { return strings.EqualFold(option, "cert-authority") }) {
		return "whoever has a certificate of " + name
	}
	if slices.ContainsFunc(owner, func(own ssh.PublicKey) bool { return bytes.Equal(own.Marshal(), key.Marshal()) }) {
		return ""
	}
	return "the key " + name
}
