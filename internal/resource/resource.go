// Package resource holds the units of host state that Cairn can bring about: a
// file, a package, a user, a firewall table. Each is plain data made by the
// controller, carried to the host, and checked and applied there by the agent.
//
// # Contract
//
// Check only reads; an empty [Diff] means converged. Apply may be cut off at
// any instruction and run again. Verify reads the result by another way than
// Apply wrote it. [Converge] is the one place that puts the three together; it
// refuses to apply a diff whose fingerprint is not that of the state it finds.
// One conformance suite runs against every kind.
//
// Values are safe for concurrent use as long as nobody changes them.
package resource

import (
	"context"
	"slices"

	"cairn/internal/system"
)

// Kind names a kind of resource, as it stands in plans and in the journal.
type Kind string

// Resource is the desired state of one unit of a host. Check and Verify may be
// called at any time and as often as wanted, also side by side with those of other
// resources; Apply is called by one process at a time. Any of them may be cut off by
// the death of its process and is then called again, Check first. An error of Check
// means that the host could not be read, not that it differs.
type Resource interface {
	// Kind is the resource's kind.
	Kind() Kind
	// Key tells it from others of its kind on the same host: a path, a name.
	Key() string
	// Validate reports what is wrong with the description itself, reading no host.
	Validate() error
	// Check compares the host with the description. It changes nothing.
	Check(ctx context.Context, sys *system.System) (Diff, error)
	// Apply makes the host as described. The diff is what Check just returned.
	Apply(ctx context.Context, sys *system.System, diff Diff) error
	// Verify reads the host again, by another way than Apply wrote it, and
	// returns an error that names what differs.
	Verify(ctx context.Context, sys *system.System) error
}

// Stager is a guardable resource whose new configuration can be tried before it
// is in force.
type Stager interface {
	// Stage returns the configuration of an SSH server as it would be.
	Stage(ctx context.Context, sys *system.System) ([]byte, error)
}

// Guardable is a resource whose change could lock the owner out, so that a
// guard must be able to put everything back.
type Guardable interface {
	Resource
	// Precheck refuses a change that the subsystem's own checker finds wrong. It
	// changes nothing.
	Precheck(ctx context.Context, sys *system.System) error
	// Capture returns what puts the host back, byte by byte, to what it is now.
	Capture(ctx context.Context, sys *system.System) (system.Undo, error)
	// Persist makes permanent what Apply only did at runtime. It is called after
	// the owner's access was proven; kinds that have no such split do nothing. After
	// a crash it is called again, also when it had ended well, so that the second
	// time must come to the same.
	Persist(ctx context.Context, sys *system.System) error
}

// Diff is what separates a host from a description. Empty means nothing.
type Diff struct {
	// Changes are in a fixed order, for people to read. Secret values in them
	// are replaced before they get here.
	Changes []Change `cbor:"1,keyasint,omitempty" json:"changes,omitempty"`
	// Fingerprint is a hash of the state that was seen, also when it is converged.
	Fingerprint string `cbor:"2,keyasint,omitempty" json:"fingerprint,omitempty"`
	// Left is what stays as it is although it might be expected to change, in words.
	Left []string `cbor:"3,keyasint,omitempty" json:"left,omitempty"`
}

// Change is one difference: a property, what it is, and what it will be.
type Change struct {
	Property string `cbor:"1,keyasint" json:"property"`
	From     string `cbor:"2,keyasint,omitempty" json:"from,omitempty"`
	To       string `cbor:"3,keyasint,omitempty" json:"to,omitempty"`
	// Text is the difference of two contents line by line, each line with "+", "-"
	// or a space before it. It is for plans; records of what was done go without.
	Text string `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// WithoutText is the diff as it is kept in records.
func (d Diff) WithoutText() Diff {
	brief := Diff{Changes: slices.Clone(d.Changes), Fingerprint: d.Fingerprint, Left: d.Left}
	for i := range brief.Changes {
		brief.Changes[i].Text = ""
	}
	return brief
}

// Empty reports whether there is nothing to change.
func (d Diff) Empty() bool { return len(d.Changes) == 0 }
