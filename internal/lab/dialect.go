package lab

import (
	"cairn/internal/document"
	"cairn/internal/problem"
)

// dialect limits the YAML of a lab file. Its limits are far above what a lab needs.
// A repeated key is reported together with all other faults.
var dialect = document.Dialect{
	Name: "a lab file", Least: "at least the keys lab, network and hosts",
	MaxBytes: 128 << 10, MaxDepth: 32, MaxValues: 20000,
	DuplicateKeys: true,
	Codes: document.Codes{
		Syntax: problem.LabSyntax, UnknownKey: problem.LabUnknownKey, MissingKey: problem.LabMissingKey,
		Duplicate: problem.LabDuplicate, WrongType: problem.LabWrongType, BadValue: problem.LabBadValue,
	},
}
