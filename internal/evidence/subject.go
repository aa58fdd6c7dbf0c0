package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// SubjectKind is the sort of thing that a look is about.
type SubjectKind string

// The kinds of subjects. The empty kind is the host itself.
const (
	AboutHost        SubjectKind = ""
	AboutService     SubjectKind = "service"
	AboutRoute       SubjectKind = "route"
	AboutCertificate SubjectKind = "certificate"
	AboutBackupSet   SubjectKind = "backup-set"
	AboutQueue       SubjectKind = "queue"
)

// SubjectKinds are those beside the host.
var SubjectKinds = []SubjectKind{AboutService, AboutRoute, AboutCertificate, AboutBackupSet, AboutQueue}

// Subject is what a look is about, on its host. The zero value is the host itself.
type Subject struct {
	Kind SubjectKind `json:"kind,omitempty"`
	Name string      `json:"name,omitempty"`
}

// String is the subject as people name it; empty for a host, which has a name of
// its own.
func (s Subject) String() string {
	if s.Kind == AboutHost {
		return ""
	}
	return string(s.Kind) + " " + s.Name
}

// Arguments are a probe's own data: which name, which port, which path. They are
// JSON in one spelling, so that equal arguments are equal strings. Empty: none.
type Arguments string

// ArgumentsOf writes a probe's arguments down. nil has none. It panics where v
// cannot be JSON, which is a fault of the program.
func ArgumentsOf(v any) Arguments {
	if v == nil {
		return ""
	}
	body, err := json.Marshal(v)
	if err != nil {
		panic("evidence: arguments that are no JSON: " + err.Error())
	}
	return Arguments(body)
}

// Into reads the arguments into what the probe declares. Unknown names are an error:
// a probe must not look at something else than it was told to.
func (a Arguments) Into(v any) error {
	if a == "" {
		return errors.New("the look has no arguments")
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(a)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("the arguments of the look cannot be read: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the arguments of the look go on behind their end")
	}
	return nil
}
