package roadmap

import "strings"

// index finds things by id.
type index struct {
	choices     map[string]*Choice
	stages      map[string]*Stage
	tasks       map[string]*Task
	milestones  map[string]*Milestone
	checkpoints map[string]*Checkpoint
}

func indexOf(r *Roadmap) index {
	x := index{map[string]*Choice{}, map[string]*Stage{}, map[string]*Task{}, map[string]*Milestone{}, map[string]*Checkpoint{}}
	for i := range r.Choices {
		x.choices[r.Choices[i].ID] = &r.Choices[i]
	}
	for i := range r.Stages {
		s := &r.Stages[i]
		x.stages[s.ID] = s
		for i := range s.Tasks {
			x.tasks[s.Tasks[i].ID] = &s.Tasks[i]
		}
		for i := range s.Milestones {
			x.milestones[s.Milestones[i].ID] = &s.Milestones[i]
		}
		for i := range s.Checkpoints {
			x.checkpoints[s.Checkpoints[i].ID] = &s.Checkpoints[i]
		}
	}
	return x
}

// Choice returns the choice with that id, and whether it exists.
func (r *Roadmap) Choice(id string) (Choice, bool) { return found(r.index.choices, id) }

// Stage returns the stage with that id, and whether it exists.
func (r *Roadmap) Stage(id string) (Stage, bool) { return found(r.index.stages, id) }

// Task returns the task with that id, in any stage, and whether it exists.
func (r *Roadmap) Task(id string) (Task, bool) { return found(r.index.tasks, id) }

// Milestone returns the milestone with that id, in any stage, and whether it
// exists.
func (r *Roadmap) Milestone(id string) (Milestone, bool) { return found(r.index.milestones, id) }

// Checkpoint returns the checkpoint with that id, in any stage, and whether it
// exists.
func (r *Roadmap) Checkpoint(id string) (Checkpoint, bool) { return found(r.index.checkpoints, id) }

func found[T any](things map[string]*T, id string) (thing T, known bool) {
	if p := things[id]; p != nil {
		return *p, true
	}
	return thing, false
}

// ValueName returns an id in the form that conditions of the case use. Dots and
// hyphens have a meaning there, so they become underscores. No two ids of a
// roadmap give the same name.
func ValueName(id string) string { return strings.NewReplacer(".", "_", "-", "_").Replace(id) }
