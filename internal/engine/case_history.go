package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"cairn/internal/cmmn"
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
}

// History is all turns of the case, in the order in which they happened.
func (e *Engine) History(ctx context.Context) ([]CaseTurn, error) {
	if err := e.theCase.begun(); err != nil {
		return nil, err
	}
	return e.turnsFrom(ctx, 0)
}

// lastTurn is the newest turn.
func (e *Engine) lastTurn(ctx context.Context) (*CaseTurn, error) {
	turns, err := e.turnsFrom(ctx, len(e.theCase.turns)-1)
	if err != nil || len(turns) == 0 {
		return nil, err
	}
	return &turns[0], nil
}

func (e *Engine) turnsFrom(ctx context.Context, first int) ([]CaseTurn, error) {
	turns := e.theCase.turns[first:]
	looks, err := e.looksByHash(ctx, turns)
	if err != nil {
		return nil, err
	}
	items, ids := e.theCase.c.Items(), e.valueIDs()
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
		t.Changes = append(t.Changes, change)
	}
}

// valueIDs are the ids of what the case file has, by the names of their values.
func (e *Engine) valueIDs() map[string]string {
	ids := map[string]string{}
	for _, name := range e.roadmap.Names() {
		ids[roadmap.ValueName(name.ID)] = name.ID
	}
	for _, choice := range e.roadmap.Choices {
		ids[roadmap.ChoiceValue(choice.ID)] = "choose." + choice.ID
	}
	return ids
}

// looksByHash says what the records that the turns rest on looked at.
func (e *Engine) looksByHash(ctx context.Context, turns []cmmn.Turn) (map[string]string, error) {
	if !slices.ContainsFunc(turns, func(t cmmn.Turn) bool { return len(t.Evidence) > 0 }) {
		return nil, nil
	}
	events, err := e.journal.OfType(ctx, typeEvidence)
	if err != nil {
		return nil, err
	}
	records, err := recordsIn(events)
	if err != nil {
		return nil, err
	}
	looks := map[string]string{}
	for _, r := range records {
		looks[r.Hash] = r.Look.String()
	}
	return looks, nil
}
