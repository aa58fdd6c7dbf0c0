package engine

import (
	"context"
	"encoding/json"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
)

// Attest records the owner's word on an exit criterion that nothing else can prove.
func (e *Engine) Attest(ctx context.Context, criterion string, o Order) (*CaseTurn, error) {
	return e.steer(ctx, "task attest", o, func(*cmmn.Case) (cmmn.Command, error) {
		word := map[string]json.RawMessage{roadmap.ValueName(criterion): json.RawMessage("true")}
		return cmmn.Set{Values: word}, e.refuseAttest(criterion)
	})
}

// refuseAttest returns why a criterion takes no word now, or nil if it does.
func (e *Engine) refuseAttest(id string) error {
	c, isExit, known := e.criterion(id)
	switch {
	case !known:
		return e.noSuch(roadmap.SortCriterion, id)
	case !c.Attested:
		return problem.New(problem.CaseIllegal, id, "evidence decides that criterion, not a word").
			WithFix("run `cairn case show` for what is still open")
	case !isExit:
		return problem.New(problem.CaseIllegal, id, "nothing waits for your word on that: take care of it before you begin").
			WithFix("go on with `cairn up`")
	case e.caseState.attested(id):
		return problem.New(problem.CaseIllegal, id, "you gave your word on that already").
			WithFix("run `cairn case history` for when and why")
	}
	return nil
}

// criterion finds an entry or exit criterion of a stage.
func (e *Engine) criterion(id string) (c roadmap.Criterion, isExit, known bool) {
	for _, stage := range e.roadmap.Stages {
		for _, c := range stage.Exit {
			if c.ID == id {
				return c, true, true
			}
		}
		for _, c := range stage.Entry {
			if c.ID == id {
				return c, false, true
			}
		}
	}
	return roadmap.Criterion{}, false, false
}
