package cmmn

import (
	"fmt"
	"time"
)

// maxOccurrences is the most timer occurrences in one turn. It is enough for an
// hourly timer of a case that slept for a year.
const maxOccurrences = 10_000

func (t *turn) arm(i *instance, due time.Time) {
	t.emit(Effect{Op: OpArm, At: i.number, Time: &due})
}

// startTimers sets the timers that count from an event.
func (t *turn) startTimers(g *gate, part int, source *instance) {
	for _, i := range t.c.owners(g, part, source) {
		if i.state == Available && i.due.IsZero() {
			t.arm(i, g.owner.timer.first(t.c.now))
		}
	}
}

// passTime moves the clock to a time. Every timer due by then occurs first, at
// its own time and with all its consequences.
func (t *turn) passTime(to time.Time) error {
	for n := 0; ; n++ {
		next := t.c.nextTimer(to)
		if next == nil {
			break
		}
		if n >= maxOccurrences {
			return &CommandError{next.path(), fmt.Sprintf("the timer would occur more than %d times by %s; advance in smaller steps", maxOccurrences, to.Format(time.RFC3339))}
		}
		t.setClock(next.due)
		t.ring(next)
		t.steps = 0
		if err := t.settle(); err != nil {
			return err
		}
	}
	t.setClock(to)
	return nil
}

func (t *turn) setClock(to time.Time) {
	if to = to.UTC(); to.After(t.c.now) {
		t.emit(Effect{Op: OpClock, Time: &to})
	}
}

// ring lets a timer occur, and sets the next one if it repeats.
func (t *turn) ring(i *instance) {
	due := i.due
	t.move(i, Occur, nil)
	if again, repeats := i.node.timer.again(i.index+1, due); repeats {
		t.arm(t.create(i.node, i.parent), again)
	}
}

// nextTimer returns the timer that is due first, if it is due by the given
// time. Of timers due together it returns the one set first.
func (c *Case) nextTimer(by time.Time) *instance {
	var next *instance
	for _, i := range c.timers {
		if i.state == Available && !i.due.After(by) && c.mayRun(i) && (next == nil || i.due.Before(next.due)) {
			next = i
		}
	}
	return next
}

// NextTimer returns when the next timer is due, and whether there is one. A
// timer that the stages around it hold back does not count.
func (c *Case) NextTimer() (time.Time, bool) {
	var next time.Time
	for _, i := range c.timers {
		if i.state == Available && c.mayRun(i) && (next.IsZero() || i.due.Before(next)) {
			next = i.due
		}
	}
	return next, !next.IsZero()
}
