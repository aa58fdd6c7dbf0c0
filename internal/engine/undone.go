package engine

import (
	"maps"
	"slices"

	"cairn/internal/wire"
)

// Undone is a step or guarded change that the last run on a host did not complete.
type Undone struct {
	Host string `json:"host"`
	Task string `json:"task"`
	Name string `json:"name"`
	Why  string `json:"why"` // why it failed, or since what it was skipped
	// Skipped means that it was not begun, because something it depends on failed.
	Skipped bool `json:"skipped,omitempty"`
}

// runRest is what one run left undone on a host.
type runRest struct {
	Run string   `json:"run"`
	All []Undone `json:"all,omitempty"`
}

// with adds an event. An event of another run starts again.
func (u runRest) with(run string, told wire.Event) runRest {
	if u.Run != run {
		u = runRest{Run: run}
	}
	add := Undone{Task: told.Task, Name: told.Step, Why: told.Detail, Skipped: true}
	switch {
	case told.Type == wire.StepFailed && told.Guard == "":
		add.Why, add.Skipped = eventText(told), false
	case told.Type == wire.GuardSkipped:
		add.Name = "guard " + told.Guard
	case told.Type != wire.StepSkipped:
		return u
	}
	if !slices.Contains(u.All, add) {
		u.All = append(slices.Clone(u.All), add)
	}
	return u
}

// undone returns, by host, what was left undone and not proven in another way
// since.
func (v *View) undone() []Undone {
	var all []Undone
	if v.changes == nil {
		return nil
	}
	for _, host := range slices.Sorted(maps.Keys(v.changes.Undone)) {
		for _, u := range v.changes.Undone[host].All {
			if t, known := v.roadmap.Task(u.Task); known && !v.counts(t) {
				u.Host = host
				all = append(all, u)
			}
		}
	}
	return all
}
