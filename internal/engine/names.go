package engine

import (
	"fmt"
	"slices"

	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// names are the ids of everything that can be explained.
func (e *Engine) names() []string {
	var ids []string
	for _, stage := range e.roadmap.Stages {
		ids = append(ids, stage.ID)
		for _, m := range stage.Milestones {
			ids = append(ids, m.ID)
		}
		for _, c := range stage.Checkpoints {
			ids = append(ids, c.ID)
		}
		for _, c := range slices.Concat(stage.Entry, stage.Exit) {
			ids = append(ids, c.ID)
		}
		for _, c := range stage.Challenges {
			ids = append(ids, c.ID)
		}
	}
	for _, t := range e.everyTask() {
		ids = append(ids, t.ID)
	}
	for _, entry := range problem.All() {
		ids = append(ids, string(entry.Code))
	}
	return ids
}

// noSuch says that nothing has a name, and which one was probably meant.
func noSuch(kind, id string, known []string) error {
	p := problem.New(problem.LabUnknown, "", fmt.Sprintf("the roadmap has no %s %q", kind, id))
	if near := spelling.Nearest(id, known); near != "" {
		p.Summary += fmt.Sprintf("; did you mean `%s`?", near)
	}
	return p
}
