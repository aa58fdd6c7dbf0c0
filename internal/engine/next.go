package engine

import (
	"cairn/internal/cmmn"
	"cairn/internal/evidence"
)

// Next is the command that takes the lab further.
type Next string

// The commands that can come next.
const (
	NextPlan  Next = "plan"      // nothing has begun: see what would be done
	NextCheck Next = "check"     // a milestone that was reached does not hold now
	NextUp    Next = "up"        // a task is open that this version can do
	NextTasks Next = "task list" // the rest is the owner's, or waits

	NextResume  Next = "case resume --why TEXT" // the case rests
	NextShow    Next = "case show"              // see what an order changed
	NextHistory Next = "case history"           // the case is over
)

// nextAfter is what comes after the owner's orders, by their purpose.
var nextAfter = map[string]Next{
	"case suspend": NextResume, "case resume": NextUp, "case reactivate": NextShow, "case close": NextHistory,
	"task plan": NextTasks, "task unplan": NextTasks, "task done": NextShow, "task attest": NextShow,
}

// When says when the command is due. It is empty for now.
func (n Next) When() string {
	if n == NextResume {
		return "when it is to go on"
	}
	return ""
}

// next returns what comes next. Repairing what no longer holds comes before new
// work.
func (s *Status) next() Next {
	open, failing := false, false
	for _, stage := range s.Stages {
		for _, t := range stage.Tasks {
			open = open || t.Available && (t.State == cmmn.Active.String() || t.State == cmmn.Enabled.String())
		}
		for _, m := range stage.Milestones {
			failing = failing || m.Reached != nil && m.Standing != evidence.Holds
		}
	}
	switch {
	case !s.Begun:
		return NextPlan
	case failing:
		return NextCheck
	case open:
		return NextUp
	}
	return NextTasks
}
