package problem

// Exit codes of the program. 2 is never used: a crashed Go program says 2.
const (
	ExitOK           = 0
	ExitFailed       = 1
	ExitUnauthorised = 4
	ExitChanges      = 10
	ExitDrift        = 11
	ExitUnproven     = 12
	ExitWaiting      = 13
	ExitLocked       = 14
	ExitRolledBack   = 15
	ExitCancelled    = 130
)

// Exit is one exit code of the program and what it means, whatever the command.
type Exit struct {
	Code    int
	Meaning string
}

// Exits are all exit codes, in order.
func Exits() []Exit {
	return []Exit{
		{ExitOK, "It worked."},
		{ExitFailed, "It failed; the code of the error says why."},
		{ExitUnauthorised, "A host or a service refused the login, or a password is needed."},
		{ExitChanges, "The plan has changes (with --exit-code)."},
		{ExitDrift, "A host is no longer as it was made (with --exit-code)."},
		{ExitUnproven, "A required checkpoint is not proven."},
		{ExitWaiting, "It waits for a person."},
		{ExitLocked, "Another run holds the lock, or has taken over."},
		{ExitRolledBack, "A guarded change was refused, or rolled back."},
		{ExitCancelled, "It was interrupted."},
	}
}
