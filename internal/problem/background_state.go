package problem

var stateBackground = map[Code]Background{
	JournalCorrupt: {
		Why:   "A disk failed, the file was cut short, or it was edited. The journal never changes old events itself.",
		See:   "`cairn export evidence` names the first record that does not fit.",
		Other: "Without a backup, move `.cairn/journal.db` away. `cairn up` begins a new case and finds the hosts as declared.",
	},
	JournalNewer: {
		Why:   "The lab was used with a newer Cairn, here or on another machine.",
		See:   "`cairn version` shows this version.",
		Other: "Restore the journal from a backup that this version made.",
	},
	JournalWrite: {
		Why:   "The disk is full, read-only, or the folder belongs to another user. Without its journal Cairn changes nothing.",
		See:   "`df -h .cairn` and `ls -ld .cairn` show room and permissions.",
		Other: "If the disk fails, copy the whole lab folder to another one and go on there.",
	},
	JournalBusy: {
		Why:   "Another program holds the database for longer than a moment, perhaps a backup or a viewer of databases.",
		See:   "`fuser .cairn/journal.db` shows who has it open.",
		Other: "Close that program, then run the command again.",
	},
	JournalArchive: {
		Why:   "Old events are packed into files of their own. One of them was moved, deleted or damaged.",
		See:   "The message names the file in `.cairn/archive`.",
		Other: "Without a backup the lab works on. Only the old events of that file are lost, and the export says so.",
	},
	CaseNotBegun: {
		Why:   "The lab has never been brought up, so there is no case yet.",
		See:   "`cairn plan` shows what the first `cairn up` would do.",
		Other: "To look at the roadmap alone: `cairn export diagram`, or `cairn case simulate`.",
	},
	CaseResting: {
		Why:   "Somebody suspended or closed the case, or it failed.",
		See:   "`cairn case history` says who did that, when and why.",
		Other: "Reopen a failed or completed case with `cairn case reactivate`.",
	},
	CaseIllegal: {
		Why:   "CMMN allows each step only in some states. A task that is done cannot be planned out, for instance.",
		See:   "`cairn task list` shows the states.",
		Other: "Wait for what the item waits for: `cairn explain` names it.",
	},
	CaseUnknown: {
		Why:   "A typing error, or the item belongs to another version of the roadmap.",
		See:   "`cairn case show` shows the items with their ids.",
		Other: "Let your shell complete the id: `cairn completion --help`.",
	},
	CaseSpins: {
		Why:   "Two items of a model of your own start each other again and again. Cairn's own roadmap has no such items.",
		See:   "`cairn case simulate MODEL` shows step by step which item sets off which.",
		Other: "Bound the repetition with a condition that becomes false.",
	},
	EvidenceBroken: {
		Why:   "Somebody edited the journal, or a restored backup lacks its last events.",
		See:   "`cairn export evidence` names the first record that does not fit.",
		Other: "Restore the whole `.cairn` folder from one backup, not single files.",
	},
}
