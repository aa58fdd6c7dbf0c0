package engine

import (
	"encoding/json"

	"cairn/internal/resolve"
	"cairn/internal/roadmap"
)

// StageTasks are the tasks of a stage, and what only the owner's word makes true.
type StageTasks struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Tasks    []TaskStatus      `json:"tasks"`
	Criteria []CriterionStatus `json:"criteria,omitempty"`
}

// CriterionStatus is an exit criterion that the owner attests.
type CriterionStatus struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Attested bool   `json:"attested"`
}

// Tasks are all tasks of the roadmap, stage by stage.
func (v *View) Tasks() []StageTasks {
	var all []StageTasks
	for _, stage := range v.roadmap.Stages {
		of := StageTasks{ID: stage.ID, Name: stage.Name}
		for _, c := range stage.Exit {
			if c.Attested {
				of.Criteria = append(of.Criteria, CriterionStatus{c.ID, c.Text, v.caseState.attested(c.ID)})
			}
		}
		for _, t := range v.everyTask() {
			if t.stage == stage.ID {
				of.Tasks = append(of.Tasks, v.taskStatus(t.Task))
			}
		}
		all = append(all, of)
	}
	return all
}

// stageTask is a task and the stage that it stands in.
type stageTask struct {
	roadmap.Task
	stage string
}

// everyTask returns the roadmap's tasks in order.
func (v *View) everyTask() []stageTask {
	var all []stageTask
	for _, stage := range v.roadmap.Stages {
		for _, t := range stage.Tasks {
			all = append(all, stageTask{t, stage.ID})
		}
	}
	return all
}

// everyLook returns the looks of all checkpoints in the roadmap's order.
func (v *View) everyLook() []resolve.Look {
	var all []resolve.Look
	for _, stage := range v.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			all = append(all, v.resolved.Looks(c.ID)...)
		}
	}
	return all
}

// attested reports whether the owner gave their word on a criterion.
func (l *labCase) attested(criterion string) bool {
	if l.c == nil {
		return false
	}
	raw, known := l.c.Value(roadmap.ValueName(criterion))
	var word bool
	return known && json.Unmarshal(raw, &word) == nil && word
}

// byWord reports whether only the owner's word completes a task. People carry it
// out, and no probe of this version sees the outcome.
func (v *View) byWord(t roadmap.Task) bool {
	return t.Kind == roadmap.Human && len(v.provenBy(t)) == 0
}

// provenBy returns the checkpoints of a task that this version can look at.
func (v *View) provenBy(t roadmap.Task) []string {
	var ids []string
	for _, id := range t.Checkpoints {
		if c, known := v.roadmap.Checkpoint(id); known && c.Available {
			ids = append(ids, id)
		}
	}
	return ids
}
