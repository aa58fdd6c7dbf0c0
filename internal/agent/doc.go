// Package agent is Cairn on a host: it answers the controller over a session,
// and carries runs out, detached, so that they outlive the session.
//
// # Processes and files
//
// `serve` answers one session and changes nothing itself. `run` carries one run
// out; `rollback` is called by systemd, at a guard's deadline and at boot, to end a
// guard that nobody confirmed. They meet in the state directory, /var/lib/cairn:
//
//	agents/SHA256/cairn-agent   this program, one of each version
//	runs/ID/record.cbor         what the run is to do, without any content
//	runs/ID/events.log          what it did, see [Log]
//	runs/ID/contents/           contents that the run names, encrypted, until it ends
//	runs/ID/lock                held by the process that carries it out
//	runs/ID/guards/GUARD/       see package guard
//	lock, epoch                 one mutating run at a time, and the highest epoch seen
//
// What a run brings into the host, contents of files above all, is only in memory,
// in /run/cairn-work/ID/plan.cbor, and is erased before the run tells that it has
// ended. So is the key of contents that are too long for that. What a guard needs after a restart to put files back, it has on disk until
// it is over. Whatever is killed before it could erase that, the next session
// erases for it.
//
// The package imports resource, wire, vantage and problem only: what runs on a
// host stays small.
package agent
