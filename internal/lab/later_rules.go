package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// later remarks on what the file asks for and this version of Cairn does not do
// yet. It is no fault: an owner who never gets that far is not stopped by it.
func (r *rules) later() {
	for _, p := range r.root.get("choose").each() {
		i := slices.IndexFunc(choices, func(c choice) bool { return c.name == p.key })
		// The default is what holds without a word, so writing it down asks for nothing.
		if i >= 0 && r.good(p.value) && textOf(p.value) != choices[i].options[0] && slices.Contains(r.known.LaterChoices, p.key) {
			r.remark(p.place, flaw{
				code:    problem.LabNotReady,
				message: fmt.Sprintf("not in this version: Cairn does not set up %s yet, so the choice %s is only kept", p.key, document.Quoted(textOf(p.value))),
			})
		}
	}
	for _, p := range r.root.get("services").each() {
		if r.known.LaterServices {
			r.remark(p.place, flaw{
				code:    problem.LabNotReady,
				message: fmt.Sprintf("not in this version: Cairn sets up no services yet, so %s is neither set up nor looked for in a catalog", document.Quoted(p.key)),
			})
		}
	}
}

// sshKey remarks on a private key that is not on this machine. It is no fault: the
// lab may be looked at, and rehearsed, where its key is not. The public half will
// do, since the SSH agent may hold the private one.
func (r *rules) sshKey() {
	n := r.root.get("ssh").get("key")
	if !r.good(n) || r.known.Home == "" {
		return
	}
	path := textOf(n)
	if rest, inHome := strings.CutPrefix(path, "~/"); inHome {
		path = filepath.Join(r.known.Home, rest)
	}
	for _, name := range []string{path, path + ".pub"} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return
		}
	}
	r.remark(n.place, flaw{
		code: problem.LabNoKey, message: "there is no file " + document.Quoted(textOf(n)),
		expected: "a private key that is on this machine",
	})
}
