package lab

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/sshdconf"
)

// furtherKeyForm is a public key, given as its line or as the path of its file.
var furtherKeyForm = &document.Form{
	Name: "a public key", Rule: "its line of authorized_keys without options, or the path of its file, which begins with / or ~/", Example: "~/.ssh/phone.pub",
	Pattern: `^((/|~/).|(` + plainKeyPattern() + `) AAAA)`,
	Check: func(text string) *document.Flaw {
		switch {
		case strings.ContainsFunc(text, unicode.IsControl):
			return &document.Flaw{Message: "the key has an end of line or another control character in it"}
		case isPath(text):
			return nil
		}
		_, found := publicKey(text)
		return found
	},
}

// plainKeyPattern matches the type of a key that opens a host by itself.
func plainKeyPattern() string {
	var kinds []string
	for _, kind := range sshdconf.PlainKeys() {
		kinds = append(kinds, regexp.QuoteMeta(kind))
	}
	return strings.Join(kinds, "|")
}

func isPath(text string) bool { return strings.HasPrefix(text, "/") || strings.HasPrefix(text, "~/") }

// publicKey reads a public key with its comment, and returns it as a line of
// authorized_keys.
func publicKey(text string) (line string, found *document.Flaw) {
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	switch {
	case strings.Contains(text, "PRIVATE KEY"):
		return "", &document.Flaw{Message: "this is a private key; its public half is what belongs on the hosts"}
	case err != nil:
		return "", &document.Flaw{}
	case len(options) > 0:
		return "", &document.Flaw{Message: "the lab file takes no options before a key: write the key alone"}
	case !sshdconf.PlainKey(key.Type()):
		return "", &document.Flaw{Message: "a key of the kind " + key.Type() + " does not open a host by itself"}
	case len(strings.TrimSpace(string(rest))) > 0:
		return "", &document.Flaw{Message: "there is more than one key"}
	}
	return strings.TrimSpace(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " " + comment), nil
}

// furtherKeys reads the declared keys, from their files where the lab names files.
// An unreadable file is a fault, because Cairn could put that key on no host. The
// owner's own key is different: the login asks for it.
func (r *rules) furtherKeys() {
	seen := map[string]bool{}
	for _, n := range r.root.Get("ssh").Get("further-keys").List() {
		if !r.good(n) {
			continue
		}
		line, found := r.furtherKey(document.TextOf(n))
		if found != nil {
			r.fault(n.Place, *furtherKeyForm.Complete(*found, document.TextOf(n)))
			continue
		}
		if line == "" {
			continue
		}
		words := strings.Fields(line)
		if blob := words[0] + " " + words[1]; seen[blob] {
			r.fault(n.Place, document.Flaw{Code: problem.LabDuplicate, Message: "this key is in the list twice"})
		} else {
			seen[blob] = true
			r.lab.SSH.FurtherKeys = append(r.lab.SSH.FurtherKeys, line)
		}
	}
}

// furtherKey returns the line of one key. It is empty if the key's file is not to
// be read.
func (r *rules) furtherKey(text string) (string, *document.Flaw) {
	if !isPath(text) {
		return publicKey(text)
	}
	path := text
	if rest, inHome := strings.CutPrefix(path, "~/"); inHome {
		if r.known.Home == "" {
			return "", nil
		}
		path = filepath.Join(r.known.Home, rest)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", &document.Flaw{Message: "the public key " + document.Quoted(text) + " cannot be read: there is no such file on this machine"}
	}
	line, found := publicKey(string(content))
	if found != nil && found.Message == "" {
		found.Message = "what is in " + document.Quoted(text) + " is not a public key"
	}
	if _, err := os.Stat(path + ".pub"); found != nil && err == nil {
		found.Suggestion = text + ".pub"
	}
	return line, found
}
