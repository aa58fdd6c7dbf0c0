package interchange

import "regexp"

// An id must be a name without colons (NCName, Namespaces in XML 1.0).
const (
	nameStart = `A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}-\x{200D}\x{2070}-\x{218F}` +
		`\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}`
	nameRest = `\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}`
)

var (
	// ncName is what XML allows.
	ncName = regexp.MustCompile(`^[` + nameStart + `][` + nameStart + nameRest + `]*$`)
	// plainName is what the tools of bpmn.io read. They silently lose elements
	// with other ids (bpmn-io/cmmn-js #115).
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)
