package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// waivers checks that each waiver names an existing checkpoint, and that no
// checkpoint has two.
func (r *rules) waivers() {
	seen := map[string]bool{}
	for _, item := range r.root.Get("waivers").List() {
		r.over(item.Get("expires"))
		n := item.Get("checkpoint")
		if !r.good(n) {
			continue
		}
		if seen[n.Text] {
			r.fault(n.Place, document.Flaw{Code: problem.LabDuplicate, Message: fmt.Sprintf("%s has a waiver already", n.Text)})
		}
		seen[n.Text] = true
		r.waived(n)
	}
}

// waived checks the checkpoint, and its part behind the slash.
func (r *rules) waived(n *document.Node) {
	id, part, partial := strings.Cut(n.Text, "/")
	if r.known.Checkpoints == nil {
		return
	}
	if slices.Contains(r.known.Checkpoints, id) {
		if partial && r.known.Parts != nil {
			r.waivedPart(n, id, part)
		}
		return
	}
	suggestion := spelling.Nearest(id, r.known.Checkpoints)
	if suggestion != "" && partial {
		suggestion += "/" + part
	}
	r.fault(n.Place, document.Flaw{
		Code: problem.LabUnknown, Message: fmt.Sprintf("the roadmap has no checkpoint %s", document.Quoted(id)),
		Expected: checkpointForm.Expected(), Suggestion: suggestion,
	})
}

// waivedPart checks that the part exists. It is the name of a probe of the
// checkpoint, or the end of such a name behind a hyphen (evidence.Waiver.Covers).
func (r *rules) waivedPart(n *document.Node, id, part string) {
	probes := r.known.Parts[id]
	if slices.ContainsFunc(probes, func(probe string) bool { return probe == part || strings.HasSuffix(probe, "-"+part) }) {
		return
	}
	f := document.Flaw{Code: problem.LabUnknown, Message: fmt.Sprintf("the checkpoint %s has no part %s", id, document.Quoted(part)), Expected: "the checkpoint alone"}
	if len(probes) > 0 {
		f.Expected = "one of its parts: " + strings.Join(probes, ", ")
	}
	if near := spelling.Nearest(part, endings(probes)); near != "" {
		f.Suggestion = id + "/" + near
	}
	r.fault(n.Place, f)
}

// endings returns the names of the probes, and the endings by which a part may name
// them.
func endings(probes []string) []string {
	all := slices.Clone(probes)
	for _, probe := range probes {
		for i := range probe {
			if probe[i] == '-' && !slices.Contains(all, probe[i+1:]) {
				all = append(all, probe[i+1:])
			}
		}
	}
	return all
}

// over remarks on an expired waiver. It is not a fault: on the day a waiver ends,
// the lab must stay usable.
func (r *rules) over(expires *document.Node) {
	day, err := time.Parse(time.DateOnly, document.TextOf(expires))
	if err != nil || !r.good(expires) || r.known.Now.IsZero() || r.known.Now.Before(day) {
		return
	}
	r.remark(expires.Place, document.Flaw{
		Code: problem.LabExpired, Message: fmt.Sprintf("%s has passed, so the waiver no longer counts", expires.Text),
		Expected: "a later day, or no waiver",
	})
}
