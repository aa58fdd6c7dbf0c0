package roadmap

import (
	"fmt"
	"strings"
	"time"
)

// stage writes a whole stage.
func (p *page) stage(number int, s Stage) {
	p.line("## %s\n", stageTitle(number, s))
	p.line("%s · %s\n", code(s.ID), s.Goal)
	p.criteria("Before it opens", s.Entry)
	p.line("### Tasks of stage %d\n", number)
	for i, t := range s.Tasks {
		p.task(fmt.Sprintf("%d.%d", number, i+1), t)
	}
	p.milestones(number, s.Milestones)
	p.checkpoints(number, s.Checkpoints)
	p.challenges(number, s.Challenges)
	p.criteria("When it is done", s.Exit)
}

// criteria writes the entry or exit criteria of a stage.
func (p *page) criteria(title string, criteria []Criterion) {
	if len(criteria) == 0 {
		return
	}
	p.line("**%s**\n", title)
	for _, c := range criteria {
		p.line("- %s *%s*", c.Text, p.truth(c))
	}
	p.blank()
}

// truth says what makes a criterion true.
func (p *page) truth(c Criterion) string {
	words := ""
	switch {
	case c.Attested:
		words = "only you can tell"
	case c.Every != "":
		words = "all " + string(c.Every) + ", those of tasks you planned in included"
	default:
		words = "shown by " + p.allNamed(c.ProvenBy)
	}
	if c.Optional {
		words = "optional; " + words
	}
	return "(" + words + ")"
}

// milestones writes what is reached in a stage.
func (p *page) milestones(number int, milestones []Milestone) {
	if len(milestones) == 0 {
		return
	}
	p.line("### Milestones of stage %d\n", number)
	p.line("| milestone | id | reached when this is proven |\n|---|---|---|")
	for _, m := range milestones {
		p.line("| **%s**%s | %s | %s |", cell(m.Name), oursMark(m.Ours), code(m.ID), cell(p.allNamed(m.Checkpoints)))
	}
	p.blank()
}

// checkpoints writes what is verified in a stage, and by which looks.
func (p *page) checkpoints(number int, checkpoints []Checkpoint) {
	if len(checkpoints) == 0 {
		return
	}
	p.line("### Checkpoints of stage %d\n", number)
	for _, c := range checkpoints {
		p.line("- **%s**%s · %s  ", c.Name, oursMark(c.Ours), code(c.ID))
		p.line("  %s  ", c.Text)
		p.line("  %s", looks(c))
	}
	p.blank()
}

// looks says how a checkpoint is looked at, vantage by vantage.
func looks(c Checkpoint) string {
	if !c.Available {
		return "*Not available yet.*"
	}
	var groups []string
	var window time.Duration
	for i := 0; i < len(c.Probes); {
		first, names := c.Probes[i], []string(nil)
		for ; i < len(c.Probes) && c.Probes[i].From == first.From && c.Probes[i].Fresh == first.Fresh; i++ {
			names = append(names, code(c.Probes[i].Probe))
		}
		group := vantageWords(first.From)
		if first.Fresh != window {
			window = first.Fresh
			group += ", counting for " + freshness(window)
		}
		groups = append(groups, group+": "+strings.Join(names, ", "))
	}
	return "Looks from " + strings.Join(groups, "; from ") + "."
}

func vantageWords(from string) string {
	switch from {
	case "host":
		return "the host itself"
	case "second-host":
		return "a second host"
	}
	return "the " + from
}

func freshness(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return d.String()
}

// challenges writes what can go wrong in a stage.
func (p *page) challenges(number int, challenges []Challenge) {
	if len(challenges) == 0 {
		return
	}
	p.line("### What can go wrong in stage %d\n", number)
	for _, c := range challenges {
		p.line("- **%s** · %s  ", c.Text, code(c.ID))
		p.line("  *Where:* %s  ", p.allNamed(c.Tasks))
		if len(c.Probes) > 0 {
			p.line("  *Probes that tell:* %s  ", code(strings.Join(c.Probes, "`, `")))
		}
		p.line("  *Remedy:* %s", c.Remedy)
	}
	p.blank()
}

func oursMark(ours bool) string {
	if ours {
		return " (Cairn's addition)"
	}
	return ""
}
