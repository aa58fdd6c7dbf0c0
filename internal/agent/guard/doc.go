// Package guard makes changes that could lock the owner out, so that they cannot:
//
//	PREPARE -> ARM -> APPLY -> SETTLE -> PROBE -> CONFIRM -> PERSIST
//	any failure -> ROLL BACK -> VERIFY
//
// Everything that is needed to put the host back is on its disk before anything
// is changed, and a timer and a unit that runs at boot are armed to do it. The
// change stays only when a confirmation with the right nonce arrives in time.
// docs/explanation/guard.md tells the same for the owner.
//
// # Processes
//
// [Execute] runs in the process that carries the run out. [Proceed], [Confirm]
// and [Abort] are called by another, on behalf of the controller, and [Resume] by
// the timer and at boot. They share the guard's directory: every transition is
// one file replaced at once, under one lock. So confirmation and rollback cannot
// both happen, and whichever process dies at whichever point, what is on the disk
// says what is left to do, to any process.
package guard
