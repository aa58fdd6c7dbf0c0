package engine

import (
	"slices"
	"sync"
	"time"

	"cairn/internal/lab"
	"cairn/internal/wire"
)

// HostState is what became of a host, in one word.
type HostState string

// The states, the gravest first. A host has the first one that is true of it.
const (
	HostStuck      HostState = "stuck"       // putting back left differences
	HostWaiting    HostState = "waiting"     // work goes on there, which this command left
	HostPutBack    HostState = "put-back"    // a guarded change was rolled back
	HostRefused    HostState = "refused"     // a guarded change was refused, or the whole run
	HostFailed     HostState = "failed"      // something went wrong; what was done before stays
	HostNotReached HostState = "not-reached" // nobody got in
	HostChanged    HostState = "changed"     // changes were made, and stay
	HostUntouched  HostState = "untouched"   // changes are to be made, and none was
	HostAsDeclared HostState = "as-declared" // there was nothing to change
	HostNotLooked  HostState = "not-looked"  // the command ended before anybody looked
)

// HostOutcome is what became of one host.
type HostOutcome struct {
	Host  string    `json:"host"`
	State HostState `json:"state"`
	// Changed are the steps that were made and stay.
	Changed []string `json:"changed,omitempty"`
	// Unproven says that nobody has looked since whether that holds.
	Unproven bool `json:"unproven,omitempty"`
	Planned  int  `json:"planned,omitempty"` // changes still to be made
	// Failed are the steps that could not be set up, and Skipped what was left
	// undone because of that: steps and guarded changes.
	Failed  []string       `json:"failed,omitempty"`
	Skipped []Skipped      `json:"skipped,omitempty"`
	Guards  []GuardOutcome `json:"guards,omitempty"`
}

// Skipped is a step or a guarded change that was not begun.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"` // "since ... failed"
}

// GuardOutcome is how a guarded change stands, in its newest event's words.
type GuardOutcome struct {
	Guard string         `json:"guard"`
	Last  wire.EventType `json:"last"`
	// Until is when the host puts an armed change back by itself, at the latest, by
	// this machine's clock.
	Until *time.Time `json:"until,omitempty"`
	// PutBack are the steps that were made and are put back.
	PutBack []string `json:"put_back,omitempty"`
}

// Armed reports whether the host will put the change back by itself.
func (g GuardOutcome) Armed() bool {
	return g.Last == wire.GuardArmed || g.Last == wire.GuardApplied || g.Last == wire.GuardSettled
}

// outcomes are gathered while hosts are at work. They are safe for concurrent use.
type outcomes struct {
	mu    sync.Mutex
	hosts map[string]*hostRecord
}

// hostRecord is what was heard of a host during this command.
type hostRecord struct {
	underWay bool // a run was handed over and has not said how it ended
	failed   bool
	refused  bool
	unproven bool
	changed  []string
	pending  map[string][]string // by guard: the steps that stay only with its confirmation
	guards   []GuardOutcome      // the newest of each
	steps    []string            // that failed, outside of guards
	skipped  []Skipped
}

func newOutcomes() *outcomes { return &outcomes{hosts: map[string]*hostRecord{}} }

// of is a host's record, made where there is none. The caller holds the lock.
func (o *outcomes) of(host string) *hostRecord {
	if o.hosts[host] == nil {
		o.hosts[host] = &hostRecord{pending: map[string][]string{}}
	}
	return o.hosts[host]
}

// handedOver notes that a host was given work, which it does with or without this
// program from then on.
func (o *outcomes) handedOver(host string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.of(host)
	r.underWay, r.steps, r.skipped = true, nil, nil
}

// notBegun notes that the host did not take the work.
func (o *outcomes) notBegun(host string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.of(host)
	r.underWay, r.failed = false, true
}

// confirmed notes that a guard took the confirmation, before it says so itself.
func (o *outcomes) confirmed(host, guard string, now time.Time) {
	o.take(host, wire.Event{Type: wire.GuardConfirmed, Guard: guard}, now)
}

// proven notes that what was changed so far on the hosts has been looked at.
func (o *outcomes) proven(hosts []lab.Host) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range hosts {
		o.of(h.Name).unproven = false
	}
}

// take learns from an event that a host told.
func (o *outcomes) take(host string, e wire.Event, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.of(host)
	var putBack []string
	switch e.Type {
	case wire.StepApplied:
		if e.Guard != "" {
			r.pending[e.Guard] = append(r.pending[e.Guard], e.Step)
			return
		}
		r.stays(e.Step)
	case wire.StepFailed:
		if e.Guard == "" {
			r.failed, r.steps = true, append(r.steps, e.Step)
		}
	case wire.StepSkipped:
		r.skipped = append(r.skipped, Skipped{e.Step, e.Detail})
	case wire.GuardSkipped:
		r.skipped = append(r.skipped, Skipped{"guard " + e.Guard, e.Detail})
		return
	case wire.GuardConfirmed, wire.GuardPersisted:
		r.stays(r.pending[e.Guard]...)
		delete(r.pending, e.Guard)
	case wire.GuardRolledBack, wire.GuardRefused:
		putBack = r.pending[e.Guard]
		delete(r.pending, e.Guard)
	case wire.RunDone:
		r.underWay, r.failed, r.refused = false, false, false
	case wire.RunRefused:
		r.underWay, r.refused = false, true
	case wire.RunFailed:
		r.underWay, r.failed = false, true
	}
	if e.Guard != "" && e.Step == "" {
		r.guard(e, now).PutBack = putBack
	}
}

func (r *hostRecord) stays(steps ...string) {
	r.changed = append(r.changed, steps...)
	r.unproven = r.unproven || len(steps) > 0
}

// guard keeps the newest of a guard's events.
func (r *hostRecord) guard(e wire.Event, now time.Time) *GuardOutcome {
	at := slices.IndexFunc(r.guards, func(g GuardOutcome) bool { return g.Guard == e.Guard })
	if at < 0 {
		at = len(r.guards)
		r.guards = append(r.guards, GuardOutcome{Guard: e.Guard})
	}
	g := &r.guards[at]
	g.Last = e.Type
	switch {
	case e.Type == wire.GuardArmed:
		until := now.Add(e.Lasts).UTC()
		g.Until = &until
	case !g.Armed():
		g.Until = nil
	}
	return g
}

// lastOf is the newest event of a guard on a host; empty where there is none.
func (o *outcomes) lastOf(host, guard string) wire.EventType {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.of(host).guards {
		if g.Guard == guard {
			return g.Last
		}
	}
	return ""
}

// state is the gravest thing that was heard; empty when nothing was.
func (r *hostRecord) state() HostState {
	ended := func(as wire.EventType) bool {
		return slices.ContainsFunc(r.guards, func(g GuardOutcome) bool { return g.Last == as })
	}
	switch {
	case ended(wire.GuardStuck):
		return HostStuck
	case r.underWay || slices.ContainsFunc(r.guards, GuardOutcome.Armed):
		return HostWaiting
	case ended(wire.GuardRolledBack):
		return HostPutBack
	case ended(wire.GuardRefused) || r.refused:
		return HostRefused
	case r.failed:
		return HostFailed
	case len(r.changed) > 0:
		return HostChanged
	}
	return ""
}

// result is what became of the hosts, in the lab's order. plan is the newest, nil
// where nobody came to make one.
func (o *outcomes) result(hosts []lab.Host, plan *Plan) []HostOutcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]HostOutcome, 0, len(hosts))
	for _, h := range hosts {
		r := o.of(h.Name)
		outcome := HostOutcome{Host: h.Name, State: r.state(), Changed: r.changed, Unproven: r.unproven, Guards: r.guards, Failed: r.steps, Skipped: r.skipped}
		planned, looked := plan.of(h.Name)
		outcome.Planned = max(0, planned.changes()-len(r.changed))
		if outcome.State == "" {
			outcome.State = stateFromPlan(planned, looked)
		}
		all = append(all, outcome)
	}
	return all
}

// stateFromPlan is what is true of a host that was given no work.
func stateFromPlan(p HostPlan, looked bool) HostState {
	switch {
	case !looked:
		return HostNotLooked
	case p.Problem != "":
		return HostNotReached
	case p.changes() > 0:
		return HostUntouched
	}
	return HostAsDeclared
}
