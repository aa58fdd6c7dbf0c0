package engine

import (
	"context"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
)

// advance gives the case the current evidence. It completes the open tasks whose
// checkpoints all count. Each completion can open more tasks.
func (e *Engine) advance(ctx context.Context, report *UpReport) error {
	before := e.caseState.reachedMilestones()
	if err := e.caseState.set(ctx, e, e.values()); err != nil {
		return err
	}
	for {
		ready := e.readyTasks()
		if len(ready) == 0 {
			break
		}
		for _, t := range ready {
			if err := e.caseState.complete(ctx, e, t.ID); err != nil {
				return err
			}
			e.tell(Event{Type: EventTaskDone, Task: t.ID, Text: t.Name})
		}
	}
	e.tellReached(before, report)
	return nil
}

// tellReached reports the milestones that were not reached before.
func (e *Engine) tellReached(before map[string]time.Time, report *UpReport) {
	now := e.caseState.reachedMilestones()
	for _, stage := range e.roadmap.Stages {
		for _, m := range stage.Milestones {
			if before[m.ID].IsZero() && !now[m.ID].IsZero() {
				report.Reached = append(report.Reached, m.ID)
				e.tell(Event{Type: EventMilestone, Milestone: m.ID, Text: m.Name})
			}
		}
	}
}

// readyTasks returns the open tasks of this version whose checkpoints all count.
func (e *Engine) readyTasks() []roadmap.Task {
	var ready []roadmap.Task
	for _, stage := range e.roadmap.Stages {
		for _, t := range stage.Tasks {
			if e.resolved.Implemented(t.ID) && e.caseState.open(t.ID) && e.counts(t) {
				ready = append(ready, t)
			}
		}
	}
	return ready
}

// counts reports whether all checkpoints of a task count now. A task without
// checkpoints is never completed by evidence.
func (v *View) counts(t roadmap.Task) bool {
	return len(t.Checkpoints) > 0 && len(failing(t, v.Judge)) == 0
}

// failing returns the task's checkpoints that do not count according to judge.
func failing(t roadmap.Task, judge func(checkpoint string) evidence.Judgement) []string {
	var failing []string
	for _, id := range t.Checkpoints {
		if !judge(id).Outcome.Counts() {
			failing = append(failing, id)
		}
	}
	return failing
}

// Judge returns what a checkpoint is worth now. A checkpoint that this version
// cannot look at is unproven.
func (v *View) Judge(checkpoint string) evidence.Judgement {
	return v.judge(checkpoint, func(all []resolve.Look) []resolve.Look { return all })
}

// judge returns what the looks at a checkpoint are worth that the filter which
// keeps.
func (v *View) judge(checkpoint string, which func([]resolve.Look) []resolve.Look) evidence.Judgement {
	c, known := v.roadmap.Checkpoint(checkpoint)
	if !known || !c.Available {
		return evidence.Judgement{Outcome: evidence.Unproven}
	}
	return v.ledger.JudgeAll(resolve.Bare(which(v.resolved.Looks(c.ID))), v.resolved.Waivers, v.now())
}

// values is the case file. It says of every checkpoint of this version whether it
// counts, and how the owner answered the choices.
func (e *Engine) values() map[string]any {
	values := map[string]any{}
	for choice, option := range e.lab.Choose {
		values[roadmap.ChoiceValue(choice)] = option
	}
	for _, stage := range e.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			if c.Available {
				values[roadmap.ValueName(c.ID)] = e.Judge(c.ID).Outcome.Counts()
			}
		}
	}
	return values
}
