package throwaway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// removeLimit limits the removal of a whole rehearsal.
const removeLimit = 90 * time.Second

// kinds are what a rehearsal leaves on an engine, in the order in which it can
// be removed. A network or a volume can go only when no container uses it.
var kinds = []struct{ list, remove []string }{
	{[]string{"ps", "--all"}, []string{"rm", "--force", "--volumes"}},
	{[]string{"network", "ls"}, []string{"network", "rm"}},
	{[]string{"volume", "ls"}, []string{"volume", "rm", "--force"}},
}

// Remove removes every container, network and volume of a run, even of a run
// that was kept. It tries until nothing is left or ctx ends.
func Remove(ctx context.Context, d Docker, runID string) error {
	for {
		found, err := d.removeOnce(ctx, labelRun+"="+runID)
		if err == nil && found == 0 {
			return nil
		}
		if ctx.Err() != nil || !wait(ctx, 200*time.Millisecond) {
			if err == nil {
				err = ctx.Err()
			}
			return fmt.Errorf("remove rehearsal %s: %w", runID, err)
		}
	}
}

// removeOnce removes everything with the label and returns how much there was.
// What it cannot remove appears in the next round.
func (d Docker) removeOnce(ctx context.Context, label string) (found int, last error) {
	for _, kind := range kinds {
		ids, err := d.call(ctx, nil, append(slices.Clone(kind.list), "--quiet", "--filter", "label="+label)...)
		if err != nil {
			return found, err
		}
		list := strings.Fields(ids)
		found += len(list)
		if len(list) == 0 {
			continue
		}
		if _, err := d.call(ctx, nil, append(slices.Clone(kind.remove), list...)...); err != nil {
			last = err
		}
	}
	return found, last
}

// wait waits for d, or less if ctx ends. It reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run is a rehearsal that has left something on an engine.
type Run struct {
	ID    string
	Kept  bool // its owner wanted to keep it
	Alive bool // the process that made it still runs, or ran on another machine
}

// List returns the rehearsals that have left something on the engine, sorted by
// id.
func List(ctx context.Context, d Docker) ([]Run, error) {
	const format = `{{.Label "` + labelRun + `"}}|{{.Label "` + labelKept + `"}}|{{.Label "` + labelMachine + `"}}|{{.Label "` + labelLock + `"}}`
	machine, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	var all strings.Builder
	for _, kind := range kinds {
		out, err := d.call(ctx, nil, append(slices.Clone(kind.list), "--filter", "label="+labelRun, "--format", format)...)
		if err != nil {
			return nil, err
		}
		all.WriteString(out)
	}
	return parseRuns(all.String(), machine, held), nil
}

// parseRuns reads lines of "run|kept|machine|lock". This machine cannot see
// whether a run of another machine lives, so such a run counts as alive.
func parseRuns(list, machine string, held func(string) bool) []Run {
	runs := map[string]Run{}
	for _, line := range strings.Split(list, "\n") {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) != 4 || fields[0] == "" {
			continue
		}
		if _, known := runs[fields[0]]; known {
			continue
		}
		runs[fields[0]] = Run{ID: fields[0], Kept: fields[1] == "true", Alive: fields[2] != machine || held(fields[3])}
	}
	sorted := make([]Run, 0, len(runs))
	for _, run := range runs {
		sorted = append(sorted, run)
	}
	slices.SortFunc(sorted, func(a, b Run) int { return strings.Compare(a.ID, b.ID) })
	return sorted
}

// Sweep removes what this machine's rehearsals left behind, if their process is
// gone and they were not to be kept. It returns their ids.
func Sweep(ctx context.Context, d Docker) ([]string, error) {
	return sweep(ctx, d, abandoned)
}

// abandoned reports whether a run has no process and nobody wants to keep it.
func abandoned(run Run) bool { return !run.Alive && !run.Kept }

// over reports whether a run has no process.
func over(run Run) bool { return !run.Alive }

// SweepAll is Sweep for kept rehearsals too.
func SweepAll(ctx context.Context, d Docker) ([]string, error) {
	if _, err := Probe(ctx, d); err != nil {
		return nil, err
	}
	return sweep(ctx, d, over)
}

func sweep(ctx context.Context, d Docker, goes func(Run) bool) ([]string, error) {
	runs, err := List(ctx, d)
	if err != nil {
		return nil, err
	}
	var removed []string
	for _, run := range runs {
		if !goes(run) {
			continue
		}
		if err := errors.Join(Remove(ctx, d, run.ID), removeFiles(run.ID)); err != nil {
			return removed, err
		}
		removed = append(removed, run.ID)
	}
	return removed, nil
}
