package problem

// Problems of what Cairn keeps: journal, evidence, case.
const (
	JournalCorrupt Code = "journal.corrupt"
	JournalNewer   Code = "journal.newer"
	JournalWrite   Code = "journal.write"
	JournalBusy    Code = "journal.busy"
	JournalArchive Code = "journal.archive"
	CaseNotBegun   Code = "case.not-begun"
	CaseResting    Code = "case.resting"
	CaseIllegal    Code = "case.illegal-transition"
	CaseUnknown    Code = "case.unknown-item"
	CaseSpins      Code = "case.spins"
	EvidenceBroken Code = "evidence.chain-broken"
)

var stateEntries = []Entry{
	{JournalCorrupt, ExitFailed, "The journal of this lab is damaged. It was not changed.", "restore .cairn/journal.db from your backup; the hosts themselves are not affected"},
	{JournalNewer, ExitFailed, "The journal was written by a newer Cairn.", "use that version, or a later one"},
	{JournalWrite, ExitFailed, "The journal could not be written, so the run stopped before doing anything more.", "cannot write .cairn/journal.db: free some space, or check its permissions"},
	{JournalBusy, ExitLocked, "Another Cairn program is writing this lab's journal.", "wait for it to end"},
	{JournalArchive, ExitFailed, "A file of the journal's archive is missing or damaged. The journal itself was not changed.", "restore .cairn/archive from your backup; the hosts themselves are not affected"},
	{CaseNotBegun, ExitFailed, "The case of this lab has not begun, so there is nothing in it to look at or to steer.", "begin it with `cairn up`"},
	{CaseResting, ExitWaiting, "The case is suspended, failed or closed, so nothing on the roadmap goes on.", "run `cairn case show` for what it is; a suspended one goes on with `cairn case resume`"},
	{CaseIllegal, ExitFailed, "That step is not allowed in the state the item is in.", "run `cairn explain` with the item's name"},
	{CaseUnknown, ExitFailed, "The case has no item of that name.", "run `cairn task list` for the tasks there are"},
	{CaseSpins, ExitFailed, "Items of the case set each other off without end, so the case was stopped.", "look at the criteria of the item named"},
	{EvidenceBroken, ExitFailed, "A piece of evidence does not fit the one before it: something was changed or removed.", "run `cairn check` to gather it anew"},
}
