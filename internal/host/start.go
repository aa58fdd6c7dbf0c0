package host

import (
	"context"
	"io"
	"slices"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

const (
	// inlineAtMost bounds what a check or a run carries of contents in itself, in bytes.
	inlineAtMost = 1 << 20
	// piece is how much of a content is sent before it is told how far that is.
	piece = 64 << 10
)

// Sent tells how much of a run's contents the host has, of all that it lacked.
type Sent func(bytes, of int64)

// Start has the host begin a run, which from then on needs no connection. What the
// host lacks of its contents is sent first, piece by piece; told may be nil.
func (s *Session) Start(ctx context.Context, run wire.Run, told Sent) error {
	run, held, err := shortened(run)
	if err != nil {
		return err
	}
	// An agent that takes a piece in time does not hang, however many there are.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	patience := time.AfterFunc(s.limits.Answer, func() { cancel(errNoAnswer) })
	defer patience.Stop()
	stream, err := s.open(ctx, wire.KindStart, run)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	var reply wire.StartReply
	if err := s.broken(ctx, stream.Receive(ctx, &reply)); err != nil {
		return err
	}
	if reply.Failure != nil || len(reply.Missing) == 0 {
		return s.failed(reply.Failure)
	}
	sender := &contentSender{stream: stream, told: told, took: func() { patience.Reset(s.limits.Answer) }}
	return s.sendContents(ctx, sender, held, reply.Missing)
}

// shortened names contents of the run until it is short, and returns those that it
// names, by their hashes.
func shortened(run wire.Run) (wire.Run, map[string]resource.Content, error) {
	run.Steps, run.Guards = slices.Clone(run.Steps), slices.Clone(run.Guards)
	for i := range run.Guards {
		run.Guards[i].Steps = slices.Clone(run.Guards[i].Steps)
	}
	places := run.Specs()
	specs := make([]resource.Spec, len(places))
	for i, place := range places {
		specs[i] = *place
	}
	specs, err := resource.FitForRun(specs, inlineAtMost)
	held := map[string]resource.Content{}
	for i, spec := range specs {
		*places[i] = spec
		for _, c := range spec.Contents() {
			held[string(c.Name().Sum)] = c
		}
	}
	return run, held, err
}

// contentSender sends the contents of a run, and counts the bytes.
type contentSender struct {
	stream   *wire.Stream
	told     Sent
	took     func() // is called when the host has taken a piece
	sent, of int64
}

// sendContents sends what is missing, and stops when the host says early that it
// cannot go on.
func (s *Session) sendContents(ctx context.Context, sender *contentSender, held map[string]resource.Content, missing []resource.ContentName) error {
	for _, name := range missing {
		sender.of += name.Size
	}
	early, stop := context.WithCancel(ctx)
	defer stop()
	var done wire.Done
	answer := make(chan error, 1)
	go func() {
		answer <- sender.stream.Receive(ctx, &done)
		stop()
	}()
	var err error
	for _, name := range missing {
		if err = sender.send(early, held, name); err != nil {
			break
		}
	}
	if problem.CodeOf(err) != "" { // it was neither the host nor the connection
		_ = sender.stream.GiveUp(err.Error())
		<-answer
		return err
	}
	if err := s.broken(ctx, <-answer); err != nil {
		return err
	}
	return s.failed(done.Failure)
}

// send sends one content.
func (s *contentSender) send(ctx context.Context, held map[string]resource.Content, name resource.ContentName) error {
	content, known := held[string(name.Sum)]
	if !known {
		return problem.New(problem.HostAgentBroken, "", "the agent wants a content that is not part of the run")
	}
	from, err := content.Open()
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = from.Close() }()
	chunk := make([]byte, piece)
	for rest := name.Size; rest > 0; {
		n, err := io.ReadFull(from, chunk[:min(rest, piece)])
		if err != nil {
			return unreadable(err)
		}
		if _, err := s.stream.WriteContext(ctx, chunk[:n]); err != nil {
			return err
		}
		rest -= int64(n)
		s.sent += int64(n)
		s.took()
		if s.told != nil {
			s.told(s.sent, s.of)
		}
	}
	return nil
}

func unreadable(err error) error {
	return problem.Wrap(problem.ResourceBad, "", "a content cannot be read, or has changed since the plan was made", err)
}
