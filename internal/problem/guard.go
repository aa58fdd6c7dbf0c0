package problem

// Problems of guarded changes.
const (
	GuardRefused    Code = "guard.refused"
	GuardRolledBack Code = "guard.rolled-back"
	GuardStuck      Code = "guard.rollback-failed"
	GuardBusy       Code = "guard.busy"
)

var guardEntries = []Entry{
	{GuardRefused, ExitRolledBack, "A change that could lock you out was refused before anything was touched.", "fix the cause above, then run `cairn up` again"},
	{GuardRolledBack, ExitRolledBack, "A change was made, the proof that you can still get in failed, and the host was put back as it was.", "fix the cause above, then run `cairn up` again"},
	{GuardStuck, ExitFailed, "Putting the host back as it was did not succeed entirely.", "your session is still open if you have one: look at what the message names before you close it"},
	{GuardBusy, ExitLocked, "Another guarded change on this host waits for its confirmation.", "wait a minute: it confirms or rolls itself back"},
}
