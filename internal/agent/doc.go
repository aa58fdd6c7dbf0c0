// Package agent is Cairn on a host. It answers the controller over a session. It
// carries out runs in processes of their own, which outlive the session.
//
// # Processes and files
//
// `serve` answers one session and changes nothing itself. `run` carries out one
// run. systemd calls `rollback` at a guard's deadline and at boot, to end a guard
// that nobody confirmed. They share the state directory, /var/lib/cairn:
//
//	agents/SHA256/cairn-agent   this program, one of each version
//	runs/ID/record.cbor         what the run is to do, without any content
//	runs/ID/events.log          what it did, see [Log]
//	runs/ID/contents/           contents that the run names, encrypted, until it ends
//	runs/ID/lock                held by the process that carries it out
//	runs/ID/guards/GUARD/       see package guard
//	lock, epoch                 one mutating run at a time, and the highest epoch seen
//
// What a run brings into the host, such as the contents of files, is only in
// memory, in /run/cairn-work/ID/plan.cbor. The key of contents that are too long
// for that is in memory too. Both are erased before the run reports its end. What
// a guard needs to restore files after a restart is on disk until the guard ends.
// If a process is killed before it could erase these, the next session does.
//
// The package imports nothing that only the controller needs, so that the program
// on a host stays small.
package agent
