package document

import (
	"cairn/internal/problem"
)

// Flaw is something wrong with a value whose place is not known yet.
type Flaw struct {
	Code                          problem.Code // empty: the code for a value of the wrong form
	Message, Expected, Suggestion string
}

// At returns the flaw as a fault at a place. The reader adds the file.
func (f Flaw) At(p Place) Fault {
	return Fault{
		Code: f.Code, Line: p.Line, Column: p.Column,
		Message: f.Message, Expected: f.Expected, Suggestion: f.Suggestion,
	}
}
