package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// later remarks on settings that this version of Cairn does not support yet. They
// are not faults, because an owner who never gets that far is not hindered by them.
func (r *rules) later() {
	for _, p := range r.root.Get("choose").Each() {
		i := slices.IndexFunc(choices, func(c choice) bool { return c.name == p.Key })
		// The default applies anyway, so writing it down asks for nothing new.
		if i >= 0 && r.good(p.Value) && document.TextOf(p.Value) != choices[i].options[0] && slices.Contains(r.known.LaterOptions[p.Key], document.TextOf(p.Value)) {
			r.remark(p.Place, document.Flaw{
				Code:    problem.LabNotReady,
				Message: fmt.Sprintf("not in this version: Cairn does not set up %s as %s yet, so this choice has no effect", document.Quoted(document.TextOf(p.Value)), p.Key),
			})
		}
	}
	for _, p := range r.root.Get("services").Each() {
		if why, suggestion := r.laterService(p); r.known.LaterServices && why != "" {
			r.remark(p.Place, document.Flaw{
				Code: problem.LabNotReady, Suggestion: suggestion,
				Message: fmt.Sprintf("not in this version: %s, so %s is ignored", why, document.Quoted(p.Key)),
			})
		}
	}
}

// laterService says why this version ignores a service, or "".
func (r *rules) laterService(p document.Pair) (why, suggestion string) {
	if p.Value.Get("compose") != nil {
		return "", ""
	}
	var names []string
	if r.known.Services != nil {
		names = r.known.Services.Names()
	}
	if slices.Contains(names, p.Key) {
		return "", ""
	}
	return "the catalog has no such service", spelling.Nearest(p.Key, names)
}

// sshKey remarks on a private key that is not on this machine. It is not a fault,
// because the lab can be viewed and rehearsed without the key. The public key is
// enough, since the SSH agent may hold the private one.
func (r *rules) sshKey() {
	n := r.root.Get("ssh").Get("key")
	if !r.good(n) || r.known.Home == "" {
		return
	}
	path := document.TextOf(n)
	if rest, inHome := strings.CutPrefix(path, "~/"); inHome {
		path = filepath.Join(r.known.Home, rest)
	}
	for _, name := range []string{path, path + ".pub"} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return
		}
	}
	r.remark(n.Place, document.Flaw{
		Code: problem.LabNoKey, Message: "there is no file " + document.Quoted(document.TextOf(n)),
		Expected: "a private key that is on this machine",
	})
}
