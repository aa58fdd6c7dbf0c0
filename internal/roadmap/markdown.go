package roadmap

import (
	"bytes"
	"fmt"
	"strings"
)

// Markdown returns the roadmap as a page for readers. The bytes are the same
// every time.
func Markdown(r *Roadmap) []byte {
	p := &page{roadmap: r}
	p.line("# Implementation roadmap\n")
	p.line("<!-- Generated from internal/roadmap/homelab.yaml. Do not edit: run go test ./internal/roadmap -update -->\n")
	if len(r.Todo) > 0 {
		p.line("The [to-do list](#%s) is at the end of this page.\n", anchor(todoTitle))
	}
	p.line("%s", introduction)
	p.overview()
	for i, s := range r.Stages {
		p.stage(i+1, s)
	}
	p.todo()
	return append(bytes.TrimRight(p.text.Bytes(), "\n"), '\n')
}

const introduction = `This is the way from hardware in a box to a homelab that is proven to work. It goes in stages. A stage opens when its entry
criteria hold, and is done when its exit criteria hold. How strictly that gates is the ` + "`workflow`" + ` of your
[lab file](reference/lab-file.md). In between, a task opens when what it waits for is reached. It is done when its checkpoints are proven:
nothing counts because somebody did it, only because somebody looked.

- **Discretionary** tasks are left out unless you plan them in. What belongs to one counts only then.
- **Estimates** are hours of work, a day being eight of them. They vary widely with experience and hardware.
- **Not available yet** means that this version of Cairn can neither do the task nor prove it. You can still do it yourself.
- Words ` + "`like.this`" + ` are ids: ` + "`cairn explain ID`" + ` tells of each what it waits for and what the evidence under it is.
`

// page is the page that is being written.
type page struct {
	roadmap *Roadmap
	text    bytes.Buffer
}

// line writes one line.
func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// blank ends a paragraph, list or table.
func (p *page) blank() { p.text.WriteByte('\n') }

// overview writes the table of stages.
func (p *page) overview() {
	p.line("| stage | tasks | milestones | checkpoints | what this version of Cairn can do |\n|---|---|---|---|---|")
	for i, s := range p.roadmap.Stages {
		p.line("| [%s](#%s) | %d | %d | %d | %s |", stageTitle(i+1, s), anchor(stageTitle(i+1, s)),
			len(s.Tasks), len(s.Milestones), len(s.Checkpoints), availability(s))
	}
	p.blank()
}

func availability(s Stage) string {
	n := 0
	for _, t := range s.Tasks {
		if t.Available {
			n++
		}
	}
	switch n {
	case 0:
		return "nothing yet"
	case len(s.Tasks):
		return "all tasks"
	}
	return fmt.Sprintf("%d of %d tasks", n, len(s.Tasks))
}

func stageTitle(number int, s Stage) string { return fmt.Sprintf("%d. %s", number, s.Name) }

// anchor returns the link target of a heading, as most Markdown renderers make
// it: lower case, hyphens for spaces, no punctuation.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// code marks a word as code.
func code(word string) string { return "`" + word + "`" }

// named returns the name of what an id stands for.
func (p *page) named(id string) string {
	if m, is := p.roadmap.Milestone(id); is {
		return "“" + m.Name + "”"
	}
	if c, is := p.roadmap.Checkpoint(id); is {
		return "“" + c.Name + "”"
	}
	if t, is := p.roadmap.Task(id); is {
		return t.Name
	}
	s, _ := p.roadmap.Stage(id)
	return s.Name
}

func (p *page) allNamed(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = p.named(id)
	}
	return listed(names)
}

// listed joins words for a sentence.
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// cell escapes what would end a table cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
