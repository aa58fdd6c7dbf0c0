// Package evidence keeps what probes saw and says what it is worth: a record of
// each look, how long the record stays fresh, and which waivers stand in for
// it. From all of that it derives whether a checkpoint is proven and a
// milestone still holds.
//
// Everything is pure: time comes in as an argument, and records come from and
// go to the journal. Several goroutines may read a value at the same time, as
// long as none changes it.
package evidence
