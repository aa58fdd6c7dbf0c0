package engine

import (
	"context"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
)

// PlanTask takes a discretionary task into its stage. If the stage is not open
// yet, the task joins when it opens.
func (e *Engine) PlanTask(ctx context.Context, id string, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "task plan", o, func(c *cmmn.Case) (cmmn.Command, error) {
		t, stage, err := e.findTask(id)
		if err != nil {
			return nil, err
		}
		if t.Kind == roadmap.Process && !e.resolved.Implemented(t.ID) {
			return nil, problem.New(problem.LabNotReady, id, "this version of Cairn cannot do that task yet").
				WithFix("leave it out for now; a stage would wait for it for ever")
		}
		return cmmn.Plan{Item: id, In: stage}, nil
	})
}

// UnplanTask takes a planned task out again, as long as it has not begun.
func (e *Engine) UnplanTask(ctx context.Context, id string, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "task unplan", o, func(*cmmn.Case) (cmmn.Command, error) {
		_, stage, err := e.findTask(id)
		return cmmn.Unplan{Item: id, In: stage}, err
	})
}

// TaskDone completes an open task by the owner's word. It refuses a task that
// evidence completes, or that Cairn carries out.
func (e *Engine) TaskDone(ctx context.Context, id string, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "task done", o, func(c *cmmn.Case) (cmmn.Command, error) {
		t, _, err := e.findTask(id)
		if err != nil {
			return nil, err
		}
		if err := e.refuseWord(t); err != nil {
			return nil, err
		}
		item, there := c.Latest(id)
		if !there {
			return nil, problem.New(problem.CaseIllegal, id, "the task is not planned").WithFix("plan it in with `cairn task plan " + id + "`")
		}
		return cmmn.Do{Number: item.Number, Transition: cmmn.Complete, Path: id}, nil
	})
}

// refuseWord returns why no word completes a task, or nil if one does.
func (e *Engine) refuseWord(t roadmap.Task) error {
	switch proof := e.provenBy(t); {
	case len(proof) > 0:
		return problem.New(problem.CaseIllegal, t.ID, "evidence completes that task, not a word: "+strings.Join(proof, ", ")+" proves it").
			WithFix("look with `cairn check " + strings.Join(proof, " ") + "`")
	case t.Kind == roadmap.Process:
		return problem.New(problem.CaseIllegal, t.ID, "Cairn does that task, so nobody's word completes it").
			WithFix("run `cairn explain " + t.ID + "` for what it is and what it waits for")
	}
	return nil
}

// findTask finds a task, and the number of the
// instance of its stage.
func (v *View) findTask(id string) (roadmap.Task, int, error) {
	for _, t := range v.everyTask() {
		if t.ID == id {
			return t.Task, v.caseState.item(t.stage).Number, nil
		}
	}
	return roadmap.Task{}, 0, v.noSuch(roadmap.SortTask, id)
}
