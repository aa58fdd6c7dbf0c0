package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"cairn/internal/host"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
)

// finishRuns completes the runs that an earlier controller began on the hosts. It
// attaches to each run, writes down what the journal lacks, and answers its guards.
// A failure or rollback of such a run is not an error of this command, which plans
// anew. Hosts are handled at the same time. A host where this fails is left out.
func (e *Engine) finishRuns(ctx context.Context, f *fleet, left *absentHosts) error {
	sessions := map[string]*host.Session{}
	var hosts []lab.Host
	for _, session := range f.sessions() {
		sessions[session.Host().Name] = session
		hosts = append(hosts, session.Host())
	}
	f.each(hosts, func(h lab.Host) {
		if err := e.finishRunsOf(ctx, f, sessions[h.Name]); err != nil {
			left.out(h.Name, err)
		}
	})
	return ctx.Err()
}

// finishRunsOf finishes the runs that a host knew when the session began.
func (e *Engine) finishRunsOf(ctx context.Context, f *fleet, session *host.Session) error {
	past := 0
	for _, run := range session.Hello().Runs {
		known, err := e.journal.LastSeq(ctx, run.ID, session.Host().Name)
		if err != nil {
			return err
		}
		if run.Last.Final() && known >= run.LastSeq {
			continue
		}
		sent, ours, err := e.sentTo(ctx, run.ID, session.Host().Name)
		if err != nil {
			return err
		}
		if !ours && run.Last.Final() {
			past++
			err = e.keepPastRun(ctx, f, session.Host(), run.ID)
		} else {
			err = e.finishRun(ctx, f, session.Host(), run.ID, sent)
		}
		if err != nil {
			return err
		}
	}
	if past > 0 {
		e.tell(Event{Type: EventAttached, Host: session.Host().Name, Text: fmt.Sprintf(
			"has ended %d earlier runs that this lab's journal did not know of; they are in it now", past)})
	}
	return nil
}

// keepPastRun journals a run of a controller with another journal that ended long
// ago. It is about the past, but evidence may be older still.
func (e *Engine) keepPastRun(ctx context.Context, f *fleet, h lab.Host, run string) error {
	session, err := f.session(ctx, h)
	if err != nil {
		return err
	}
	_, err = (&follower{engine: e, host: h, run: run, past: true}).toTheEnd(ctx, session)
	return unlessItsOwn(ctx, err)
}

func (e *Engine) finishRun(ctx context.Context, f *fleet, h lab.Host, run string, sent sentRun) error {
	e.tell(Event{Type: EventAttached, Host: h.Name, Text: "resuming interrupted run " + run})
	session, err := f.session(ctx, h)
	if err != nil {
		return err
	}
	proven, err := e.follow(ctx, session, run, sent)
	if proven != nil {
		return f.renew(ctx, h, proven)
	}
	return unlessItsOwn(ctx, err)
}

// unlessItsOwn drops a failure of the run itself.
func unlessItsOwn(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	switch problem.CodeOf(err) {
	case problem.HostConnection, problem.JournalWrite, problem.JournalBusy, problem.JournalCorrupt:
		return err
	}
	return nil
}

// sentTo returns the journal's record of a run on a host. If another journal has
// that record, known is false, and the run's guards roll back by themselves.
func (e *Engine) sentTo(ctx context.Context, run, name string) (sent sentRun, known bool, err error) {
	events, err := e.journal.OfRun(ctx, run)
	if err != nil {
		return sentRun{}, false, err
	}
	for _, event := range events {
		if event.Type == typeRunSent && event.Host == journal.Controller && event.Subject == name {
			if err := json.Unmarshal(event.Body, &sent); err != nil {
				return sentRun{}, false, fmt.Errorf("run %s: %w", run, err)
			}
			return sent, true, nil
		}
	}
	return sentRun{}, false, nil
}
