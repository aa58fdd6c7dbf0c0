package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/resolve"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// workLeft is what an up has still to do.
type workLeft struct {
	hosts []hostWork // they work at the same time
	looks []evidence.Look
}

// hostWork is one host's part: its steps, one after the other, and how long its
// guarded changes settle.
type hostWork struct {
	steps  []string
	settle time.Duration
}

// durations are how long things took the last time.
type durations struct {
	steps map[string]time.Duration // by step, and by its kind, on whichever host it took longest
	looks map[string]time.Duration // by probe, in the same way
}

// left estimates how long the rest takes. It is unknown as soon as one part has
// never been done before. The roadmap's estimates do not help: they are hours of a
// person's work.
func (d durations) left(rest workLeft) (left time.Duration, known bool) {
	for _, h := range rest.hosts {
		own := h.settle
		for _, step := range h.steps {
			took, known := d.steps[step]
			if !known {
				took, known = d.steps[kindOf(step)]
			}
			if !known {
				return 0, false
			}
			own += took
		}
		left = max(left, own)
	}
	var all, longest time.Duration
	for _, l := range rest.looks {
		took, known := d.looks[l.Probe]
		if !known {
			return 0, false
		}
		all, longest = all+took, max(longest, took)
	}
	return left + max(all/looksAtOnce, longest), len(rest.hosts)+len(rest.looks) > 0
}

// kindOf returns the kind of a step's resource.
func kindOf(step string) string {
	kind, _, _ := strings.Cut(step, " ")
	return kind
}

// durations reads how long things took the last time: steps from the journal,
// looks from the ledger.
func (e *Engine) durations(ctx context.Context) (durations, error) {
	d := durations{steps: map[string]time.Duration{}, looks: map[string]time.Duration{}}
	for _, l := range e.everyLook() {
		if r, known := e.ledger.Latest(l.Look); known && r.Outcome != evidence.Unproven {
			d.looks[l.Probe] = max(d.looks[l.Probe], r.Took)
		}
	}
	began, err := e.journal.NewestOfEach(ctx, string(wire.StepIntent))
	if err != nil {
		return d, err
	}
	ended, err := e.journal.NewestOfEach(ctx, string(wire.StepApplied))
	if err != nil {
		return d, err
	}
	type step struct{ run, host, name string }
	since := map[step]time.Time{}
	for _, event := range began {
		since[step{event.Run, event.Host, event.Subject}] = event.At
	}
	for _, event := range ended {
		begun, known := since[step{event.Run, event.Host, event.Subject}]
		if !known {
			continue // it was begun once more since
		}
		for _, name := range []string{event.Subject, kindOf(event.Subject)} {
			d.steps[name] = max(d.steps[name], event.At.Sub(begun))
		}
	}
	return d, nil
}

// rest returns what is still to do: the tasks of this round, unless they are
// applied already, and those that come later.
func (w *walk) rest(atHand []string, applied bool) workLeft {
	var rest workLeft
	var steps []string // tasks whose steps are still to be made
	seen := map[string]bool{}
	for _, t := range w.tasks() {
		now := slices.Contains(atHand, t.ID)
		if w.done[t.ID] && !now {
			continue
		}
		if !now || !applied {
			steps = append(steps, t.ID)
		}
		for _, id := range t.Checkpoints {
			if c, known := w.engine.roadmap.Checkpoint(id); known && c.Available && !seen[id] {
				seen[id] = true
				rest.looks = append(rest.looks, resolve.Bare(w.engine.missing(c, w.changes(t.ID)))...)
			}
		}
	}
	rest.looks = slices.DeleteFunc(rest.looks, func(l evidence.Look) bool { return w.left.is(l.Host) })
	for _, h := range w.left.others(w.engine.targets()) {
		plan, _ := w.plan.of(h.Name)
		if own := plan.toDo(w.engine.resolved.Guards(), steps); len(own.steps) > 0 {
			rest.hosts = append(rest.hosts, own)
		}
	}
	return rest
}

// toDo returns what tasks change on the host.
func (p HostPlan) toDo(guards []task.Guard, tasks []string) hostWork {
	var rest hostWork
	var made []string
	for _, s := range p.Steps {
		if s.Changes() && slices.Contains(tasks, s.Task) {
			rest.steps = append(rest.steps, s.ID)
			made = append(made, s.Guard)
		}
	}
	for _, g := range guards {
		if slices.Contains(made, g.ID) {
			rest.settle += g.Settle
		}
	}
	return rest
}

// tellLeft reports about how long the rest takes, if known.
func (w *walk) tellLeft(atHand []string, applied bool) {
	if left, known := w.took.left(w.rest(atHand, applied)); known {
		w.engine.tell(Event{Type: EventTimeLeft, Left: left.Round(time.Second)})
	}
}
