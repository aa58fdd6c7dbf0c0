package engine

import (
	"context"
	"time"

	"cairn/internal/journal"
)

// keepTime bounds what a command does for the journal at its end.
const keepTime = 10 * time.Second

// takeLock takes the lab's lock for a command and reads again what may have
// changed. The command calls the returned function at its end, which tidies the
// journal and gives the lock back.
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

// keepJournal keeps the journal fast for years. It writes snapshots and archives
// what is older than the lab file says. An interrupted command leaves that to the
// next one. A failure here does not fail the command, since nothing is lost, but
// it is reported.
func (e *Engine) keepJournal(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	if err := e.keepSnapshots(ctx); err != nil {
		e.tell(Event{Type: EventJournal, Text: "the snapshot for the next command could not be saved: " + err.Error()})
		return
	}
	if e.lab.Journal.Keep == 0 {
		return
	}
	if _, err := e.journal.Archive(ctx, e.now().Add(-e.lab.Journal.Keep), e.now()); err != nil {
		e.tell(Event{Type: EventJournal, Text: "old events could not be archived and stay in the journal: " + err.Error()})
	}
}

// keepSnapshots lets the next command start from what this one read.
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
