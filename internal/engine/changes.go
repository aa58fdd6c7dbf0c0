package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cairn/internal/journal"
	"cairn/internal/problem"
	"cairn/internal/resolve"
	"cairn/internal/wire"
)

// changes holds where the journal has the last change of each task on each host.
// The journal's order counts, not the clocks, since a host's clock may be wrong. A
// change that was reported after a look may well be the newer one.
//
// They are made from all events of changeTypes in order, and kept as a snapshot,
// so that only new events are read.
type changes struct {
	// Last are the positions of the last changes, by host and task.
	Last map[string]map[string]int64 `json:"last"`
	// Open are runs without a known end, by host and run.
	Open map[string]map[string]*openRun `json:"open"`
	// Undone is what the last run on each host left undone, by host.
	Undone map[string]runRest `json:"undone"`

	position, kept int64 // up to which the journal was read, and up to which for the snapshot
}

// openRun is what a host has reported of a run so far.
type openRun struct {
	// Begun are steps that began and were not reported again. Nobody knows what they
	// changed.
	Begun []begunStep `json:"begun,omitempty"`
	// Guards are the tasks that each guard serves.
	Guards map[string][]string `json:"guards,omitempty"`
}

type begunStep struct {
	Task     string `json:"task"`
	Step     string `json:"step"`
	Position int64  `json:"position"`
}

// changeTypes are the events that change a host or report a change, and the ends
// of runs. An event of a guard stands for all its steps.
var changeTypes = []string{
	string(wire.StepIntent), string(wire.StepApplied), string(wire.StepUnchanged), string(wire.StepFailed),
	string(wire.StepSkipped), string(wire.GuardSkipped), string(wire.GuardPersisted), string(wire.GuardRolledBack), string(wire.GuardStuck),
	string(wire.RunDone), string(wire.RunFailed), string(wire.RunRefused),
}

// outdate makes evidence stale that is older than the last change of its subject.
func (v *View) outdate(ctx context.Context, log events) error {
	if err := v.readChanges(ctx, log); err != nil {
		return err
	}
	looked, err := log.LastPositions(ctx, typeEvidence)
	if err != nil || len(looked) == 0 {
		return err
	}
	for _, stage := range v.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			tasks := v.resolved.TasksOf(c.ID)
			for _, look := range resolve.Bare(v.resolved.Looks(c.ID)) {
				if v.changes.last(look.Host, tasks) > looked[look.Key()] {
					v.ledger.Outdate(look, "the host was changed since")
				}
			}
		}
	}
	return nil
}

// readChanges brings the changes up to date.
func (v *View) readChanges(ctx context.Context, log events) (err error) {
	if v.changes == nil {
		if v.changes, err = keptChanges(ctx, log); err != nil {
			return err
		}
	}
	return v.changes.goOn(ctx, log)
}

// last returns the position of the last change by any of the tasks on a host.
func (c *changes) last(host string, tasks []string) int64 {
	last := int64(0)
	for _, t := range tasks {
		last = max(last, c.Last[host][t])
	}
	for _, run := range c.Open[host] {
		for _, b := range run.Begun {
			if slices.Contains(tasks, b.Task) {
				last = max(last, b.Position)
			}
		}
	}
	return last
}

// snapshotOfChanges is the name of the snapshot. Its number goes up when the
// content changes form.
const snapshotOfChanges = "changes/2"

// keptChanges returns the changes of the snapshot, or none.
func keptChanges(ctx context.Context, log events) (*changes, error) {
	c := &changes{Last: map[string]map[string]int64{}, Open: map[string]map[string]*openRun{}, Undone: map[string]runRest{}}
	position, body, err := log.Snapshot(ctx, snapshotOfChanges)
	if err != nil || body == nil {
		return c, err
	}
	c.position, c.kept = position, position
	if err := json.Unmarshal(body, c); err != nil {
		return nil, problem.Wrap(problem.JournalCorrupt, snapshotOfChanges, "the journal's record of the hosts' changes cannot be read", err)
	}
	return c, nil
}

// keep writes the snapshot if it is out of date.
func (c *changes) keep(ctx context.Context, log *journal.Journal) error {
	if c.position == c.kept {
		return nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := log.KeepSnapshot(ctx, snapshotOfChanges, c.position, body); err != nil {
		return err
	}
	c.kept = c.position
	return nil
}

// goOn takes in what was written since.
func (c *changes) goOn(ctx context.Context, log events) error {
	position, err := log.EachOfType(ctx, c.position, func(position int64, event journal.Event) error {
		var told wire.Event
		if err := json.Unmarshal(event.Body, &told); err != nil {
			return fmt.Errorf("event %d of %s: %w", event.Seq, event.Run, err)
		}
		c.take(position, event, told)
		return nil
	}, changeTypes...)
	if err != nil {
		return err
	}
	c.position = position
	return nil
}

func (c *changes) take(position int64, event journal.Event, told wire.Event) {
	c.Undone[event.Host] = c.Undone[event.Host].with(event.Run, told)
	run := c.run(event.Host, event.Run)
	run.serves(told.Guard, told.Task)
	switch told.Type {
	case wire.StepIntent:
		run.Begun = append(run.Begun, begunStep{told.Task, told.Step, position})
		return
	case wire.StepApplied, wire.StepFailed:
		c.changed(event.Host, told.Task, position)
	case wire.GuardPersisted, wire.GuardRolledBack, wire.GuardStuck:
		for _, t := range run.Guards[told.Guard] {
			c.changed(event.Host, t, position)
		}
	}
	run.Begun = slices.DeleteFunc(run.Begun, func(b begunStep) bool { return b.Task == told.Task && b.Step == told.Step })
	if told.Type.Final() {
		for _, b := range run.Begun {
			c.changed(event.Host, b.Task, b.Position)
		}
		delete(c.Open[event.Host], event.Run)
	}
}

// run is what is known of a run on a host.
func (c *changes) run(host, id string) *openRun {
	if c.Open[host] == nil {
		c.Open[host] = map[string]*openRun{}
	}
	if c.Open[host][id] == nil {
		c.Open[host][id] = &openRun{Guards: map[string][]string{}}
	}
	return c.Open[host][id]
}

// serves notes that a guard has a step of a task.
func (r *openRun) serves(guard, task string) {
	if guard == "" || task == "" || slices.Contains(r.Guards[guard], task) {
		return
	}
	if r.Guards == nil { // as it is when a snapshot had none
		r.Guards = map[string][]string{}
	}
	r.Guards[guard] = append(r.Guards[guard], task)
}

// changed notes a change of a task on a host.
func (c *changes) changed(host, task string, position int64) {
	if c.Last[host] == nil {
		c.Last[host] = map[string]int64{}
	}
	c.Last[host][task] = max(c.Last[host][task], position)
}
