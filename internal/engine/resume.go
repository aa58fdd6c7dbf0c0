package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// finishRuns brings to an end what an earlier controller began on the hosts: it
// attaches to it, writes down what the journal lacks, and answers its guards.
// That such a run failed or was rolled back is no failure of this command, which
// plans anew.
func (e *Engine) finishRuns(ctx context.Context, f *fleet) error {
	for _, session := range f.sessions() {
		for _, run := range session.Hello().Runs {
			if err := e.finishRun(ctx, f, session.Host(), run); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) finishRun(ctx context.Context, f *fleet, h lab.Host, run wire.RunInfo) error {
	name := h.Name
	known, err := e.journal.LastSeq(ctx, run.ID, name)
	if err != nil {
		return err
	}
	if run.Last.Final() && known >= run.LastSeq {
		return nil
	}
	e.tell(Event{Type: EventAttached, Host: name, Text: fmt.Sprintf("run %s was begun before; going on with it", run.ID)})
	sent, err := e.sentTo(ctx, run.ID, name)
	if err != nil {
		return err
	}
	session, err := f.session(ctx, h)
	if err != nil {
		return err
	}
	proven, err := e.follow(ctx, session, run.ID, sent)
	if proven != nil {
		return f.renew(ctx, h, proven)
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	switch problem.CodeOf(err) {
	case problem.HostConnection, problem.JournalWrite, problem.JournalBusy, problem.JournalCorrupt:
		return err
	}
	return nil
}

// sentTo is what the journal keeps of a run on a host. Of a run that another
// journal knows there is nothing; its guards then roll back by themselves.
func (e *Engine) sentTo(ctx context.Context, run, name string) (sentRun, error) {
	events, err := e.journal.OfRun(ctx, run)
	if err != nil {
		return sentRun{}, err
	}
	for _, event := range events {
		if event.Type == typeRunSent && event.Host == journal.Controller && event.Subject == name {
			var sent sentRun
			if err := json.Unmarshal(event.Body, &sent); err != nil {
				return sentRun{}, fmt.Errorf("run %s: %w", run, err)
			}
			return sent, nil
		}
	}
	return sentRun{}, nil
}
