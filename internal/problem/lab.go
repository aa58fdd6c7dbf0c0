package problem

// Problems of the lab file.
const (
	LabMissing   Code = "lab.missing"
	LabSyntax    Code = "lab.syntax"
	LabInvalid   Code = "lab.invalid"
	LabUnknown   Code = "lab.unknown-name"
	LabExists    Code = "lab.exists"
	LabNotReady  Code = "lab.not-available-yet"
	LabUnwritten Code = "lab.not-written"
	RoadmapWrong Code = "roadmap.invalid"
)

// What can be wrong at one place of the lab file. They come as a list, under
// LabInvalid.
const (
	LabUnknownKey Code = "lab.unknown-key"
	LabMissingKey Code = "lab.missing-key"
	LabWrongType  Code = "lab.wrong-type"
	LabBadValue   Code = "lab.bad-value"
	LabDuplicate  Code = "lab.duplicate"
	LabConflict   Code = "lab.conflict"
	LabUnsafe     Code = "lab.unsafe"
	LabNoKey      Code = "lab.no-key"
	LabExpired    Code = "lab.expired"
)

var labEntries = []Entry{
	{LabMissing, ExitFailed, "There is no lab.yaml here or in a folder above.", "run `cairn init` to write one, or name yours with --lab"},
	{LabSyntax, ExitFailed, "The lab file is not valid YAML.", "fix the place named"},
	{LabInvalid, ExitFailed, "The lab file says something that cannot be.", "fix the places named, then run `cairn validate`"},
	{LabUnknown, ExitFailed, "No host, stage, task, milestone, checkpoint, criterion or code has that name.", "run `cairn task list` for the tasks there are, or `cairn export roadmap` for all names"},
	{LabExists, ExitFailed, "There is a lab file already, and it is not overwritten.", "edit it, or run `cairn init` in another folder"},
	{LabNotReady, ExitFailed, "The lab asks for something that this version of Cairn cannot do yet.", "take it out of lab.yaml for now"},
	{LabUnwritten, ExitFailed, "A line cannot be put into lab.yaml in the way in which it is written there.", "put the line in yourself, as the message says"},
	{LabUnknownKey, ExitFailed, "The lab file has an unknown key.", "write the key as the message suggests, or take it out"},
	{LabMissingKey, ExitFailed, "The lab file lacks something that Cairn must know.", "add the key named"},
	{LabWrongType, ExitFailed, "A value of the lab file is of another type than its key takes.", "write it as the message says; quotes make text of a number"},
	{LabBadValue, ExitFailed, "A value of the lab file is not of the form its key takes.", "write it as the message says"},
	{LabDuplicate, ExitFailed, "The lab file says the same thing twice.", "keep one of the two"},
	{LabConflict, ExitFailed, "Two things that the lab file says cannot both be.", "change one of the two"},
	{LabUnsafe, ExitFailed, "The lab file asks for something that would open the lab to strangers or lock you out of it.", "the message says what would be safe"},
	{LabNoKey, ExitFailed, "The lab file names a key that is not on this machine, so no host can be logged in to from here.", "name a key that is here, or take `ssh.key` out: Cairn then uses what your own ssh offers"},
	{LabExpired, ExitFailed, "A day that the lab file names has passed. This is a warning: commands go on.", "give a later day, or take the entry out"},
	{RoadmapWrong, ExitFailed, "The roadmap contradicts itself.", "this is a fault in Cairn: please report it"},
}
