package interchange

import (
	"fmt"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// annotation reads what a roadmap knows about a definition.
func (r *reader) annotation(e *element) cmmn.Annotation {
	var a cmmn.Annotation
	for _, extension := range e.extensions() {
		switch extension.name {
		case "estimate":
			a.Estimate = cmmn.Estimate{Min: r.duration(extension, "min"), Max: r.duration(extension, "max")}
		case "step":
			a.Steps = append(a.Steps, string(extension.text))
		case "checkpoint":
			a.Checkpoints = append(a.Checkpoints, r.note(extension))
		case "challenge":
			a.Challenges = append(a.Challenges, r.note(extension))
		default:
			r.newer(extension)
		}
	}
	return a
}

// duration reads a duration in Go's format ("1h30m0s"), which is exact.
func (r *reader) duration(e *element, name string) time.Duration {
	text := e.attribute(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s has %s=%q, which is not a duration such as 1h30m", e, name, text))
	}
	return d
}

func (r *reader) note(e *element) cmmn.Note {
	n := cmmn.Note{ID: e.attribute("id")}
	for _, child := range e.children {
		switch child.name {
		case "text":
			n.Text = string(child.text)
		case "remedy":
			n.Remedy = string(child.text)
		default:
			r.newer(child)
		}
	}
	return n
}

// newer refuses an extension of Cairn's that this version does not know.
func (r *reader) newer(e *element) {
	r.fail(problem.ModelUnsupported, e, fmt.Sprintf("this version of Cairn does not know the extension %s; a newer one may", e))
}

func (w *writer) annotation(a cmmn.Annotation) {
	if a.Estimate != (cmmn.Estimate{}) {
		w.empty("cairn:estimate", "min", durationText(a.Estimate.Min), "max", durationText(a.Estimate.Max))
	}
	for _, step := range a.Steps {
		w.text("cairn:step", step)
	}
	for _, n := range a.Checkpoints {
		w.note("cairn:checkpoint", n)
	}
	for _, n := range a.Challenges {
		w.note("cairn:challenge", n)
	}
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (w *writer) note(name string, n cmmn.Note) {
	w.open(name, "id", n.ID)
	if n.Text != "" {
		w.text("cairn:text", n.Text)
	}
	if n.Remedy != "" {
		w.text("cairn:remedy", n.Remedy)
	}
	w.close()
}
