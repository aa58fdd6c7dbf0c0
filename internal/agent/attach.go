package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/wire"
)

const (
	// tailEvery is how often a log is checked for new events.
	tailEvery = 5 * time.Millisecond
	// takeUpAfter is how long a run may be without a process before it is resumed.
	// systemd needs a moment to start one.
	takeUpAfter = 3 * time.Second
	// takeUpsAtMost limits how often a run is resumed without any event in between.
	takeUpsAtMost = 3
)

// attach sends a run's events after a given number, up to its last event.
func (s *session) attach(ctx context.Context, stream *wire.Stream) error {
	var request wire.AttachRequest
	if err := stream.Receive(ctx, &request); err != nil {
		return err
	}
	dir, err := s.runDir(request.Run)
	if err != nil {
		return err
	}
	if known, err := s.known(request.Run); err != nil || !known {
		return errors.Join(fmt.Errorf("the run %s is not known here", request.Run), err)
	}
	t := &tail{session: s, stream: stream, run: request.Run, after: request.After, path: filepath.Join(dir, logFile), seen: s.Now()}
	for {
		if err := t.send(ctx); err != nil || t.ended {
			return err
		}
		if err := t.sendProgress(ctx); err != nil {
			return err
		}
		if err := t.takeUp(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tailEvery):
		}
	}
}

// tail follows the log of one run.
type tail struct {
	*session
	stream *wire.Stream
	run    string
	path   string
	after  uint64
	at     int64
	seen   time.Time // when the run last had a process
	taken  int       // how often it was resumed since the last event
	ended  bool
	looked time.Time // when the step's progress was last checked
	shown  time.Time // the time of the progress that was last sent
}

// send sends what is new.
func (t *tail) send(ctx context.Context) error {
	file, err := os.Open(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	t.at, err = readEvents(file, t.at, func(e wire.Event) error {
		t.ended, t.taken = e.Type.Final(), 0
		if e.Seq <= t.after {
			return nil
		}
		return t.stream.Send(ctx, e)
	})
	return err
}

// takeUp resumes a run whose process is gone. If each process ends without an
// event, only takeUp can report that.
func (t *tail) takeUp(ctx context.Context) error {
	now := t.Now()
	if t.alive(t.run) {
		t.seen = now
	}
	if now.Sub(t.seen) < takeUpAfter {
		return nil
	}
	if t.taken == takeUpsAtMost {
		return fmt.Errorf("the run %s was resumed %d times, and each time its process ended without a message: see `journalctl -u %s%s` on the host",
			t.run, t.taken, runUnit, t.run)
	}
	t.seen = now
	t.taken++
	return t.spawn(ctx, t.run)
}
