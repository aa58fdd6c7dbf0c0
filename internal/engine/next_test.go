package engine

import (
	"testing"
	"time"

	"cairn/internal/evidence"
)

// TestWhatComesNext checks the order: what no longer holds comes before what is
// still to be done. Work that this version cannot do is no reason for an up.
func TestWhatComesNext(t *testing.T) {
	reached := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	open := TaskStatus{State: "active", Available: true}
	for _, c := range []struct {
		name  string
		begun bool
		stage StageStatus
		want  Next
	}{
		{"nothing begun", false, StageStatus{Tasks: []TaskStatus{open}}, NextPlan},
		{"a task is open", true, StageStatus{Tasks: []TaskStatus{open}}, NextUp},
		{"one that can be started", true, StageStatus{Tasks: []TaskStatus{{State: "enabled", Available: true}}}, NextUp},
		{"one that this version cannot do", true, StageStatus{Tasks: []TaskStatus{{State: "active"}}}, NextTasks},
		{"one that waits", true, StageStatus{Tasks: []TaskStatus{{State: "available", Available: true}}}, NextTasks},
		{"a proof is old", true, StageStatus{Tasks: []TaskStatus{open},
			Milestones: []MilestoneStatus{{Reached: &reached, Standing: evidence.StandingOf(true, evidence.Stale)}}}, NextCheck},
		{"all holds", true, StageStatus{Milestones: []MilestoneStatus{{Reached: &reached, Standing: evidence.Holds}, {}}}, NextTasks},
	} {
		if got := (&Status{Begun: c.begun, Stages: []StageStatus{c.stage}}).next(); got != c.want {
			t.Errorf("%s: next is %q, want %q", c.name, got, c.want)
		}
	}
}
