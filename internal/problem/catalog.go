package problem

import "slices"

// Entry is what the catalogue says of a code.
type Entry struct {
	Code    Code
	Exit    int    // the program's exit code when this ends it
	Meaning string // what happened, in a sentence or two
	Fix     string // what to do when the problem itself names nothing better
}

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

// All returns every entry of the catalogue, by code.
func All() []Entry {
	all := slices.Concat(labEntries, hostEntries, guardEntries, runEntries, stateEntries, rehearsalEntries)
	slices.SortFunc(all, func(a, b Entry) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return all
}

// Lookup finds the entry of a code.
func Lookup(code Code) (Entry, bool) {
	for _, e := range All() {
		if e.Code == code {
			return e, true
		}
	}
	return Entry{}, false
}
