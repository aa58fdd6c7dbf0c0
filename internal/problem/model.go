package problem

// Problems of case models in CMMN files.
const (
	ModelXML         Code = "model.xml"
	ModelInvalid     Code = "model.invalid"
	ModelUnsupported Code = "model.unsupported"
	ModelExport      Code = "model.export"
)

var modelEntries = []Entry{
	{Code: ModelXML, Exit: ExitFailed, Meaning: "Cairn cannot read the file as CMMN 1.1: it is not well-formed, has another format, or is too large.", Fix: "save the case as CMMN 1.1 from the tool that made it"},
	{Code: ModelInvalid, Exit: ExitFailed, Meaning: "The CMMN file contradicts itself, or a value in it has a wrong form.", Fix: "fix the element named, in the tool that made the file"},
	{Code: ModelUnsupported, Exit: ExitFailed, Meaning: "The CMMN file has something that Cairn cannot keep. Cairn refuses the file rather than change it.", Fix: "take out or replace the element named"},
	{Code: ModelExport, Exit: ExitFailed, Meaning: "The case model has something that no CMMN file can hold.", Fix: "change what the message names"},
}
