package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/roadmap"
)

// CaseTurn is one turn of the case: who asked for what and why, on what evidence
// it rests, and what followed.
type CaseTurn struct {
	At       time.Time    `json:"at"`
	By       string       `json:"by"`
	Why      string       `json:"why,omitempty"`
	Command  string       `json:"command"`
	Evidence []Proof      `json:"evidence,omitempty"`
	Values   []CaseValue  `json:"values,omitempty"`
	Changes  []CaseChange `json:"changes,omitempty"`
	Next     Next         `json:"next,omitempty"` // after an order that was just given: the command that takes the lab further, after "cairn"
}

// Proof is a piece of evidence that a turn rests on.
type Proof struct {
	Hash string `json:"hash"`
	Look string `json:"look,omitempty"` // empty when the journal has no such record
}

// CaseValue is a value of the case file that was given or, with null, taken away.
type CaseValue struct {
	ID    string          `json:"id"` // of the checkpoint or criterion, or the choice after "choose."
	Value json.RawMessage `json:"value"`
}

// CaseChange is one change of state. The case itself has the id "case".
type CaseChange struct {
	ID   string     `json:"id"`
	Name string     `json:"name"`
	Kind string     `json:"kind"`
	From cmmn.State `json:"from"`
	To   cmmn.State `json:"to"`
	What string     `json:"what,omitempty"` // in the owner's words, after the name; empty for a step on the way
}

// History is all turns of the case, in the order in which they happened.
func (v *View) History(ctx context.Context) (all []CaseTurn, err error) {
	if err := v.caseState.begun(); err != nil {
		return nil, err
	}
	err = v.journal.Read(ctx, func(log *journal.Reading) error {
		var turns []cmmn.Turn
		if _, err := eachTurn(ctx, log, 0, func(t cmmn.Turn) { turns = append(turns, t) }); err != nil {
			return err
		}
		// Later ones are about a case that this view does not have.
		all, err = v.told(ctx, log, turns[:min(len(turns), v.caseState.turns)])
		return err
	})
	return all, err
}

// lastTurn is the newest turn.
func (e *Engine) lastTurn(ctx context.Context) (*CaseTurn, error) {
	newest, err := e.journal.NewestOfEach(ctx, typeTurn)
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	last, err := turnIn(newest[len(newest)-1])
	if err != nil {
		return nil, err
	}
	turns, err := e.told(ctx, e.journal, []cmmn.Turn{last})
	if err != nil {
		return nil, err
	}
	return &turns[0], nil
}

// told puts turns into words for people.
func (v *View) told(ctx context.Context, log events, turns []cmmn.Turn) ([]CaseTurn, error) {
	looks, err := looksByHash(ctx, log, turns)
	if err != nil {
		return nil, err
	}
	items, ids := v.caseState.c.Items(), v.valueIDs()
	var all []CaseTurn
	for _, t := range turns {
		turn := CaseTurn{At: t.At, By: t.By, Why: t.Why, Command: t.Command}
		for _, hash := range t.Evidence {
			turn.Evidence = append(turn.Evidence, Proof{hash, looks[hash]})
		}
		for _, effect := range t.Effects {
			turn.take(effect, items, ids)
		}
		all = append(all, turn)
	}
	return all, nil
}

// take adds what an effect means for people. Items are by the number of their
// instance, which counts from 1.
func (t *CaseTurn) take(e cmmn.Effect, items []cmmn.ItemState, ids map[string]string) {
	switch e.Op {
	case cmmn.OpSet:
		value := e.Value
		if value == nil {
			value = json.RawMessage("null")
		}
		t.Values = append(t.Values, CaseValue{cmp.Or(ids[e.Name], e.Name), value})
	case cmmn.OpMove:
		change := CaseChange{ID: "case", Name: "The case", Kind: "case", From: e.From, To: e.To}
		if e.At > 0 {
			item := items[e.At-1]
			change.ID, change.Name, change.Kind = item.ID, item.Name, item.Kind.String()
		}
		change.What = change.what()
		t.Changes = append(t.Changes, change)
	}
}

// valueIDs are the ids of what the case file has, by the names of their values.
func (v *View) valueIDs() map[string]string {
	ids := map[string]string{}
	for _, name := range v.roadmap.Names() {
		ids[roadmap.ValueName(name.ID)] = name.ID
	}
	for _, choice := range v.roadmap.Choices {
		ids[roadmap.ChoiceValue(choice.ID)] = "choose." + choice.ID
	}
	return ids
}

// looksByHash says what the records that the turns rest on looked at.
func looksByHash(ctx context.Context, log events, turns []cmmn.Turn) (map[string]string, error) {
	looks := map[string]string{}
	for _, t := range turns {
		for _, hash := range t.Evidence {
			looks[hash] = ""
		}
	}
	if len(looks) == 0 {
		return nil, nil
	}
	return looks, eachRecord(ctx, log, func(r evidence.Record) error {
		if _, wanted := looks[r.Hash]; wanted {
			looks[r.Hash] = r.Look.String()
		}
		return nil
	})
}
