package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// anna steers the case in these tests.
var anna = Order{By: "anna", Why: "because"}

// openLab opens a lab without hosts in a folder, as a command does.
func openLab(t *testing.T, dir string) *Engine {
	t.Helper()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e, err := Open(t.Context(), Options{
		Lab: &lab.Lab{Name: "home", Dir: dir, Workflow: lab.Hybrid}, Roadmap: r,
		Now: func() time.Time { now = now.Add(time.Second); return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// begunLab is a lab whose case has begun.
func begunLab(t *testing.T) *Engine {
	t.Helper()
	e := openLab(t, t.TempDir())
	if err := e.caseState.start(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

func turns(t *testing.T, e *Engine) []CaseTurn {
	t.Helper()
	all, err := e.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantCode(t *testing.T, err error, want problem.Code) {
	t.Helper()
	if got := problem.CodeOf(err); got != want {
		t.Errorf("the error is %v (%s), want %s", err, got, want)
	}
}

// command is a command that steers the case.
type command func(*Engine, context.Context, Order) (*CaseTurn, error)

func onTask(do func(*Engine, context.Context, string, Order) (*CaseTurn, error), id string) command {
	return func(e *Engine, ctx context.Context, o Order) (*CaseTurn, error) { return do(e, ctx, id, o) }
}

const unseen = "foundation.version-control" // people do it and no probe sees it

func TestEachCommandIsOneSignedTurn(t *testing.T) {
	e := begunLab(t)
	for _, step := range []struct {
		do        command
		want      string // the command as the journal has it
		caseState cmmn.State
		next      Next
	}{
		{onTask((*Engine).PlanTask, unseen), "plan " + unseen, cmmn.Active, NextTasks},
		{onTask((*Engine).TaskDone, unseen), "complete " + unseen, cmmn.Active, NextShow},
		{onTask((*Engine).PlanTask, "improvement.capacity"), "plan improvement.capacity", cmmn.Active, NextTasks},
		{onTask((*Engine).UnplanTask, "improvement.capacity"), "unplan improvement.capacity", cmmn.Active, NextTasks},
		{onTask((*Engine).Attest, "expansion.security-reviewed"), "set expansion_security_reviewed", cmmn.Active, NextShow},
		{(*Engine).SuspendCase, "suspend case", cmmn.Suspended, NextResume},
		{(*Engine).ResumeCase, "reactivate case", cmmn.Active, NextUp},
		{(*Engine).SuspendCase, "suspend case", cmmn.Suspended, NextResume},
		{(*Engine).ReactivateCase, "reactivate case", cmmn.Active, NextShow},
		{(*Engine).SuspendCase, "suspend case", cmmn.Suspended, NextResume},
		{(*Engine).CloseCase, "close case", cmmn.Closed, NextHistory},
	} {
		before := len(turns(t, e))
		turn, err := step.do(e, t.Context(), anna)
		if err != nil {
			t.Fatalf("%s: %v", step.want, err)
		}
		// The journal counts, so the test reads it anew.
		again := openLab(t, e.lab.Dir)
		all := turns(t, again)
		if len(all) != before+1 {
			t.Errorf("%s: %d turns were written", step.want, len(all)-before)
		}
		last := all[len(all)-1]
		if last.Command != step.want || last.By != "anna" || last.Why != "because" || turn.Command != step.want {
			t.Errorf("the journal has %+v and the command said %+v, want %q by anna", last, turn, step.want)
		}
		if turn.Next != step.next || last.Next != "" {
			t.Errorf("%s: next is %q, and the journal says %q; want %q, and nothing", step.want, turn.Next, last.Next, step.next)
		}
		if got := again.caseState.c.State(); got != step.caseState {
			t.Errorf("%s: the case is %s, want %s", step.want, got, step.caseState)
		}
	}
}

func TestRefusedCommandsWriteNothing(t *testing.T) {
	e := begunLab(t)
	before := len(turns(t, e))
	for name, refused := range map[string]struct {
		do   command
		code problem.Code
	}{
		"resume an active case":          {(*Engine).ResumeCase, problem.CaseIllegal},
		"close an active case":           {(*Engine).CloseCase, problem.CaseIllegal},
		"complete what is not planned":   {onTask((*Engine).TaskDone, unseen), problem.CaseIllegal},
		"complete what evidence does":    {onTask((*Engine).TaskDone, "foundation.hardware-assembly"), problem.CaseIllegal},
		"complete what Cairn does":       {onTask((*Engine).TaskDone, "core.reverse-proxy"), problem.CaseIllegal},
		"complete what is not there":     {onTask((*Engine).TaskDone, "foundation.gardening"), problem.LabUnknown},
		"plan what is not discretionary": {onTask((*Engine).PlanTask, "foundation.firewall"), problem.CaseIllegal},
		"plan what cannot be done yet":   {onTask((*Engine).PlanTask, "core.authentication"), problem.LabNotReady},
		"take out what is not planned":   {onTask((*Engine).UnplanTask, unseen), problem.CaseIllegal},
		"attest what evidence decides":   {onTask((*Engine).Attest, "foundation.firewall-active"), problem.CaseIllegal},
		"attest what nothing waits for":  {onTask((*Engine).Attest, "foundation.hardware-acquired"), problem.CaseIllegal},
		"attest what is not there":       {onTask((*Engine).Attest, "foundation.gardening"), problem.LabUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := refused.do(e, t.Context(), anna)
			wantCode(t, err, refused.code)
			if problem.Of(err) != nil && problem.Of(err).Remedy() == "" {
				t.Error("the error does not say what to do")
			}
		})
	}
	if after := len(turns(t, openLab(t, e.lab.Dir))); after != before {
		t.Errorf("%d turns were written", after-before)
	}
}

func TestNothingIsSteeredBeforeTheCaseHasBegun(t *testing.T) {
	e := openLab(t, t.TempDir())
	for _, do := range []command{
		(*Engine).SuspendCase, (*Engine).CloseCase, onTask((*Engine).PlanTask, unseen), onTask((*Engine).Attest, "expansion.security-reviewed"),
	} {
		_, err := do(e, t.Context(), anna)
		wantCode(t, err, problem.CaseNotBegun)
	}
	_, err := e.CaseTree()
	wantCode(t, err, problem.CaseNotBegun)
	_, err = e.History(t.Context())
	wantCode(t, err, problem.CaseNotBegun)
	if events, err := e.journal.OfType(t.Context(), typeTurn); err != nil || len(events) > 0 {
		t.Errorf("%d turns were written, %v", len(events), err)
	}
}

func TestSteeringTakesTheLock(t *testing.T) {
	e := begunLab(t)
	lock, err := journal.TakeLock(e.stateDir(), "up", e.now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.SuspendCase(t.Context(), anna)
	wantCode(t, err, problem.RunLocked)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.SuspendCase(t.Context(), anna); err != nil {
		t.Error(err)
	}
}

func TestAHaltedCaseIsLookedAtButNotWalked(t *testing.T) {
	for name, halt := range map[string][]command{
		"suspended": {(*Engine).SuspendCase},
		"closed":    {(*Engine).SuspendCase, (*Engine).CloseCase},
	} {
		t.Run(name, func(t *testing.T) {
			e := begunLab(t)
			for _, do := range halt {
				if _, err := do(e, t.Context(), anna); err != nil {
					t.Fatal(err)
				}
			}
			_, err := e.Up(t.Context(), UpOptions{})
			wantCode(t, err, problem.CaseResting)
			before := len(turns(t, e))
			// Without hosts there is nothing to look at, so nothing is proven.
			_, err = e.Check(t.Context(), CheckOptions{})
			wantCode(t, err, problem.RunUnproven)
			if after := len(turns(t, e)); after != before {
				t.Errorf("looking made %d turns", after-before)
			}
		})
	}
}

func TestAWordIsWhatTheStageWaitedFor(t *testing.T) {
	e := begunLab(t)
	exit := roadmap.ExitOf("expansion")
	waits := func() bool {
		return slices.ContainsFunc(e.caseState.waitsFor(exit), func(s string) bool { return strings.Contains(s, "expansion.security-reviewed") })
	}
	if !waits() {
		t.Fatalf("%s waits for %q, not for a word", exit, e.caseState.waitsFor(exit))
	}
	if _, err := e.Attest(t.Context(), "expansion.security-reviewed", anna); err != nil {
		t.Fatal(err)
	}
	if waits() {
		t.Errorf("%s still waits for %q", exit, e.caseState.waitsFor(exit))
	}
	_, err := e.Attest(t.Context(), "expansion.security-reviewed", anna)
	wantCode(t, err, problem.CaseIllegal)
}

// TestAWordIsForWhatNothingElseCompletes goes through all tasks.
func TestAWordIsForWhatNothingElseCompletes(t *testing.T) {
	e := begunLab(t)
	byWord := 0
	for _, task := range e.everyTask() {
		err := e.refuseWord(task.Task)
		seen := slices.ContainsFunc(task.Checkpoints, func(id string) bool {
			c, _ := e.roadmap.Checkpoint(id)
			return c.Available
		})
		if err == nil && (seen || task.Kind != roadmap.Human) {
			t.Errorf("%s is completed by a word", task.ID)
		}
		if (err == nil) != e.byWord(task.Task) {
			t.Errorf("%s: the list and the command disagree", task.ID)
		}
		if err == nil {
			byWord++
		}
	}
	if byWord == 0 {
		t.Error("no task is completed by a word")
	}
}

func TestHistoryNamesTheEvidence(t *testing.T) {
	e := begunLab(t)
	look := evidence.Look{Checkpoint: "foundation.hardware-recognised", Probe: "hardware", Host: "atlas", Vantage: "atlas"}
	records := []evidence.Record{{Look: look, Started: e.now(), Outcome: evidence.Proven, Fresh: time.Hour}}
	if err := e.record(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	item, _ := e.caseState.c.Latest("foundation.hardware-assembly")
	done := cmmn.Do{Number: item.Number, Transition: cmmn.Complete, Path: item.ID}
	if err := e.caseState.execute(t.Context(), e, done, e.author("its checkpoints are proven", records[0].Hash)); err != nil {
		t.Fatal(err)
	}
	all := turns(t, e)
	last := all[len(all)-1]
	if want := (Proof{records[0].Hash, look.String()}); len(last.Evidence) != 1 || last.Evidence[0] != want {
		t.Errorf("the turn rests on %+v, want %+v", last.Evidence, want)
	}
	change := CaseChange{ID: item.ID, Name: item.Name, Kind: "human task", From: cmmn.Active, To: cmmn.Completed, What: "is done"}
	if !slices.Contains(last.Changes, change) {
		t.Errorf("the turn changed %+v, want among it %+v", last.Changes, change)
	}
}

func TestTreeHasAllOfTheModel(t *testing.T) {
	e := begunLab(t)
	tree, err := e.CaseTree()
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range e.roadmap.Stages {
		for _, m := range stage.Milestones {
			if item, _ := find(tree.Items, m.ID); item.Kind != "milestone" {
				t.Errorf("%s: no milestone of the tree", m.ID)
			}
		}
	}
	for _, task := range e.everyTask() {
		if item, there := find(tree.Items, task.ID); !there || item.Discretionary != task.Discretionary {
			t.Errorf("%s: the tree has %+v", task.ID, item)
		}
	}
	if first, _ := find(tree.Items, "foundation.hardware-assembly"); first.State != cmmn.Active || !first.Required || len(first.WaitsFor) > 0 {
		t.Errorf("the first task is %+v", first)
	}
}

// TestWhatTheTreeNamesIsExplained compares what is shown with what the owner can
// ask about.
func TestWhatTheTreeNamesIsExplained(t *testing.T) {
	e := begunLab(t)
	tree, err := e.CaseTree()
	if err != nil {
		t.Fatal(err)
	}
	explainAll(t, e, tree.Items)
}

func explainAll(t *testing.T, e *Engine, items []CaseItem) {
	t.Helper()
	for _, item := range items {
		x, err := e.Explain(item.ID)
		if err != nil || x.Name != item.Name {
			t.Errorf("%s is explained as %+v, %v", item.ID, x, err)
		}
		explainAll(t, e, item.Items)
	}
}
