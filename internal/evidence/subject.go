package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// SubjectKind is the kind of thing that a look is about.
type SubjectKind string

// The kinds of subjects. The empty kind is the host itself.
const (
	AboutHost        SubjectKind = ""
	AboutPlatform    SubjectKind = "platform" // what runs the containers of a host
	AboutService     SubjectKind = "service"
	AboutRoute       SubjectKind = "route"
	AboutCertificate SubjectKind = "certificate"
	AboutResolver    SubjectKind = "resolver" // what devices ask for names
	AboutBackupSet   SubjectKind = "backup-set"
	AboutQueue       SubjectKind = "queue"
)

// SubjectKinds are all kinds except the host.
var SubjectKinds = []SubjectKind{AboutPlatform, AboutService, AboutRoute, AboutCertificate, AboutResolver, AboutBackupSet, AboutQueue}

// Subject is what a look is about, on its host. The zero value is the host itself.
type Subject struct {
	Kind SubjectKind `json:"kind,omitempty"`
	Name string      `json:"name,omitempty"`
}

// String returns the subject as people name it. It is empty for a host, which
// has a name of its own.
func (s Subject) String() string {
	if s.Kind == AboutHost {
		return ""
	}
	return string(s.Kind) + " " + s.Name
}

// Arguments are a probe's own data: which name, which port, which path. They
// are JSON in one spelling, so equal arguments are equal strings. Empty means
// none.
type Arguments string

// ArgumentsOf encodes a probe's arguments. nil gives none. It panics if v
// cannot be JSON, which is a bug.
func ArgumentsOf(v any) Arguments {
	if v == nil {
		return ""
	}
	body, err := json.Marshal(v)
	if err != nil {
		panic("evidence: cannot encode arguments: " + err.Error())
	}
	return Arguments(body)
}

// Into decodes the arguments into the probe's own type. Unknown names are an
// error: a probe must not look at anything it was not told to.
func (a Arguments) Into(v any) error {
	if a == "" {
		return errors.New("the look has no arguments")
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(a)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fmt.Errorf("cannot read the arguments of the look: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the arguments of the look have something after their end")
	}
	return nil
}
