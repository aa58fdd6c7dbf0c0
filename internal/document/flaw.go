package document

import (
	"cairn/internal/problem"
)

// Flaw is what is wrong with a value, before its place is known.
type Flaw struct {
	Code                          problem.Code // empty: that of a value of another form
	Message, Expected, Suggestion string
}

// At makes a fault of the flaw. Its file is filled in by the reader.
func (f Flaw) At(p Place) Fault {
	return Fault{
		Code: f.Code, Line: p.Line, Column: p.Column,
		Message: f.Message, Expected: f.Expected, Suggestion: f.Suggestion,
	}
}
