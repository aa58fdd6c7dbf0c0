package roadmap

import (
	"fmt"
	"strings"

	"cairn/internal/cmmn"
)

// Workflow says how strictly stages wait for each other.
type Workflow string

// The workflows. True dependencies apply in all of them.
const (
	// Waterfall opens a stage when the one before it is complete.
	Waterfall Workflow = "waterfall"
	// Agile opens all stages at once; the owner plans tasks in any order.
	Agile Workflow = "agile"
	// Hybrid opens all later stages when the first has met its exit criteria.
	Hybrid Workflow = "hybrid"
)

// Workflows returns all workflows.
func Workflows() []Workflow { return []Workflow{Waterfall, Agile, Hybrid} }

// ExitOf returns the id of the milestone for the exit criteria of a stage. It
// is not part of the roadmap. The case has it so that stages can wait for it.
func ExitOf(stage string) string { return stage + ".exit-criteria-met" }

// DueSuffix is what a timer's id adds to its task's id.
const DueSuffix = ".due"

// ChoiceValue returns the name under which conditions read the answer to a
// choice.
func ChoiceValue(choice string) string { return ValueName("choose." + choice) }

// Model returns the case model of the roadmap for a workflow. Workflows differ
// only in their criteria. Conditions read by [ValueName] whether a checkpoint
// is proven and whether the owner attested a criterion. By [ChoiceValue] they
// read the answer to a choice.
func (r *Roadmap) Model(w Workflow) *cmmn.Model {
	b := &modeller{roadmap: r, workflow: w}
	plan := &cmmn.Definition{ID: ValueName(r.Name), Name: r.Name, Kind: cmmn.Stage}
	for i := range r.Stages {
		plan.Items = append(plan.Items, b.stage(plan, i))
	}
	return &cmmn.Model{ID: "case." + ValueName(r.Name), Name: r.Name, Plan: plan}
}

// modeller makes a model.
type modeller struct {
	roadmap  *Roadmap
	workflow Workflow
}

// always is a rule without a condition, so it is always true.
var always = &cmmn.Expression{}

func (b *modeller) stage(plan *cmmn.Definition, number int) *cmmn.Item {
	s := b.roadmap.Stages[number]
	d := &cmmn.Definition{ID: s.ID + ".stage", Name: s.Name, Kind: cmmn.Stage, Documentation: s.Goal, AutoComplete: b.completesAlone(s)}
	d.Table = &cmmn.PlanningTable{ID: s.ID + ".table"}
	for _, t := range s.Tasks {
		b.task(d, number, t)
	}
	b.exit(d, s)
	if len(d.Table.Items) == 0 {
		d.Table = nil
	}
	item := &cmmn.Item{ID: s.ID, Definition: d, Control: &cmmn.Control{Required: always}}
	if on := b.gate(number); on != nil {
		item.Entry = criterion(plan, s.ID, on, nil)
	}
	return item
}

// completesAlone reports whether a stage completes as soon as its required
// items are done. In other workflows a stage stays open for what the owner may
// still plan in. So does a stage in which nothing is required.
func (b *modeller) completesAlone(s Stage) bool {
	if b.workflow != Waterfall {
		return false
	}
	for _, t := range s.Tasks {
		if !canBeLeftOut(t) {
			return true
		}
	}
	return false
}

// gate returns the events that open a stage. The owner sees to the entry
// criteria of the first stage.
func (b *modeller) gate(number int) []cmmn.OnPart {
	first := b.roadmap.Stages[0].ID
	switch {
	case number == 0 || b.workflow == Agile:
		return nil
	case b.workflow == Hybrid:
		return []cmmn.OnPart{{Source: ExitOf(first), Event: cmmn.Occur}}
	default:
		return []cmmn.OnPart{{Source: b.roadmap.Stages[number-1].ID, Event: cmmn.Complete}}
	}
}

// task puts a task and its milestone into a stage.
func (b *modeller) task(d *cmmn.Definition, stage int, t Task) {
	item := &cmmn.Item{ID: t.ID, Definition: b.work(b.roadmap.Stages[stage], t), Control: &cmmn.Control{}}
	var after []cmmn.OnPart
	for _, id := range t.After {
		if !b.implied(stage, id) {
			after = append(after, b.reached(id))
		}
	}
	if t.Repeats != "" {
		after = append(after, b.timer(d, t))
		item.Control.Repetition = always
	}
	if len(after) > 0 {
		item.Entry = criterion(d, t.ID, after, nil)
	}
	if canBeLeftOut(t) {
		b.applicability(d.Table, item, t)
		d.Table.Items = append(d.Table.Items, item)
	} else {
		item.Control.Required = always
		d.Items = append(d.Items, item)
	}
	if m, known := b.roadmap.Milestone(t.Milestone); known {
		b.milestone(d, t, m, item.Control.Required)
	}
}

// implied reports whether a stage opens only after something that no lab can
// leave out. Then its tasks need not wait for that themselves.
func (b *modeller) implied(stage int, id string) bool {
	before := 0 // how many of the first stages are done before this one opens
	switch b.workflow {
	case Waterfall:
		before = stage
	case Hybrid:
		before = min(stage, 1)
	}
	for _, s := range b.roadmap.Stages[:before] {
		for _, t := range s.Tasks {
			if (t.ID == id || t.Milestone == id) && !canBeLeftOut(t) {
				return true
			}
		}
	}
	return false
}

func (b *modeller) work(s Stage, t Task) *cmmn.Definition {
	kind := cmmn.ProcessTask
	if t.Kind == Human {
		kind = cmmn.HumanTask
	}
	return &cmmn.Definition{ID: t.ID + ".task", Name: t.Name, Kind: kind, Documentation: t.Text, Annotation: b.annotation(s, t)}
}

func (b *modeller) annotation(s Stage, t Task) cmmn.Annotation {
	a := cmmn.Annotation{Estimate: cmmn.Estimate{Min: t.Estimate.Min, Max: t.Estimate.Max}, Steps: t.Steps}
	for _, id := range t.Checkpoints {
		c, _ := b.roadmap.Checkpoint(id)
		a.Checkpoints = append(a.Checkpoints, cmmn.Note{ID: id, Text: c.Name})
	}
	for _, c := range s.Challenges {
		for _, task := range c.Tasks {
			if task == t.ID {
				a.Challenges = append(a.Challenges, cmmn.Note{ID: c.ID, Text: c.Text, Remedy: c.Remedy})
			}
		}
	}
	return a
}

// reached returns the event that a task waits for: that of a milestone or of
// another task.
func (b *modeller) reached(id string) cmmn.OnPart {
	if _, isMilestone := b.roadmap.Milestone(id); isMilestone {
		return cmmn.OnPart{Source: id, Event: cmmn.Occur}
	}
	return cmmn.OnPart{Source: id, Event: cmmn.Complete}
}

// timer makes the listener for a task that is due again.
func (b *modeller) timer(d *cmmn.Definition, t Task) cmmn.OnPart {
	due := &cmmn.Definition{ID: t.ID + ".timer", Name: "Due: " + t.Name, Kind: cmmn.TimerEvent, Timer: &cmmn.Timer{Expression: "R/" + t.Repeats}}
	item := &cmmn.Item{ID: t.ID + DueSuffix, Definition: due}
	d.Items = append(d.Items, item)
	return cmmn.OnPart{Source: item.ID, Event: cmmn.Occur}
}

// applicability limits a task to labs with certain answers to a choice.
func (b *modeller) applicability(table *cmmn.PlanningTable, item *cmmn.Item, t Task) {
	if t.When == nil {
		return
	}
	var options []string
	for _, o := range t.When.Options {
		options = append(options, fmt.Sprintf("%q", o))
	}
	rule := cmmn.Rule{ID: t.ID + ".when", Condition: cmmn.Expression{Text: ChoiceValue(t.When.Choice) + " in [" + strings.Join(options, ", ") + "]"}}
	table.Rules = append(table.Rules, rule)
	item.Applicability = []string{rule.ID}
}

// milestone adds a milestone that is reached when its task is complete and its
// checkpoints are proven.
func (b *modeller) milestone(d *cmmn.Definition, t Task, m Milestone, required *cmmn.Expression) {
	item := &cmmn.Item{ID: m.ID, Definition: &cmmn.Definition{ID: m.ID + ".milestone", Name: m.Name, Kind: cmmn.Milestone}}
	if required != nil {
		item.Control = &cmmn.Control{Required: required}
	}
	item.Entry = criterion(d, m.ID, []cmmn.OnPart{{Source: t.ID, Event: cmmn.Complete}}, m.Checkpoints)
	d.Items = append(d.Items, item)
}

// exit adds the milestone for a stage's exit criteria.
func (b *modeller) exit(d *cmmn.Definition, s Stage) {
	if len(s.Exit) == 0 {
		return
	}
	e := b.exitParts(s)
	id := ExitOf(s.ID)
	d.Items = append(d.Items, &cmmn.Item{
		ID: id, Definition: &cmmn.Definition{ID: id + ".milestone", Name: s.Name + ": Exit Criteria Met", Kind: cmmn.Milestone},
		Control: &cmmn.Control{Required: always}, Entry: criterion(d, id, e.events, e.values),
	})
}

// criterion gives an item one entry criterion, with its sentry in the stage. It
// is satisfied when all events have occurred and all values are true. Earlier
// events count too, so planning an item late is no disadvantage.
func criterion(stage *cmmn.Definition, owner string, on []cmmn.OnPart, values []string) []cmmn.Criterion {
	sentry := &cmmn.Sentry{ID: owner + ".sentry", On: on, Retroactive: len(on) > 0}
	for i := range on {
		on[i].ID = fmt.Sprintf("%s.on%d", owner, i+1)
	}
	if len(values) > 0 {
		names := make([]string, len(values))
		for i, id := range values {
			names[i] = ValueName(id)
		}
		sentry.If = &cmmn.Expression{Text: strings.Join(names, " && ")}
	}
	stage.Sentries = append(stage.Sentries, sentry)
	return []cmmn.Criterion{{ID: owner + ".entry", Sentry: sentry.ID}}
}
