package roadmap

import (
	"slices"

	"cairn/internal/document"
)

// content compares the parts of a roadmap with each other.
type content struct {
	roadmap *Roadmap
	places  map[string]document.Place
	faults  document.Faults
}

// checkContent checks that nothing is unused, and that what is available can
// really be seen through.
func checkContent(r *Roadmap, places map[string]document.Place) document.Faults {
	c := &content{roadmap: r, places: places}
	checkpoints, choices := map[string]bool{}, map[string]bool{}
	for _, s := range r.Stages {
		for _, t := range s.Tasks {
			c.task(t)
			note(checkpoints, t.Checkpoints)
			note(choices, t.Choices)
		}
	}
	for _, s := range r.Stages {
		for _, p := range s.Checkpoints {
			c.unless(checkpoints[p.ID], p.ID, "no task has the checkpoint %s", p.ID)
		}
	}
	for _, choice := range r.Choices {
		c.unless(choices[choice.ID], choice.ID, "no task leaves the choice %s", choice.ID)
	}
	return c.faults
}

func note(seen map[string]bool, ids []string) {
	for _, id := range ids {
		seen[id] = true
	}
}

// unless reports a fault about a thing if a condition does not hold.
func (c *content) unless(holds bool, id, format string, args ...any) {
	if !holds {
		c.faults = append(c.faults, c.places[id].Fault(format, args...))
	}
}

func (c *content) task(t Task) {
	c.unless(t.Discretionary || !t.Recommended, t.ID, "only a discretionary task can be recommended, and %s is not one", t.ID)
	c.unless(t.Milestone == "" || len(t.Checkpoints) > 0, t.ID, "%s has a milestone, but no checkpoint that proves it", t.ID)
	c.unless(t.Available || t.Cairn == "", t.ID, "%s says what Cairn does, but this version cannot do it", t.ID)
	c.unless(!t.Available || t.Cairn != "", t.ID, "%s does not say what Cairn does", t.ID)
	c.unless(!t.Available || len(t.Checkpoints) > 0, t.ID, "%s is available, but has no checkpoint to prove it", t.ID)
	for _, id := range t.Checkpoints {
		p, known := c.roadmap.Checkpoint(id)
		c.unless(!t.Available || !known || p.Available, t.ID, "%s is available, but its checkpoint %s has no probe", t.ID, id)
	}
	if t.When != nil {
		c.when(t)
	}
}

// when checks that a condition names existing options.
func (c *content) when(t Task) {
	choice, known := c.roadmap.Choice(t.When.Choice)
	c.unless(len(t.When.Options) > 0, t.ID, "the condition of %s names no options", t.ID)
	for _, o := range t.When.Options {
		there := slices.ContainsFunc(choice.Options, func(option Option) bool { return option.ID == o })
		c.unless(!known || there, t.ID, "the condition of %s names the option %s, which the choice %s does not have", t.ID, document.Quoted(o), t.When.Choice)
	}
}
