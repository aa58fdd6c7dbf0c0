package agent

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/wire"
)

// progressFile is how far the step of a run is that is under way. It is for whoever
// looks at this moment: each replaces the one before, nothing waits for the disk,
// and nothing of it is in the run's log.
const progressFile = "progress"

// showing tells whoever follows the run how far its step is. That it cannot be told
// stops no work.
func (r *running) showing(s wire.Step) func(text string) {
	path := filepath.Join(r.dir, progressFile)
	return func(text string) {
		body, err := wire.Encode(wire.Event{Run: r.plan.ID, At: r.Now().UTC(), Type: wire.StepProgress, Task: s.Task, Step: s.ID, Detail: text})
		if err == nil && os.WriteFile(path+".new", body, 0o600) == nil {
			_ = os.Rename(path+".new", path)
		}
	}
}

// noProgress forgets it when the step ends, and what a process before this one left.
func (r *running) noProgress() {
	_ = os.Remove(filepath.Join(r.dir, progressFile))
	_ = os.Remove(filepath.Join(r.dir, progressFile+".new"))
}

// progressEvery is how often it is looked at whether a run has got further.
const progressEvery = 500 * time.Millisecond

// sendProgress sends how far the step is, when that is news. Over a slow line the
// next look is after the last was sent, so what was in between is left out.
func (t *tail) sendProgress(ctx context.Context) error {
	if t.ended || time.Since(t.looked) < progressEvery {
		return nil
	}
	t.looked = time.Now()
	body, err := os.ReadFile(filepath.Join(filepath.Dir(t.path), progressFile))
	if err != nil {
		return nil
	}
	var e wire.Event
	if wire.Decode(body, &e) != nil || !e.At.After(t.shown) {
		return nil
	}
	t.shown = e.At
	return t.stream.Send(ctx, e)
}
