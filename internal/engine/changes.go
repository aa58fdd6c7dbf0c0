package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cairn/internal/journal"
	"cairn/internal/resolve"
	"cairn/internal/wire"
)

// workplace is a task on a host: what a change is made for, and what a look is about.
type workplace struct{ host, task string }

// changes are where the journal has the last change of each. Its order counts and
// not the clocks, since a host's may be off: a change that was learned of after a
// look may well be the newer one.
type changes map[workplace]int64

// changeTypes are the events that change a host, or tell that it was changed. One
// of a guard speaks for all its steps.
var changeTypes = []string{
	string(wire.StepIntent), string(wire.StepApplied), string(wire.StepUnchanged), string(wire.StepFailed),
	string(wire.GuardPersisted), string(wire.GuardRolledBack), string(wire.GuardStuck),
}

// outdate has evidence that is older than the last change of what it is about count
// no longer. It reads only what came after the oldest evidence.
func (e *Engine) outdate(ctx context.Context) error {
	looked, err := e.journal.LastPositions(ctx, typeEvidence)
	if err != nil || len(looked) == 0 {
		return err
	}
	since, err := e.changesAfter(ctx, slices.Min(slices.Collect(maps.Values(looked))))
	if err != nil || len(since) == 0 {
		return err
	}
	for _, stage := range e.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			tasks := e.resolved.TasksOf(c.ID)
			for _, look := range resolve.Bare(e.resolved.Looks(c.ID)) {
				if since.last(look.Host, tasks) > looked[look.Key()] {
					e.ledger.Outdate(look, "the host was changed since")
				}
			}
		}
	}
	return nil
}

// last is the position of the last change of any of the tasks on a host.
func (c changes) last(host string, tasks []string) int64 {
	last := int64(0)
	for _, t := range tasks {
		last = max(last, c[workplace{host, t}])
	}
	return last
}

// hostEvent is an event of a host with its place in the journal.
type hostEvent struct {
	journal.Event
	position int64
	told     wire.Event
}

// changesAfter reads the changes after a position.
func (e *Engine) changesAfter(ctx context.Context, position int64) (changes, error) {
	events, err := e.hostEvents(ctx, position)
	if err != nil {
		return nil, err
	}
	type step struct {
		workplace
		run, id string
	}
	all, begun := changes{}, map[step]int64{}
	for _, event := range events {
		at := workplace{event.Host, event.told.Task}
		this := step{at, event.Run, event.told.Step}
		switch event.told.Type {
		case wire.StepIntent:
			begun[this] = event.position
			continue
		case wire.StepApplied, wire.StepFailed:
			all[at] = event.position
		case wire.GuardPersisted, wire.GuardRolledBack, wire.GuardStuck:
			tasks, err := e.guardTasks(ctx, event)
			if err != nil {
				return nil, err
			}
			for _, t := range tasks {
				all[workplace{event.Host, t}] = event.position
			}
		}
		delete(begun, this)
	}
	// Of a step that was begun, and of which nothing more is known, nobody knows what
	// it changed.
	for this, position := range begun {
		all[this.workplace] = max(all[this.workplace], position)
	}
	return all, nil
}

func (e *Engine) hostEvents(ctx context.Context, after int64) ([]hostEvent, error) {
	var all []hostEvent
	if err := e.journal.EachOfType(ctx, after, func(position int64, event journal.Event) {
		all = append(all, hostEvent{Event: event, position: position})
	}, changeTypes...); err != nil {
		return nil, err
	}
	for i := range all {
		if err := json.Unmarshal(all[i].Body, &all[i].told); err != nil {
			return nil, fmt.Errorf("event %d of %s: %w", all[i].Seq, all[i].Run, err)
		}
	}
	return all, nil
}

// guardTasks are the tasks that the steps of an event's guard serve.
func (e *Engine) guardTasks(ctx context.Context, of hostEvent) ([]string, error) {
	events, err := e.journal.OfRun(ctx, of.Run)
	if err != nil {
		return nil, err
	}
	var tasks []string
	for _, event := range events {
		if event.Host != of.Host {
			continue
		}
		var told wire.Event
		if err := json.Unmarshal(event.Body, &told); err != nil {
			return nil, fmt.Errorf("event %d of %s: %w", event.Seq, event.Run, err)
		}
		if told.Guard == of.told.Guard && told.Task != "" && !slices.Contains(tasks, told.Task) {
			tasks = append(tasks, told.Task)
		}
	}
	return tasks, nil
}
