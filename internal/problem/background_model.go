package problem

var modelBackground = map[Code]Background{
	ModelXML: {
		Why:   "The file was cut short, is BPMN or CMMN 1.0, or is larger than Cairn reads.",
		See:   "`xmllint --noout FILE` shows where XML is broken.",
		Other: "Open the file in a CMMN modeller and export it again.",
	},
	ModelInvalid: {
		Why:   "An element refers to one that is not there, or two have the same id.",
		See:   "The message names the element by its id.",
		Other: "Import a smaller part: delete elements until the message changes.",
	},
	ModelUnsupported: {
		Why:   "The file has something that Cairn would lose, such as several cases in one file, or elements of other tools.",
		See:   "The message names the element and the reason.",
		Other: "Keep such a file in the tool that made it. Cairn does not need it.",
	},
	ModelExport: {
		Why:   "A name or condition has a character that XML does not allow, or no CMMN element fits.",
		See:   "The message names the item.",
		Other: "Export as SVG or Mermaid, which have no such limits.",
	},
}
