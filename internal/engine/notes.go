package engine

import (
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// NoteKind sorts what the owner should know before saying yes.
type NoteKind string

// The kinds of notes, in the order in which a plan shows them.
const (
	NoteConflict NoteKind = "conflict"          // something on the host works against the plan
	NoteAccess   NoteKind = "no-longer-gets-in" // an account or a way in that ends
	NoteReach    NoteKind = "no-longer-reached" // a port that answers today and will not
	NoteStops    NoteKind = "stops-working"     // something else that works today and will not
	NoteKey      NoteKind = "key"               // which key opens the host afterwards
	NoteKept     NoteKind = "kept"              // what is there and is left as it is
)

// Note is one thing about a host that the owner should know before saying yes:
// a plain sentence, with what to do about it where there is something to do.
type Note struct {
	Kind NoteKind `json:"kind"`
	Text string   `json:"text"`
	Fix  string   `json:"fix,omitempty"`
}

// noted is what a note can be made from.
type noted struct {
	lab   *lab.Lab
	host  lab.Host
	facts wire.Facts
	steps []StepPlan
}

// noteSources each look at one subject. They are pure.
var noteSources = []func(noted) []Note{}

// notes are all notes about a host.
func (n noted) notes() []Note {
	var all []Note
	for _, source := range noteSources {
		all = append(all, source(n)...)
	}
	return all
}
