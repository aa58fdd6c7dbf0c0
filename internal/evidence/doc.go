// Package evidence keeps what probes saw and says what it is worth: a record of
// each look, how long it stays fresh, which waivers stand in for it, and from
// all of that whether a checkpoint is proven and a milestone still holds.
//
// Everything is pure: time comes in as an argument, and records come from and
// go to the journal. Values are safe for concurrent use as long as nobody
// changes them.
package evidence
