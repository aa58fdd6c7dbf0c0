package interchange

import (
	"fmt"
	"slices"

	"cairn/internal/cmmn"
)

// survey walks a model's definitions depth first. It finds what cannot be
// written: missing pieces, cycles, and fields that a kind does not have.
type survey struct {
	users     map[*cmmn.Definition][]*cmmn.Definition
	around    []*cmmn.Definition // from the case plan model down
	met, done []*cmmn.Definition // in the order of first meeting, and of completion
	items     []*cmmn.Item       // each before those in it
	fault     string
}

func newSurvey(m *cmmn.Model) *survey {
	s := &survey{users: map[*cmmn.Definition][]*cmmn.Definition{}}
	if m.Plan == nil || m.Plan.Kind != cmmn.Stage {
		s.fault = fmt.Sprintf("case %q has no stage as its case plan model", m.ID)
		return s
	}
	s.walk(m.Plan)
	return s
}

func (s *survey) walk(d *cmmn.Definition) {
	if s.fault = misfit(d); s.fault != "" {
		return
	}
	if len(s.around) > maxDepth {
		s.fault = fmt.Sprintf("the case nests deeper than %d stages", maxDepth)
		return
	}
	s.around = append(s.around, d)
	items := slices.Clip(d.Items)
	if d.Table != nil {
		items = append(items, s.tableItems(d.Table, 0)...)
	}
	for _, item := range items {
		if s.fault != "" {
			return
		}
		s.use(d, item)
	}
	s.around = s.around[:len(s.around)-1]
	s.done = append(s.done, d)
}

func (s *survey) use(user *cmmn.Definition, item *cmmn.Item) {
	if item == nil || item.Definition == nil {
		s.fault = fmt.Sprintf("%s has an item without a definition", describe(user))
		return
	}
	s.items = append(s.items, item)
	d := item.Definition
	first := len(s.users[d]) == 0
	s.users[d] = append(s.users[d], user)
	switch {
	case slices.Contains(s.around, d):
		s.fault = fmt.Sprintf("%s contains itself", describe(d))
	case first:
		s.met = append(s.met, d)
		s.walk(d)
	}
}

func (s *survey) tableItems(t *cmmn.PlanningTable, nesting int) []*cmmn.Item {
	if t == nil || nesting > maxDepth {
		s.fault = "a planning table is missing, or planning tables nest too deeply"
		return nil
	}
	items := slices.Clip(t.Items)
	for _, nested := range t.Tables {
		items = append(items, s.tableItems(nested, nesting+1)...)
	}
	return items
}

// misfit says what in a definition has no place in its element. It is empty if
// everything fits.
func misfit(d *cmmn.Definition) string {
	isStage := d.Kind == cmmn.Stage
	switch {
	case elementOf(d.Kind) == "":
		return fmt.Sprintf("%s is of an unknown kind", describe(d))
	case !isStage && (len(d.Items)+len(d.Sentries)+len(d.Exit) > 0 || d.AutoComplete):
		return fmt.Sprintf("%s contains items or completes automatically, which only stages can", describe(d))
	case d.Table != nil && !isStage && d.Kind != cmmn.HumanTask:
		return fmt.Sprintf("%s has a planning table, which only stages and human tasks have", describe(d))
	case d.Timer != nil && d.Kind != cmmn.TimerEvent:
		return fmt.Sprintf("%s has a timer, which only timer event listeners have", describe(d))
	case d.NonBlocking && !d.Kind.IsTask():
		return fmt.Sprintf("%s is not blocking, which only tasks can be", describe(d))
	case slices.Contains(d.Sentries, nil):
		return fmt.Sprintf("%s has a nil sentry", describe(d))
	}
	return ""
}

func describe(d *cmmn.Definition) string { return fmt.Sprintf("%s %q", d.Kind, d.ID) }

// elementOf returns the element that defines the kind. It is empty if there is
// none.
func elementOf(kind cmmn.Kind) string {
	for name, k := range kinds {
		if k == kind {
			return name
		}
	}
	return ""
}
