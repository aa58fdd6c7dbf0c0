package problem

// Problems of the lab file.
const (
	LabMissing   Code = "lab.missing"
	LabSyntax    Code = "lab.syntax"
	LabInvalid   Code = "lab.invalid"
	LabUnknown   Code = "lab.unknown-name"
	LabExists    Code = "lab.exists"
	LabNotReady  Code = "lab.not-available-yet"
	RoadmapWrong Code = "roadmap.invalid"
)

var labEntries = []Entry{
	{LabMissing, ExitFailed, "There is no lab.yaml here or in a folder above.", "run `cairn init` to write one, or name yours with --lab"},
	{LabSyntax, ExitFailed, "The lab file is not valid YAML.", "mend the place named"},
	{LabInvalid, ExitFailed, "The lab file says something that cannot be.", "mend the places named, then run `cairn validate`"},
	{LabUnknown, ExitFailed, "No host, task, milestone, checkpoint or code has that name.", "run `cairn status` for the names there are"},
	{LabExists, ExitFailed, "There is a lab file already, and it is not overwritten.", "edit it, or run `cairn init` in another folder"},
	{LabNotReady, ExitFailed, "The lab asks for something that this version of Cairn cannot do yet.", "take it out of lab.yaml for now"},
	{RoadmapWrong, ExitFailed, "The roadmap contradicts itself.", "this is a fault in Cairn: please report it"},
}
