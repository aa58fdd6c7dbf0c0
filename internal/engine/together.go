package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/roadmap"
	"cairn/internal/wire"
)

// followers are the tasks that wait only for the given ones. They become due when
// those are proven.
func (w *walk) followers(tasks []string) []string {
	var followers []string
	for _, t := range w.tasks() {
		if !w.done[t.ID] && w.waitsOnlyFor(t, tasks) {
			followers = append(followers, t.ID)
		}
	}
	return followers
}

// waitsOnlyFor reports whether a task's stage is open and the task waits for
// nothing except the given tasks.
func (w *walk) waitsOnlyFor(t roadmap.Task, tasks []string) bool {
	c := w.engine.caseState
	return c.item(t.ID).State == cmmn.Available && !slices.ContainsFunc(t.After, func(id string) bool {
		if m, is := w.engine.roadmap.Milestone(id); is && slices.Contains(tasks, m.Task) {
			return false
		}
		return !slices.Contains(tasks, id) && !c.completed(id)
	})
}

// joining are the followers whose whole work on the host is in guarded changes
// that are made now anyway. Done together, they share the trial logins and the
// time to settle.
func (p HostPlan) joining(tasks, followers []string) []string {
	if p.moves {
		return nil // the server's ports and the firewall's are changed step by step
	}
	var made []string // guards in which something is changed now
	for _, s := range p.Steps {
		if s.Guard != "" && s.Changes() && slices.Contains(tasks, s.Task) {
			made = append(made, s.Guard)
		}
	}
	return slices.DeleteFunc(slices.Clone(followers), func(task string) bool {
		changes := false
		apart := slices.ContainsFunc(p.Steps, func(s StepPlan) bool {
			own := s.Task == task && s.Changes()
			changes = changes || own
			return own && (s.Problem != "" || !slices.Contains(made, s.Guard))
		})
		return apart || !changes
	})
}

// applyAll has the hosts carry out the tasks, with the followers that belong to
// the same change. If such a change is rolled back, the tasks' own part is made
// alone, so that a follower cannot hold it up.
func (w *walk) applyAll(ctx context.Context, tasks []string) (changed bool, err error) {
	changed, alone, err := w.apply(ctx, tasks, w.followers(tasks))
	if err == nil && alone {
		err = w.applyAnew(ctx, tasks)
	}
	return changed, err
}

// applyAnew has the hosts carry out what is left of the tasks.
func (w *walk) applyAnew(ctx context.Context, tasks []string) error {
	w.rounds++
	if err := w.replan(ctx); err != nil {
		return err
	}
	_, _, err := w.apply(ctx, tasks, nil)
	return err
}

// undidJoined reports whether a run failed because a guarded change with joined
// tasks was refused or rolled back, and says so.
func (w *walk) undidJoined(host string, run wire.Run, joined []string) bool {
	for _, g := range run.Guards {
		var steps []string
		for _, s := range g.Steps {
			if slices.Contains(joined, s.Task) {
				steps = append(steps, s.ID)
			}
		}
		last := w.engine.outcomes.lastOf(host, g.ID)
		if len(steps) > 0 && (last == wire.GuardRolledBack || last == wire.GuardRefused) {
			w.engine.tell(Event{Type: EventProof, Host: host, Guard: g.ID, Text: fmt.Sprintf(
				"the change with %s did not stay; the rest is tried alone now", strings.Join(steps, ", "))})
			return true
		}
	}
	return false
}

// joinedTasks are the tasks whose work was done together with others before they
// were open, by host.
type joinedTasks map[string][]string

func (j joinedTasks) add(host string, tasks []string) { j[host] = append(j[host], tasks...) }

// any reports whether one of the tasks has joined.
func (j joinedTasks) any(tasks []string) bool {
	for _, all := range j {
		if slices.ContainsFunc(all, func(t string) bool { return slices.Contains(tasks, t) }) {
			return true
		}
	}
	return false
}

// waits reports whether something was done on a host for a task whose turn has not
// come, so that nobody has looked at it yet.
func (j joinedTasks) waits(host string, done map[string]bool) bool {
	return slices.ContainsFunc(j[host], func(t string) bool { return !done[t] })
}
