package roadmap

import (
	"slices"

	"cairn/internal/cmmn"
)

// exitParts is what the exit criteria of a stage wait for.
type exitParts struct {
	events []cmmn.OnPart
	values []string // ids of checkpoints and of attested criteria
}

func (b *modeller) exitParts(s Stage) exitParts {
	var e exitParts
	for _, c := range s.Exit {
		if c.Optional {
			continue
		}
		if c.Attested {
			e.value(c.ID)
		}
		for _, id := range append(b.every(s, c.Every), c.ProvenBy...) {
			b.wait(&e, id)
		}
	}
	return e
}

// wait adds a milestone, a checkpoint or a stage. It leaves out those that only
// tasks bring about which a lab can leave out.
func (b *modeller) wait(e *exitParts, id string) {
	if b.canBeMissing(id) {
		return
	}
	if _, isCheckpoint := b.roadmap.Checkpoint(id); isCheckpoint {
		e.value(id)
		return
	}
	on := b.reached(id)
	if !slices.ContainsFunc(e.events, func(other cmmn.OnPart) bool { return other.Source == on.Source }) {
		e.events = append(e.events, on)
	}
}

func (e *exitParts) value(id string) {
	if !slices.Contains(e.values, id) {
		e.values = append(e.values, id)
	}
}

// every returns the checkpoints or milestones of the tasks that a lab cannot
// leave out. Those of planned tasks keep their own tasks open.
func (b *modeller) every(s Stage, what Every) []string {
	var ids []string
	for _, t := range s.Tasks {
		switch {
		case canBeLeftOut(t):
		case what == EveryCheckpoint:
			ids = append(ids, t.Checkpoints...)
		case what == EveryMilestone && t.Milestone != "":
			ids = append(ids, t.Milestone)
		}
	}
	return ids
}

func canBeLeftOut(t Task) bool { return t.Discretionary || t.When != nil }

// canBeMissing reports whether a lab can do without a milestone or checkpoint.
func (b *modeller) canBeMissing(id string) bool {
	missing := false
	for _, s := range b.roadmap.Stages {
		for _, t := range s.Tasks {
			if t.ID == id || t.Milestone == id || slices.Contains(t.Checkpoints, id) {
				if !canBeLeftOut(t) {
					return false
				}
				missing = true
			}
		}
	}
	return missing
}
