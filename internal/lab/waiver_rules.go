package lab

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// waivers checks that each is for a checkpoint that there is, and the only one
// for it.
func (r *rules) waivers() {
	seen := map[string]bool{}
	for _, item := range r.root.get("waivers").list() {
		n := item.get("checkpoint")
		if !r.good(n) {
			continue
		}
		if seen[n.text] {
			r.fault(n.place, flaw{code: problem.LabDuplicate, message: fmt.Sprintf("%s has a waiver already", n.text)})
		}
		seen[n.text] = true
		r.waived(n)
	}
}

// waived checks the checkpoint itself. The part behind the slash names a probe,
// which only shows when there is evidence.
func (r *rules) waived(n *node) {
	id, part, partial := strings.Cut(n.text, "/")
	if r.known.Checkpoints == nil || slices.Contains(r.known.Checkpoints, id) {
		return
	}
	suggestion := spelling.Nearest(id, r.known.Checkpoints)
	if suggestion != "" && partial {
		suggestion += "/" + part
	}
	r.fault(n.place, flaw{
		code: problem.LabUnknown, message: fmt.Sprintf("the roadmap has no checkpoint %s", document.Quoted(id)),
		expected: checkpointForm.expected(), suggestion: suggestion,
	})
}
