package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/internal/host"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// Work on a host survives a broken connection, so the controller reconnects. The
// pauses add up to more than the time of a restart.
const (
	reconnectPause = 2 * time.Second
	reconnectFor   = 3 * time.Minute
)

// sentRun is what the journal keeps of a run before the host gets it. It holds no
// resource, so no content can reach the journal with it.
type sentRun struct {
	Epoch  uint64      `json:"epoch"`
	Steps  []string    `json:"steps,omitempty"`
	Guards []sentGuard `json:"guards,omitempty"`
}

// sentGuard is what is needed to confirm a guard. A controller that replaces a
// dead one needs it too.
type sentGuard struct {
	ID        string   `json:"id"`
	Nonce     string   `json:"nonce"`
	TrialUser string   `json:"canary,omitempty"` // older journals have this key
	Port      uint16   `json:"port,omitempty"`   // where the owner has to get in afterwards
	Trials    []string `json:"trials,omitempty"`
	Steps     []string `json:"steps"`
}

// typeRunSent is the journal's type of a sentRun.
const typeRunSent = "run.sent"

// Apply runs a run on the session's host and returns when the run has ended. It is
// the controller's side of every guard: it proves over new connections that the
// owner still gets in. It returns the last of these connections for further use,
// or nil if there was none.
func (e *Engine) Apply(ctx context.Context, session *host.Session, run wire.Run) (proven *host.Session, err error) {
	h := session.Host()
	sent := summarise(run)
	if err := e.note(ctx, run.ID, typeRunSent, h.Name, sent); err != nil {
		return nil, err
	}
	e.outcomes.handedOver(h.Name)
	if err := e.start(ctx, session, run); err != nil {
		if p := problem.CodeOf(err); p != "" && p != problem.HostConnection && p != problem.HostTimeout {
			e.outcomes.notBegun(h.Name) // it said so itself
		}
		return nil, err
	}
	f := &follower{engine: e, host: h, run: run.ID, sent: sent, whole: &run}
	return f.toTheEnd(ctx, session)
}

func summarise(run wire.Run) sentRun {
	sent := sentRun{Epoch: run.Epoch, Steps: stepIDs(run.Steps)}
	for _, g := range run.Guards {
		sent.Guards = append(sent.Guards, sentGuard{ID: g.ID, Nonce: g.Nonce, TrialUser: g.TrialUser, Port: g.Port, Trials: g.Trials, Steps: stepIDs(g.Steps)})
	}
	return sent
}

func stepIDs(steps []wire.Step) []string {
	var ids []string
	for _, s := range steps {
		ids = append(ids, s.ID)
	}
	return ids
}

// follow reads the events of a run to its end and reconnects when the connection
// breaks. It returns the same connection as [Engine.Apply].
func (e *Engine) follow(ctx context.Context, session *host.Session, run string, sent sentRun) (proven *host.Session, err error) {
	f := &follower{engine: e, host: session.Host(), run: run, sent: sent}
	return f.toTheEnd(ctx, session)
}

func (f *follower) toTheEnd(ctx context.Context, session *host.Session) (proven *host.Session, err error) {
	e := f.engine
	err = f.attach(ctx, session)
	giveUp := e.now().Add(reconnectFor)
	for problem.CodeOf(err) == problem.HostConnection && e.now().Before(giveUp) {
		e.tell(Event{Type: EventLost, Host: f.host.Name, Text: "the connection broke; the work goes on there, reconnecting"})
		broken := err
		if err = pause(ctx, reconnectPause); err == nil {
			err = f.reattach(ctx, broken)
		}
	}
	if err != nil {
		f.keep(nil)
	}
	return f.proven, err
}

// keep replaces the connection that was proven before.
func (f *follower) keep(proven *host.Session) {
	if f.proven != nil {
		_ = f.proven.Close()
	}
	f.proven = proven
}

// follower follows one run on a host, for the controller.
type follower struct {
	engine *Engine
	host   lab.Host
	run    string
	sent   sentRun
	whole  *wire.Run     // nil for one that an earlier controller sent
	proven *host.Session // over which the last guard was confirmed
	end    *wire.Event
	reason *wire.Failure // of the first thing that went wrong
	told   []string      // why something went wrong, as it was said
	// past marks a run that ended before this lab's journal knew of it. It is
	// journaled, but it is no news.
	past bool
}

// reattach reconnects and continues. While the host cannot be reached, the
// connection still counts as broken.
func (f *follower) reattach(ctx context.Context, broken error) error {
	session, err := f.engine.connect(ctx, f.host)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return broken
	}
	defer func() { _ = session.Close() }()
	if f.whole != nil {
		// After a restart, a host no longer knows what it was told to do.
		if err := f.engine.start(ctx, session, *f.whole); err != nil {
			return err
		}
	}
	return f.attach(ctx, session)
}

func (f *follower) attach(ctx context.Context, session *host.Session) error {
	after, err := f.engine.journal.LastSeq(ctx, f.run, f.host.Name)
	if err != nil {
		return err
	}
	if err := f.answerAgain(ctx, session, after); err != nil {
		return err
	}
	err = session.Attach(ctx, f.run, after, func(event wire.Event) error { return f.take(ctx, session, event) })
	if err != nil {
		return err
	}
	return f.result()
}

// answerAgain answers the last recorded event of the run if the host has reported
// nothing since. The controller that recorded it may have died before it could
// answer.
func (f *follower) answerAgain(ctx context.Context, session *host.Session, last uint64) error {
	waits := func(run wire.RunInfo) bool { return run.ID == f.run && run.LastSeq == last && !run.Last.Final() }
	if last == 0 || !slices.ContainsFunc(session.Hello().Runs, waits) {
		return nil
	}
	kept, err := f.engine.journal.OfRun(ctx, f.run)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if k.Host != f.host.Name || k.Seq != last {
			continue
		}
		var event wire.Event
		if err := json.Unmarshal(k.Body, &event); err != nil {
			return fmt.Errorf("event %d of %s: %w", k.Seq, f.run, err)
		}
		return f.answer(ctx, session, event)
	}
	return nil
}

// take journals an event, shows it, and answers it where the host waits for an
// answer.
func (f *follower) take(ctx context.Context, session *host.Session, event wire.Event) error {
	if event.Type.Passing() {
		f.engine.tell(Event{Type: string(event.Type), Host: f.host.Name, Task: event.Task, Step: event.Step, Text: event.Detail})
		return nil
	}
	body, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("event %d of %s: %w", event.Seq, f.run, err)
	}
	_, err = f.engine.journal.Append(ctx, journal.Event{
		Run: f.run, Host: f.host.Name, Seq: event.Seq, At: event.At, Type: string(event.Type), Subject: event.Step, Body: body,
	})
	if err != nil {
		return err
	}
	if f.past {
		if event.Type.Final() {
			f.end = &event
		}
		return nil
	}
	f.engine.outcomes.take(f.host.Name, event, f.engine.now())
	f.engine.tell(Event{Type: string(event.Type), Host: f.host.Name, Task: event.Task, Step: event.Step, Guard: event.Guard, Text: f.text(event)})
	if event.Failure != nil && f.reason == nil {
		f.reason = event.Failure
	}
	if event.Type.Final() {
		f.end = &event
	}
	return f.answer(ctx, session, event)
}

// text is what an event says to people. It gives the reason of each skipped step.
func (f *follower) text(event wire.Event) string {
	if event.Type == wire.StepSkipped || event.Type == wire.GuardSkipped {
		return event.Detail
	}
	return f.once(eventText(event))
}

// once returns the text unless it only repeats a reason. The failure of a step is
// also the reason of its guard and of its run.
func (f *follower) once(text string) string {
	if text == "" || slices.ContainsFunc(f.told, func(said string) bool { return strings.Contains(said, text) }) {
		return ""
	}
	f.told = append(f.told, text)
	return text
}

// eventText is the part of an event that is for people.
func eventText(event wire.Event) string {
	if event.Failure != nil {
		text := event.Failure.Summary
		if event.Failure.Cause != "" {
			text += ": " + event.Failure.Cause
		}
		return text
	}
	return event.Detail
}

// result says how the run ended.
func (f *follower) result() error {
	if f.end == nil {
		return problem.New(problem.HostConnection, f.host.Name, "the host stopped reporting before the run ended")
	}
	switch f.end.Type {
	case wire.RunDone:
		return nil
	default:
		return f.failure()
	}
}

// failure is the run's own problem: the one in its last event, or else the first
// thing that went wrong.
func (f *follower) failure() error {
	reason := f.end.Failure
	if reason == nil {
		reason = f.reason
	}
	if reason == nil {
		return problem.New(problem.RunFailed, f.host.Name, "the run failed without a reason")
	}
	p := problem.New(problem.Code(reason.Code), f.host.Name, reason.Summary)
	if reason.Cause != "" {
		p.Cause = errors.New(reason.Cause)
	}
	if reason.Fix != "" {
		p.Fix = reason.Fix
	}
	return p
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
