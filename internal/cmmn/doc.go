// Package cmmn runs cases as the Case Management Model and Notation 1.1 (OMG
// formal/2016-12-01) describes them. A [Model] says what may happen. A [Program]
// is a model that was checked and indexed. A [Case] is one run of it.
//
// The package is pure. It reads no clock and no file, starts no goroutine and
// keeps no global state. Time, values and decisions come in with a [Command].
// Everything that follows comes out as one [Turn]. A turn is complete when
// nothing more can happen by itself. Either all of it takes effect or none of it.
//
// # Journal
//
// A [Turn] holds effects, not intentions: replaying the turns of a case with
// [Program.Replay] evaluates no condition and gives the same state, byte for
// byte.
//
// # Decisions
//
// Where the specification is silent or engines disagree, the choice is written
// in docs/explanation/cmmn.md, and docs/reference/cmmn-conformance.md names the
// test that holds it.
package cmmn
