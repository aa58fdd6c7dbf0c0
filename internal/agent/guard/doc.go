// Package guard makes risky changes in such a way that they cannot lock the owner
// out:
//
//	PREPARE -> ARM -> APPLY -> SETTLE -> PROBE -> CONFIRM -> PERSIST
//	any failure -> ROLL BACK -> VERIFY
//
// Everything that is needed to restore the host is on disk before the first change.
// A timer and a unit that runs at boot are armed to do it. The change stays only if
// a confirmation with the right nonce arrives in time. docs/explanation/guard.md
// explains this for the owner.
//
// # Processes
//
// [Execute] runs in the process that carries out the run. Another process calls
// [Proceed], [Confirm] and [Abort] for the controller. The timer and the boot unit
// call [Resume]. They share the guard's directory. Every transition replaces one
// file atomically, under one lock. So a change cannot be both confirmed and rolled
// back. Whichever process dies at whichever point, the disk tells any other process
// what is left to do.
package guard
