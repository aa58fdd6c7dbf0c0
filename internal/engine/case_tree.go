package engine

import (
	"time"

	"cairn/internal/cmmn"
)

// CaseTree is the case as a tree of what its model has.
type CaseTree struct {
	Lab      string     `json:"lab"`
	Workflow string     `json:"workflow"`
	State    cmmn.State `json:"state"`
	Word     Word       `json:"word"`
	Begun    time.Time  `json:"begun"`
	Turns    int        `json:"turns"`
	Items    []CaseItem `json:"items"`
}

// CaseItem is a stage, task, milestone or event listener, by its newest instance.
type CaseItem struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Kind          string     `json:"kind"`
	State         cmmn.State `json:"state"` // null: not planned, or in a stage that has not begun
	Word          Word       `json:"word"`  // the same in the owner's words
	Required      bool       `json:"required,omitempty"`
	Discretionary bool       `json:"discretionary,omitempty"`
	Repeats       bool       `json:"repeats,omitempty"`
	Ended         *time.Time `json:"ended,omitempty"`
	WaitsFor      []string   `json:"waits_for,omitempty"`
	Items         []CaseItem `json:"items,omitempty"`
}

// CaseTree shows the case as it is in the journal.
func (v *View) CaseTree() (*CaseTree, error) {
	if err := v.caseState.begun(); err != nil {
		return nil, err
	}
	tree := &CaseTree{
		Lab: v.lab.Name, Workflow: string(v.lab.Workflow), State: v.caseState.c.State(), Word: wordFor(v.caseState.c.State().String()),
		Begun: v.caseState.since, Turns: v.caseState.turns,
		Items: v.caseState.below(v.Model().Plan),
	}
	return tree, nil
}

// below returns the items of a stage, with those of its planning table last.
func (l *labCase) below(stage *cmmn.Definition) []CaseItem {
	var all []CaseItem
	for _, item := range stage.Items {
		all = append(all, l.treeItem(item, false))
	}
	if stage.Table != nil {
		for _, item := range stage.Table.Items {
			all = append(all, l.treeItem(item, true))
		}
	}
	return all
}

func (l *labCase) treeItem(item *cmmn.Item, discretionary bool) CaseItem {
	now := l.item(item.ID)
	shown := CaseItem{
		ID: item.ID, Name: item.Title(), Kind: item.Definition.Kind.String(), State: now.State, Word: wordIn(item.Definition.Kind.String(), now.State),
		Required: now.Required, Discretionary: discretionary, Repeats: item.Control != nil && item.Control.Repetition != nil,
	}
	// A task's milestone always waits for the task, so that says nothing new.
	if _, ofTask := l.roadmap.Milestone(item.ID); !ofTask {
		shown.WaitsFor = l.waitsFor(item.ID)
	}
	if !now.Ended.IsZero() {
		shown.Ended = &now.Ended
	}
	if item.Definition.Kind == cmmn.Stage {
		shown.Items = l.below(item.Definition)
	}
	return shown
}

// find looks for an id among items and everything below them.
func find(items []CaseItem, id string) (CaseItem, bool) {
	for _, item := range items {
		if item.ID == id {
			return item, true
		}
		if below, known := find(item.Items, id); known {
			return below, true
		}
	}
	return CaseItem{}, false
}
