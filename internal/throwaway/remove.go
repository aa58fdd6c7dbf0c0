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

// removeLimit bounds the removal of a whole rehearsal.
const removeLimit = 90 * time.Second

// kinds are what a rehearsal leaves on an engine, in the order it can be
// removed: a network or a volume goes only when no container uses it.
var kinds = []struct{ list, remove []string }{
	{[]string{"ps", "--all"}, []string{"rm", "--force", "--volumes"}},
	{[]string{"network", "ls"}, []string{"network", "rm"}},
	{[]string{"volume", "ls"}, []string{"volume", "rm", "--force"}},
}

// Remove removes every container, network and volume of a run, also of one that
// was kept. It tries until nothing is left or ctx ends.
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

// removeOnce removes what has the label and says how much there was. What it
// could not remove shows in the next round.
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

// wait lets d pass, or less when ctx ends; it reports whether ctx still lives.
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

// Run is a rehearsal that an engine has something of.
type Run struct {
	ID    string
	Kept  bool // its owner wanted it kept
	Alive bool // the process that made it still runs, or ran on another machine
}

// List returns the rehearsals that the engine has something of, by id.
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

// parseRuns reads lines of "run|kept|machine|lock". Whether a run of another
// machine lives cannot be seen from here, so it counts as alive.
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

// Sweep removes what rehearsals of this machine left whose process is gone and
// which were not meant to be kept. It returns their ids.
func Sweep(ctx context.Context, d Docker) ([]string, error) {
	return sweep(ctx, d, abandoned)
}

// abandoned is what nobody works on and nobody wants any more.
func abandoned(run Run) bool { return !run.Alive && !run.Kept }

// over is what nobody works on any more.
func over(run Run) bool { return !run.Alive }

// SweepAll is Sweep for those that were kept as well.
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
