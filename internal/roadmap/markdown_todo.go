package roadmap

import (
	"slices"
	"strings"
)

const todoTitle = "To-do list"

// topicTitles are the headings of the to-do list.
var topicTitles = map[Topic]string{
	Refactoring:   "Code to rewrite",
	Completeness:  "Code that is missing",
	Dependencies:  "Imports and dependencies",
	Integrity:     "Flow and integrity of data",
	Correctness:   "Possible bugs",
	Documentation: "Documentation",
}

// todo writes the to-do list, topic by topic.
func (p *page) todo() {
	if len(p.roadmap.Todo) == 0 {
		return
	}
	p.line("## %s\n", todoTitle)
	p.line("These are improvements for the repository that this roadmap was written for. They are for people who work on such code: no lab has them as a")
	p.line("task. Files and lines are where each was found. Each entry ends with what settles it.\n")
	for _, topic := range topics {
		p.todoTopic(topic)
	}
}

func (p *page) todoTopic(topic Topic) {
	entries := slices.DeleteFunc(slices.Clone(p.roadmap.Todo), func(t Todo) bool { return t.Topic != topic })
	if len(entries) == 0 {
		return
	}
	p.line("### %s\n", topicTitles[topic])
	for _, t := range entries {
		p.line("- **%s** · %s priority · %s  ", t.Name, t.Priority, code(t.ID))
		p.line("  %s  ", t.Text)
		p.line("  *%s*, in %s, %s; belongs to %s", t.Component, code(t.File), where(t.Lines), p.named(t.Task))
		p.line("  Settled by: %s", p.settled(t))
	}
	p.blank()
}

// settled returns what settles an entry: the roadmap's own word, or else the
// checkpoints of the task that brings the component.
func (p *page) settled(t Todo) string {
	if t.Settled != "" {
		return t.Settled
	}
	task, _ := p.roadmap.Task(t.Task)
	var proofs []string
	for _, id := range task.Checkpoints {
		proofs = append(proofs, p.named(id))
	}
	if len(proofs) == 0 {
		proofs = []string{p.named(t.Task)}
	}
	return strings.Join(proofs, ", ") + ", when Cairn brings the component."
}

// where turns lines into part of a sentence. A plain range of numbers gets the
// word "lines".
func where(lines string) string {
	if strings.Trim(lines, "0123456789-") == "" {
		return "lines " + strings.Replace(lines, "-", " to ", 1)
	}
	return lines
}
