package cmmn

import "encoding/json"

// Condition is a compiled [Expression]. It is pure and may be used by several
// cases at once.
type Condition interface {
	// Reads are the names of the case file values that it depends on, sorted.
	Reads() []string
	// Holds evaluates the condition. If a value is missing or the evaluation
	// fails, the condition does not hold and the error says why.
	Holds(Values) (bool, error)
	// Unmet returns those parts of the condition, joined by "and", that do not
	// hold.
	Unmet(Values) []string
}

// Values are what conditions read. Implementations are read-only.
type Values interface {
	// Value returns a value, and whether there is one. Values are as
	// encoding/json decodes them, except that whole numbers are int64.
	Value(name string) (any, bool)
}

// Conditions compiles expressions. An error is about the expression itself, and is the
// same each time. It is called by one goroutine for each [Compile].
type Conditions interface {
	Compile(Expression) (Condition, error)
}

// RepetitionName is the name under which a condition reads the number of the
// instance it is evaluated for. The first instance is 1.
const RepetitionName = "repetition"

// file is the case file: the values as they were given, and decoded.
type file struct {
	raw     map[string]json.RawMessage
	decoded map[string]any
}

// Value implements [Values].
func (f *file) Value(name string) (any, bool) {
	v, known := f.decoded[name]
	return v, known
}

// scopedValues are the values that a condition of one instance reads.
type scopedValues struct {
	file       *file
	repetition int64
}

// Value implements [Values].
func (s scopedValues) Value(name string) (any, bool) {
	if name == RepetitionName {
		return s.repetition, true
	}
	return s.file.Value(name)
}

// alwaysTrue is the condition without text.
type alwaysTrue struct{}

func (alwaysTrue) Reads() []string            { return nil }
func (alwaysTrue) Holds(Values) (bool, error) { return true, nil }
func (alwaysTrue) Unmet(Values) []string      { return nil }
