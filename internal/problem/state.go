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
	{Code: JournalCorrupt, Exit: ExitFailed, Meaning: "The journal of this lab is damaged. It was not changed.", Fix: "restore .cairn/journal.db from your backup; the hosts themselves are not affected"},
	{Code: JournalNewer, Exit: ExitFailed, Meaning: "The journal was written by a newer Cairn.", Fix: "use that version, or a later one"},
	{Code: JournalWrite, Exit: ExitFailed, Meaning: "The journal could not be written, so the run stopped before doing anything more.", Fix: "free some space, or check the permissions of .cairn/journal.db"},
	{Code: JournalBusy, Exit: ExitLocked, Meaning: "Another Cairn program is writing this lab's journal.", Fix: "wait for it to end"},
	{Code: JournalArchive, Exit: ExitFailed, Meaning: "A file of the journal's archive is missing or damaged. The journal itself was not changed.", Fix: "restore .cairn/archive from your backup; the hosts themselves are not affected"},
	{Code: CaseNotBegun, Exit: ExitFailed, Meaning: "The case of this lab has not begun, so there is nothing to show or steer.", Fix: "begin it with `cairn up`"},
	{Code: CaseResting, Exit: ExitWaiting, Meaning: "The case is suspended, failed or closed, so the roadmap stands still.", Fix: "run `cairn case show` to see its state; `cairn case resume` continues a suspended case"},
	{Code: CaseIllegal, Exit: ExitFailed, Meaning: "The item's present state does not allow that step.", Fix: "run `cairn explain` with the item's name"},
	{Code: CaseUnknown, Exit: ExitFailed, Meaning: "The case has no item of that name.", Fix: "run `cairn task list` to see the tasks"},
	{Code: CaseSpins, Exit: ExitFailed, Meaning: "Items of the case set each other off without end, so the case was stopped.", Fix: "look at the criteria of the item named"},
	{Code: EvidenceBroken, Exit: ExitFailed, Meaning: "A piece of evidence does not fit the one before it: something was changed or removed.", Fix: "run `cairn check` to gather it again"},
}
