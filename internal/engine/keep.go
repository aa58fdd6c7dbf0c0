package engine

import (
	"context"
	"time"

	"cairn/internal/journal"
)

// keepTime bounds what a command does for the journal at its end.
const keepTime = 10 * time.Second

// takeLock takes the lab's lock for a command, and reads anew what may have changed
// since. What it returns is called at the command's end: it keeps the journal in
// shape, and gives the lock back.
func (e *Engine) takeLock(ctx context.Context, purpose string) (done func(), err error) {
	lock, err := journal.TakeLock(e.stateDir(), purpose, e.now())
	if err != nil {
		return nil, err
	}
	if err := e.load(ctx); err != nil {
		_ = lock.Release()
		return nil, err
	}
	return func() {
		e.keepJournal(ctx)
		_ = lock.Release()
	}, nil
}

// keepJournal has the journal read fast for years: it keeps snapshots, and archives
// what is older than the lab file says. A command that was interrupted leaves it to
// the next. That it fails does not make the command fail, since nothing is lost; it
// is told.
func (e *Engine) keepJournal(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	if err := e.keepSnapshots(ctx); err != nil {
		e.tell(Event{Type: EventJournal, Text: "what was read could not be kept for the next command: " + err.Error()})
		return
	}
	if e.lab.Journal.Keep == 0 {
		return
	}
	if _, err := e.journal.Archive(ctx, e.now().Add(-e.lab.Journal.Keep), e.now()); err != nil {
		e.tell(Event{Type: EventJournal, Text: "old events could not be archived and stay in the journal: " + err.Error()})
	}
}

// keepSnapshots has the next command go on from what this one read.
func (e *Engine) keepSnapshots(ctx context.Context) error {
	past, err := readPast(ctx, e.journal)
	if err == nil {
		err = past.keep(ctx, e.journal)
	}
	if err == nil {
		err = e.readChanges(ctx, e.journal)
	}
	if err != nil {
		return err
	}
	return e.changes.keep(ctx, e.journal)
}
