package problem

// Problems of guarded changes.
const (
	GuardRefused    Code = "guard.refused"
	GuardRolledBack Code = "guard.rolled-back"
	GuardStuck      Code = "guard.rollback-failed"
	GuardBusy       Code = "guard.busy"
)

var guardEntries = []Entry{
	{Code: GuardRefused, Exit: ExitRolledBack, Meaning: "Cairn refused a change that could lock you out, before it touched anything.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: GuardRolledBack, Exit: ExitRolledBack, Meaning: "After a change, Cairn could not prove that you can still log in. So it put the host back as it was.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: GuardStuck, Exit: ExitFailed, Meaning: "Cairn could not put the host back completely.", Fix: "if you have a session open, keep it open until you have looked at what the message names"},
	{Code: GuardBusy, Exit: ExitLocked, Meaning: "Another guarded change on this host waits for its confirmation.", Fix: "wait a minute: it confirms or rolls itself back"},
}
