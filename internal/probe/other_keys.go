package probe

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// accountKeys are the keys that open the owner's account, apart from those that
// the owner logs in with (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
type accountKeys struct {
	others   []string // lines that let in an undeclared key, with its name
	remedies []string // a line to declare each such key
	declared []string // keys of ssh.further-keys that are present
	missing  []string // keys of ssh.further-keys that are missing
}

// otherKeys reads the owner's authorized_keys.
func otherKeys(ctx context.Context, target Target) (accountKeys, *Finding) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "authorized-keys", Args: []string{target.Host.User}})
	if err != nil || reply.Failure != nil || reply.Exit != 0 {
		f := blind("cannot read the keys of " + target.Host.User + ": " + readError(err, reply))
		return accountKeys{}, &f
	}
	var keys accountKeys
	there := map[string]bool{}
	for line := range strings.Lines(string(reply.Output)) {
		number, text, _ := strings.Cut(line, ":")
		key, comment, options, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			continue // sshd ignores a line it does not understand
		}
		name := strings.TrimSpace(ssh.FingerprintSHA256(key) + " " + comment)
		place := fmt.Sprintf("~%s/.ssh/authorized_keys:%s lets in ", target.Host.User, number)
		switch {
		case slices.ContainsFunc(options, func(option string) bool { return strings.EqualFold(option, "cert-authority") }):
			keys.others = append(keys.others, place+"every holder of a certificate from "+name)
		case isAmong(key, target.FurtherKeys):
			there[string(key.Marshal())] = true
		case !isAmong(key, target.OwnerKeys):
			keys.others = append(keys.others, place+"the key "+name)
			keys.remedies = append(keys.remedies, declare(key, comment))
		}
	}
	for _, key := range target.FurtherKeys {
		name := ssh.FingerprintSHA256(key)
		if there[string(key.Marshal())] {
			keys.declared = append(keys.declared, name)
		} else {
			keys.missing = append(keys.missing, name)
		}
	}
	return keys, nil
}

func isAmong(key ssh.PublicKey, keys []ssh.PublicKey) bool {
	return slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), key.Marshal()) })
}

// declare returns a key as the lab file declares it.
func declare(key ssh.PublicKey, comment string) string {
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	// Somebody else may have written the comment.
	if comment = strings.Map(plainInComment, comment); comment != "" {
		line += " " + comment
	}
	return line
}

// plainInComment drops characters that YAML or a terminal could interpret.
func plainInComment(r rune) rune {
	if r < ' ' || r > '~' || strings.ContainsRune("\"\\#:,[]{}", r) {
		return -1
	}
	return r
}

// remedy says how to declare keys that are the owner's, ready to paste.
func (k accountKeys) remedy(user string) string {
	if len(k.remedies) == 0 {
		return ""
	}
	return fmt.Sprintf("if it is yours, declare it in lab.yaml: `ssh: {further-keys: [%s]}`; else take its line out of ~%s/.ssh/authorized_keys", strings.Join(k.remedies, ", "), user)
}

// sleepingKeys returns keys of other accounts that open nothing now. They
// refute nothing, but an owner who changes the server's configuration should
// know about them.
func sleepingKeys(ctx context.Context, target Target) []evidence.Field {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "sleeping-keys"})
	if err != nil || reply.Failure != nil {
		return nil
	}
	var texts []string
	for line := range strings.Lines(string(reply.Output)) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		text := fmt.Sprintf("%s has %s keys that open nothing now", name, number)
		if number == "1" {
			text = name + " has a key that opens nothing now"
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return nil
	}
	return fields("other accounts", strings.Join(texts, "; "))
}
