package engine

import (
	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
)

// Model is the case model that the lab's roadmap and workflow make.
func (v *View) Model() *cmmn.Model { return v.caseState.program.Model() }

// Marks say how the lab's case stands, for its diagram. There are none before the
// case has begun.
func (v *View) Marks() diagram.Marks {
	if !v.caseState.started() {
		return nil
	}
	c := v.caseState.c
	marks := diagram.Marks{v.Model().Plan.ID: {State: c.State()}}
	for _, item := range c.Items() {
		mark := marks[item.ID]
		mark.State = item.State
		mark.Instances++
		marks[item.ID] = mark
	}
	for _, stage := range v.Status().Stages {
		for _, m := range stage.Milestones {
			if mark, known := marks[m.ID]; known && m.Reached != nil {
				mark.Standing = string(m.Standing)
				marks[m.ID] = mark
			}
		}
	}
	return marks
}
