package engine

import "cairn/internal/wire"

// eventWords say in the owner's words what happened. Events that tell people
// nothing by themselves have none.
var eventWords = map[string]string{
	EventConnected:               "connected",
	EventTaskDone:                "done",
	EventMilestone:               "milestone reached",
	EventProving:                 "proving",
	string(wire.StepApplied):     "changed",
	string(wire.StepFailed):      "failed at",
	string(wire.StepSkipped):     "skipped",
	string(wire.StepNote):        "at",
	string(wire.GuardPrepared):   "prepared: everything is saved and putting it back was rehearsed",
	string(wire.GuardArmed):      "armed: without a confirmation the host puts everything back by itself",
	string(wire.GuardApplied):    "applied, not yet confirmed",
	string(wire.GuardConfirmed):  "confirmed",
	string(wire.GuardPersisted):  "made permanent",
	string(wire.GuardSkipped):    "skipped",
	string(wire.GuardRefused):    "refused, nothing was changed",
	string(wire.GuardRolledBack): "rolled back, the host is as it was",
	string(wire.GuardStuck):      "ROLLBACK INCOMPLETE",
	string(wire.RunRefused):      "the host refused the run",
}

// What says in the owner's words what happened, and in which guard. Host, step and
// text stand beside it. It is empty for events that tell people nothing by
// themselves.
func (e Event) What() string {
	what := eventWords[e.Type]
	if what != "" && e.Guard != "" && e.Step == "" {
		return "guard " + e.Guard + " " + what
	}
	return what
}

// LookName names the look of an event by its probe, what it is about, its host and
// its vantage.
func (e Event) LookName() string {
	name := e.Probe
	if e.About != "" {
		name += " of " + e.About
	}
	name += " on " + e.Host
	if e.Vantage != e.Host {
		name += " from " + e.Vantage
	}
	return name
}
