package engine

import "time"

// Event is one thing to show while work is going on. Terminal, JSON output and
// audit get the same stream.
type Event struct {
	At         time.Time `json:"at"`
	Type       string    `json:"type"`
	Host       string    `json:"host,omitempty"`
	Task       string    `json:"task,omitempty"`
	Step       string    `json:"step,omitempty"`
	Guard      string    `json:"guard,omitempty"`
	Checkpoint string    `json:"checkpoint,omitempty"`
	Probe      string    `json:"probe,omitempty"`
	Vantage    string    `json:"vantage,omitempty"`
	About      string    `json:"about,omitempty"` // what is looked at, where it is not the host itself
	Outcome    string    `json:"outcome,omitempty"`
	Milestone  string    `json:"milestone,omitempty"`
	Text       string    `json:"text,omitempty"`
	// Left is about how long the command will still take.
	Left time.Duration `json:"left_ns,omitempty"`
}

// Types of events that the engine makes itself. Events from a host keep the names
// from package wire.
const (
	EventConnecting = "host.connecting"
	EventConnected  = "host.connected"
	EventLost       = "host.connection-lost"
	EventAttached   = "run.attached"
	EventTaskOpen   = "task.started"
	EventTaskDone   = "task.completed"
	EventProving    = "checkpoint.started"
	EventLooking    = "look.started"
	EventLookFar    = "look.progress"
	EventLook       = "look.done"
	EventMilestone  = "milestone.reached"
	EventProof      = "guard.proof"
	EventJournal    = "journal.kept"
	EventSending    = "contents.sending" // how far, in Text
	EventSent       = "contents.sent"    // or given up
	EventTimeLeft   = "time.left"
)

// tell passes an event to the listener.
func (e *Engine) tell(event Event) {
	if e.progress == nil {
		return
	}
	event.At = e.now().UTC()
	e.progress(event)
}
