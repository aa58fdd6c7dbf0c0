package engine

import (
	"strings"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// NoteKind sorts what the owner should know before saying yes.
type NoteKind string

// The kinds of notes.
const (
	NoteConflict NoteKind = "conflict"          // something on the host works against the plan
	NoteAccess   NoteKind = "no-longer-gets-in" // an account or a way in that ends
	NoteReach    NoteKind = "no-longer-reached" // a port that answers today and will not
	NoteStops    NoteKind = "stops-working"     // something else that works today and will not
	NoteRestart  NoteKind = "restarted"         // what is installed, removed, started, stopped or reloaded
	NoteKey      NoteKind = "key"               // who gets in afterwards, and with what
	NoteKept     NoteKind = "kept"              // what is there and is left as it is
)

// NoteGroup is a kind of notes under the title that is theirs in a plan.
type NoteGroup struct {
	Kind  NoteKind
	Title string
	// Warns says that something ends or is in the way; the rest is only told.
	Warns bool
}

// NoteGroups are all kinds in the order in which a plan shows them: what ends first,
// what stays last.
var NoteGroups = []NoteGroup{
	{NoteConflict, "What is in the way", true},
	{NoteAccess, "Who will no longer get in", true},
	{NoteReach, "What will no longer be reached", true},
	{NoteStops, "What stops working", true},
	{NoteRestart, "What is installed, started or stopped", false},
	{NoteKey, "Who gets in afterwards", false},
	{NoteKept, "What stays as it is", false},
}

// Note is one thing about a host that the owner should know before saying yes:
// a plain sentence, with what to do about it where there is something to do.
type Note struct {
	Kind NoteKind `json:"kind"`
	Text string   `json:"text"`
	Fix  string   `json:"fix,omitempty"`
}

// noteInput is what a note can be made from.
type noteInput struct {
	lab    *lab.Lab
	host   lab.Host
	facts  wire.Facts
	survey wire.Survey
	steps  []StepPlan
	key    host.OwnerKey
}

// noteSources each look at one subject. They are pure.
var noteSources = []func(noteInput) []Note{
	lostAccounts,
	lostPorts,
	restarts,
	sudoWithoutPassword,
	keyNotes,
	revokedKeys,
	filterNotes,
	loaderNotes,
	guestNotes,
	noteDocker,
	noteResolver,
	noteBans,
	noteSkipped,
	noteInput.sshPortMoves,
	noteInput.sshDoors,
	noteInput.sshWaysClosed,
	noteInput.sshListsOwner,
	noteInput.sshForwarding,
}

// notes are all notes about a host.
func (n noteInput) notes() []Note {
	var all []Note
	for _, source := range noteSources {
		all = append(all, source(n)...)
	}
	return all
}

// changing finds the step of a kind that would change something, by the beginning
// of its id.
func (n noteInput) changing(prefix string) (StepPlan, bool) {
	for _, s := range n.steps {
		if strings.HasPrefix(s.ID, prefix) && s.Changes() {
			return s, true
		}
	}
	return StepPlan{}, false
}
