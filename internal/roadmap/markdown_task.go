package roadmap

import "strings"

// task writes one task.
func (p *page) task(number string, t Task) {
	p.line("#### %s %s\n", number, t.Name)
	p.line("%s\n", strings.Join(facts(t), " · "))
	if t.Text != "" {
		p.line("%s\n", t.Text)
	}
	for _, s := range t.Steps {
		p.line("- %s", s)
	}
	if len(t.Steps) > 0 {
		p.blank()
	}
	p.conditions(t)
	for _, id := range t.Choices {
		p.choice(id)
	}
	if t.Milestone != "" {
		p.line("Reaches %s.\n", p.named(t.Milestone))
	}
	if t.Available {
		p.line("*What Cairn does:* %s\n", t.Cairn)
	}
}

// facts returns what can be said about a task in a few words each.
func facts(t Task) []string {
	words := []string{code(t.ID)}
	switch {
	case t.Kind == Human:
		words = append(words, "done by a person")
	case t.Available:
		words = append(words, "done by Cairn")
	}
	if !t.Available {
		words = append(words, "**not available yet**")
	}
	switch {
	case t.Recommended:
		words = append(words, "discretionary, but recommended")
	case t.Discretionary:
		words = append(words, "discretionary")
	}
	if e := t.Estimate.String(); e != "" {
		words = append(words, e)
	}
	if t.Repeats != "" {
		words = append(words, "every "+strings.Trim(t.Repeats, "PD")+" days")
	}
	if t.Ours {
		words = append(words, "Cairn's addition")
	}
	return words
}

// conditions writes what a task waits for, and where it applies.
func (p *page) conditions(t Task) {
	if len(t.After) > 0 {
		p.line("Waits for %s.\n", p.allNamed(t.After))
	}
	for _, need := range t.Needs {
		p.line("Needs: %s\n", need)
	}
	if t.When != nil {
		c, _ := p.roadmap.Choice(t.When.Choice)
		p.line("Applies only with %s as %s.\n", alternativesOf(c, t.When.Options), lowerFirst(c.Name))
	}
}

func alternativesOf(c Choice, ids []string) string {
	var names []string
	for _, o := range c.Options {
		for _, id := range ids {
			if o.ID == id {
				names = append(names, o.Name)
			}
		}
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// choice writes a choice with its options.
func (p *page) choice(id string) {
	c, _ := p.roadmap.Choice(id)
	words := ""
	switch {
	case c.Lab:
		words = " (`choose." + c.ID + "` in lab.yaml; the first is the default)"
	case c.Many:
		words = " (as many as you like)"
	}
	p.line("*%s*%s:\n", c.Name, words)
	for _, o := range c.Options {
		p.line("- %s", optionWords(c, o))
	}
	p.blank()
}

func optionWords(c Choice, o Option) string {
	words := o.Name
	switch {
	case c.Lab && o.ID == o.Name:
		words = code(o.ID)
	case c.Lab:
		words = code(o.ID) + " · " + o.Name
	}
	if o.Note != "" {
		words += ", " + o.Note
	}
	return words + oursMark(o.Ours)
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
