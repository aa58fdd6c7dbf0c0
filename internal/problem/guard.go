package problem

// Problems of guarded changes.
const (
	GuardRefused    Code = "guard.refused"
	GuardRolledBack Code = "guard.rolled-back"
	GuardStuck      Code = "guard.rollback-failed"
	GuardBusy       Code = "guard.busy"
)

var guardEntries = []Entry{
	{Code: GuardRefused, Exit: ExitRolledBack, Meaning: "A change that could lock you out was refused before anything was touched.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: GuardRolledBack, Exit: ExitRolledBack, Meaning: "A change was made, the proof that you can still get in failed, and the host was put back as it was.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: GuardStuck, Exit: ExitFailed, Meaning: "Putting the host back as it was did not succeed entirely.", Fix: "your session is still open if you have one: look at what the message names before you close it"},
	{Code: GuardBusy, Exit: ExitLocked, Meaning: "Another guarded change on this host waits for its confirmation.", Fix: "wait a minute: it confirms or rolls itself back"},
}
