package cmmn_test

import (
	"testing"

	"cairn/internal/cmmn"
)

// TestReplayRefuses holds that a journal which does not fit is an error and no
// panic.
func TestReplayRefuses(t *testing.T) {
	p := begin(t, "case C\n  task A").program
	for _, e := range []cmmn.Effect{
		{Op: "unheard of"}, {Op: cmmn.OpClock}, {Op: cmmn.OpArm}, {Op: cmmn.OpMove, At: 7}, {Op: cmmn.OpMove, At: -1},
		{Op: cmmn.OpCreate, At: 5, Item: "A"}, {Op: cmmn.OpCreate, At: 1, Item: "A", Parent: 3}, {Op: cmmn.OpSet, Name: "x", Value: []byte("{")},
	} {
		if _, err := p.Replay([]cmmn.Turn{{Effects: []cmmn.Effect{e}}}); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}
