package cmmn

import "encoding/json"

// Condition is a compiled [Expression]. It is pure and may be used by several
// cases at once.
type Condition interface {
	// Reads are the names of the case file values that it depends on, sorted.
	Reads() []string
	// Holds evaluates the condition. A value that is missing, or a failure to
	// evaluate, is not satisfied; the error says why.
	Holds(Values) (bool, error)
	// Unmet are the parts of the condition, joined by and, that do not hold.
	Unmet(Values) []string
}

// Values are what conditions read. Implementations are read-only.
type Values interface {
	// Value returns a value as encoding/json decodes it, whole numbers as int64,
	// and whether there is one.
	Value(name string) (any, bool)
}

// Conditions compiles expressions.
type Conditions interface {
	Compile(Expression) (Condition, error)
}

// RepetitionName is the name under which conditions read the number of the
// instance they are evaluated for, 1 for the first.
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

// scoped are the values that a condition of one instance reads.
type scoped struct {
	file       *file
	repetition int64
}

// Value implements [Values].
func (s scoped) Value(name string) (any, bool) {
	if name == RepetitionName {
		return s.repetition, true
	}
	return s.file.Value(name)
}

// always is the condition without text.
type always struct{}

func (always) Reads() []string            { return nil }
func (always) Holds(Values) (bool, error) { return true, nil }
func (always) Unmet(Values) []string      { return nil }
