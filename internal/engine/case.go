package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
)

// typeTurn is the journal's type of a turn of the case.
const typeTurn = "case.turn"

// labCase is the lab's case as the journal has it, and the only way to advance it.
// Each turn is in the journal before anything follows from it.
type labCase struct {
	roadmap *roadmap.Roadmap
	program *cmmn.Program
	c       *cmmn.Case // nil before the case was started
	turns   int        // how many the journal has
	since   time.Time  // when the first was
	// unwritten are turns that fitted the case to another model or workflow than its
	// own. They are written with the next turn, so that looking changes nothing.
	unwritten []cmmn.Turn
}

// loadCase brings the case to the state that the journal has.
func loadCase(ctx context.Context, log events, r *roadmap.Roadmap, w lab.Workflow) (*labCase, error) {
	program, err := programFor(r, w)
	if err != nil {
		return nil, err
	}
	l := &labCase{roadmap: r, program: program}
	past, err := readPast(ctx, log)
	if err != nil || past.Turns == 0 {
		return l, err
	}
	l.turns, l.since = past.Turns, past.Begun
	if l.c, err = program.Replay([]cmmn.Turn{{Effects: past.Effects}}); err != nil {
		return nil, problem.Wrap(problem.JournalCorrupt, "", "the journal's record of the case contradicts itself", err)
	}
	return l, l.adopt()
}

func programFor(r *roadmap.Roadmap, w lab.Workflow) (*cmmn.Program, error) {
	conditions, err := condition.New()
	if err != nil {
		return nil, err
	}
	program, err := cmmn.Compile(r.Model(roadmap.Workflow(w)), conditions)
	if err != nil {
		return nil, fmt.Errorf("the roadmap makes no case: %w", err)
	}
	return program, nil
}

// adopt fits the case to the roadmap of this version and the lab's workflow.
func (l *labCase) adopt() error {
	turn, err := l.c.Execute(cmmn.Adopt{}, cmmn.Author{By: "cairn", Why: "the roadmap or the workflow has changed"})
	if err != nil {
		return err
	}
	if len(turn.Effects) > 0 {
		l.unwritten = append(l.unwritten, turn)
	}
	return nil
}

// started reports whether the case has begun.
func (l *labCase) started() bool { return l.c != nil }

// start begins the case, once.
func (l *labCase) start(ctx context.Context, e *Engine) error {
	if l.started() {
		return nil
	}
	c, turn, err := l.program.Start(e.author("the first up"))
	if err != nil {
		return err
	}
	l.c = c
	return l.keep(ctx, e, turn)
}

// execute runs a command and keeps the turn.
func (l *labCase) execute(ctx context.Context, e *Engine, command cmmn.Command, a cmmn.Author) error {
	turn, err := l.c.Execute(command, a)
	if len(turn.Effects) > 0 {
		if err := l.keep(ctx, e, turn); err != nil {
			return err
		}
	}
	return err
}

// keep writes a turn down, together with all unwritten turns before it.
func (l *labCase) keep(ctx context.Context, e *Engine, turn cmmn.Turn) error {
	pending := append(l.unwritten, turn)
	events := make([]journal.Event, len(pending))
	for i, t := range pending {
		body, err := json.Marshal(t)
		if err != nil {
			return err
		}
		events[i] = journal.Event{Run: e.command, Host: journal.Controller, At: e.now(), Type: typeTurn, Body: body}
	}
	if _, err := e.journal.Append(ctx, events...); err != nil {
		return err
	}
	if l.turns == 0 {
		l.since = pending[0].At
	}
	l.turns, l.unwritten = l.turns+len(pending), nil
	return nil
}

// author signs what the engine does by itself.
func (e *Engine) author(why string, evidence ...string) cmmn.Author {
	return cmmn.Author{At: e.now(), By: "cairn", Why: why, Evidence: evidence}
}

// set tells the case the current values. Only a changed value makes a turn.
func (l *labCase) set(ctx context.Context, e *Engine, values map[string]any) error {
	set := cmmn.Set{Values: map[string]json.RawMessage{}}
	for name, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if before, known := l.c.Value(name); !known || string(before) != string(raw) {
			set.Values[name] = raw
		}
	}
	if len(set.Values) == 0 {
		return nil
	}
	return l.execute(ctx, e, set, e.author("what the evidence says"))
}

// complete ends a task that its evidence proves.
func (l *labCase) complete(ctx context.Context, e *Engine, task string) error {
	item, _ := l.c.Latest(task)
	why := e.author("its checkpoints are proven", e.evidenceFor(task)...)
	return l.execute(ctx, e, cmmn.Do{Number: item.Number, Transition: cmmn.Complete, Path: task}, why)
}

// evidenceFor are the hashes of the newest records under a task's checkpoints.
func (e *Engine) evidenceFor(task string) []string {
	t, _ := e.roadmap.Task(task)
	var hashes []string
	for _, id := range t.Checkpoints {
		for _, v := range e.Judge(id).Looks {
			if v.Record != nil {
				hashes = append(hashes, v.Record.Hash)
			}
		}
	}
	return hashes
}

// item returns the newest instance of an item. Its state is Null if there is none
// yet.
func (l *labCase) item(id string) cmmn.ItemState {
	if l.c == nil {
		return cmmn.ItemState{}
	}
	item, _ := l.c.Latest(id)
	return item
}

// open reports whether a task is to be worked on now.
func (l *labCase) open(task string) bool { return l.item(task).State == cmmn.Active }

// completed reports whether a task is done.
func (l *labCase) completed(task string) bool { return l.item(task).State == cmmn.Completed }

// state is the state of a stage, task or milestone in CMMN's words.
func (l *labCase) state(id string) string {
	switch state := l.item(id).State; {
	case l.c == nil:
		return "not started"
	case state == cmmn.Null:
		return "not planned"
	default:
		return state.String()
	}
}

// took returns how long a task has been, or was, in progress.
func (l *labCase) took(task string) time.Duration {
	item := l.item(task)
	if item.Started.IsZero() || item.Ended.IsZero() {
		return 0
	}
	return item.Ended.Sub(item.Started)
}

// reachedMilestones are those that were reached, with the time.
func (l *labCase) reachedMilestones() map[string]time.Time {
	reached := map[string]time.Time{}
	if l.c == nil {
		return reached
	}
	for _, item := range l.c.Items() {
		if item.Kind == cmmn.Milestone && item.State == cmmn.Completed {
			reached[item.ID] = item.Ended
		}
	}
	return reached
}
