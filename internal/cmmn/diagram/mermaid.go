package diagram

import (
	"fmt"
	"strings"

	"cairn/internal/cmmn"
)

// Mermaid writes a model as a Mermaid flowchart, for Markdown. Stages are
// subgraphs, event listeners are circles and milestones are pills.
// Discretionary items have a dashed border. States are written out.
func Mermaid(m *cmmn.Model, marks Marks) string {
	t := newTree(m)
	f := &flowchart{marks: marks, names: map[*node]string{}}
	for i, n := range t.nodes {
		f.names[n] = fmt.Sprintf("n%d", i)
	}
	f.line(0, "flowchart LR")
	f.node(t.root, 1)
	for _, w := range t.wires() {
		f.wire(w)
	}
	f.classes()
	return f.String()
}

// flowchart is a Mermaid text that is being written.
type flowchart struct {
	strings.Builder
	marks Marks
	names map[*node]string
}

func (f *flowchart) line(depth int, format string, values ...any) {
	fmt.Fprintf(f, strings.Repeat("  ", depth)+format+"\n", values...)
}

func (f *flowchart) node(n *node, depth int) {
	text := quoted(n.title)
	mark := f.marks[n.id]
	for _, badge := range mark.badges(n) {
		text += "<br>" + badge.text
	}
	if !n.open() {
		before, after := mermaidShape(n)
		f.line(depth, `%s%s"%s"%s%s`, f.names[n], before, text, after, mermaidClass(n, mark))
		return
	}
	f.line(depth, `subgraph %s["%s"]`, f.names[n], text)
	for _, child := range n.children {
		f.node(child, depth+1)
	}
	f.line(depth, "end")
}

// mermaidShape returns the brackets of a node's outline.
func mermaidShape(n *node) (before, after string) {
	switch {
	case n.kind == cmmn.Milestone:
		return "([", "])"
	case n.kind.IsListener():
		return "((", "))"
	case n.kind == cmmn.Stage:
		return "[[", "]]"
	case n.kind == 0:
		return "[", "]"
	}
	return "(", ")"
}

// mermaidClass returns the class of a node. Mermaid accepts only one, so a
// planned item shows its state instead of being discretionary.
func mermaidClass(n *node, mark Mark) string {
	if badges := mark.badges(n); len(badges) > 0 {
		return ":::" + badges[len(badges)-1].class
	}
	if n.discretionary {
		return ":::discretionary"
	}
	return ""
}

func (f *flowchart) wire(w *wire) {
	label := w.label
	if w.end.side == east {
		label = strings.TrimSpace(label + " ends it")
	}
	switch {
	case w.from.within(w.to) || w.to.within(w.from):
		// Mermaid cannot draw a line between a subgraph and its content.
	case w.on == nil:
		f.line(1, "%s -.- %s", f.names[w.from], f.names[w.to])
	case label == "":
		f.line(1, "%s --> %s", f.names[w.from], f.names[w.to])
	default:
		f.line(1, `%s -->|"%s"| %s`, f.names[w.from], quoted(label), f.names[w.to])
	}
}

// classes writes the colours of the light scheme, because a Markdown page does
// not say which scheme its reader uses.
func (f *flowchart) classes() {
	f.line(1, "classDef discretionary stroke-dasharray:6 4")
	for _, t := range light.tones {
		f.line(1, "classDef %s fill:%s,stroke:%s,color:%s", t.class, t.fill, t.ink, light.text)
	}
}

// quoted makes a name safe between double quotes. Mermaid interprets Markdown
// and HTML there, and has entities that begin with a number sign instead of an
// ampersand.
func quoted(name string) string {
	var b strings.Builder
	for _, r := range oneLine(name) {
		if strings.ContainsRune("\"#&<>`*_[]{}()|\\;:%~$@", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
