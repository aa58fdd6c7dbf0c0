package engine

import (
	"fmt"
	"slices"

	"cairn/internal/cmmn"
)

// KeptOpen is one thing that keeps a stage open.
type KeptOpen struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"` // the stage cannot do without it
	Text     string `json:"text"`               // what it is about, and what to do
}

// keepsOpen lists what keeps an open stage from completing, required things first.
// It is empty for a stage that is not open.
func (v *View) keepsOpen(stage string) []KeptOpen {
	if v.caseState.c == nil {
		return nil
	}
	x, err := v.caseState.c.Explain(stage)
	if err != nil {
		return nil
	}
	var all []KeptOpen
	for _, b := range x.Blockers {
		all = append(all, KeptOpen{ID: b.ID, Name: b.Name, Required: b.Required, Text: v.whyOpen(b)})
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

// whyOpen says what to do about one thing that keeps a stage open.
func (v *View) whyOpen(b cmmn.Blocker) string {
	t, isTask := v.roadmap.Task(b.ID)
	switch {
	case b.State == cmmn.Null && isTask && !v.resolved.Implemented(t.ID) && !v.byWord(t):
		return "can still be planned in, once a version of Cairn can do it; nothing later waits for it"
	case b.State == cmmn.Null:
		return fmt.Sprintf("can still be planned in: cairn task plan %s; nothing later waits for it", b.ID)
	case isTask && v.byWord(t):
		return fmt.Sprintf("is for you to do: cairn task done %s --why TEXT", b.ID)
	case isTask && !v.resolved.Implemented(t.ID):
		return "cannot be done by this version of Cairn"
	}
	return fmt.Sprintf("is %s: cairn explain %s", b.State, b.ID)
}
