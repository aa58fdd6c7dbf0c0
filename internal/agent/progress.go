package agent

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/wire"
)

// progressFile holds the progress of a run's current step. It is only for the
// moment: each content replaces the last, is not synced to disk, and does not enter
// the run's log.
const progressFile = "progress"

// showing shows the followers of the run how far its step is. Errors do not stop
// the work.
func (r *execution) showing(s wire.Step) func(text string) {
	path := filepath.Join(r.dir, progressFile)
	return func(text string) {
		body, err := wire.Encode(wire.Event{Run: r.plan.ID, At: r.Now().UTC(), Type: wire.StepProgress, Task: s.Task, Step: s.ID, Detail: text})
		if err == nil && os.WriteFile(path+".new", body, 0o600) == nil {
			_ = os.Rename(path+".new", path)
		}
	}
}

// noProgress removes the file when the step ends, and what an earlier process left.
func (r *execution) noProgress() {
	_ = os.Remove(filepath.Join(r.dir, progressFile))
	_ = os.Remove(filepath.Join(r.dir, progressFile+".new"))
}

// progressEvery is how often a run is checked for progress.
const progressEvery = 500 * time.Millisecond

// sendProgress sends the progress if it is new. Over a slow line some of it is
// skipped, because the next check comes only after the last was sent.
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
