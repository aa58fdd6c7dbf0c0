package engine

import (
	"fmt"
	"slices"

	"cairn/internal/cmmn"
)

// KeptOpen is something that keeps an open stage from its end.
type KeptOpen struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"` // the stage cannot do without it
	Text     string `json:"text"`               // what it is about, and what to do
}

// keepsOpen are what keeps an open stage from its end, what it cannot do without
// first; nothing for a stage that is not open.
func (e *Engine) keepsOpen(stage string) []KeptOpen {
	if e.theCase.c == nil {
		return nil
	}
	x, err := e.theCase.c.Explain(stage)
	if err != nil {
		return nil
	}
	var all []KeptOpen
	for _, b := range x.Blockers {
		all = append(all, KeptOpen{ID: b.ID, Name: b.Name, Required: b.Required, Text: e.whyOpen(b)})
	}
	slices.SortStableFunc(all, func(a, b KeptOpen) int {
		if a.Required == b.Required {
			return 0
		}
		if a.Required {
			return -1
		}
		return 1
	})
	return all
}

// whyOpen is what to do about one thing that keeps a stage open.
func (e *Engine) whyOpen(b cmmn.Blocker) string {
	t, isTask := e.roadmap.Task(b.ID)
	switch {
	case b.State == cmmn.Null && isTask && !e.resolved.Implemented(t.ID) && !e.byWord(t):
		return "can still be planned in, once a version of Cairn can do it; nothing later waits for it"
	case b.State == cmmn.Null:
		return fmt.Sprintf("can still be planned in: cairn task plan %s; nothing later waits for it", b.ID)
	case isTask && e.byWord(t):
		return fmt.Sprintf("is for you to do: cairn task done %s --why TEXT", b.ID)
	case isTask && !e.resolved.Implemented(t.ID):
		return "cannot be done by this version of Cairn"
	}
	return fmt.Sprintf("is %s: cairn explain %s", b.State, b.ID)
}
