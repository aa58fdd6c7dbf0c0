package lab

import (
	"cairn/internal/document"
	"cairn/internal/problem"
)

// dialect is how much of YAML a lab file may use. Its bounds are far above what a
// lab needs. Keys that are there twice are reported among everything else that is
// wrong.
var dialect = document.Dialect{
	Name: "a lab file", Least: "at least the keys lab, network and hosts",
	MaxBytes: 128 << 10, MaxDepth: 32, MaxValues: 20000,
	DuplicateKeys: true,
	Codes: document.Codes{
		Syntax: problem.LabSyntax, UnknownKey: problem.LabUnknownKey, MissingKey: problem.LabMissingKey,
		Duplicate: problem.LabDuplicate, WrongType: problem.LabWrongType, BadValue: problem.LabBadValue,
	},
}
