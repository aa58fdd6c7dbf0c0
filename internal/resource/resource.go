// Package resource holds the units of host state that Cairn can set up, such as a
// file, a package, a user or a firewall table. Each is plain data. The controller
// makes it and sends it to the host, and the agent there checks and applies it.
//
// # Contract
//
// Check only reads. An empty [Diff] means that the host is as described. Apply may
// be interrupted at any instruction and run again. Verify reads the result in
// another way than Apply wrote it. [Converge] is the only place that combines the
// three. It refuses to apply a diff if the host's state has another fingerprint.
// One conformance suite tests every kind.
//
// Values are safe for concurrent use as long as nobody changes them.
package resource

import (
	"context"
	"slices"

	"cairn/internal/system"
)

// Kind names a kind of resource, as in plans and in the journal.
type Kind string

// Resource is the desired state of one unit of a host. Check and Verify may be
// called at any time, also at the same time as those of other resources. Only one
// process at a time calls Apply. If the process dies during a call, the call is
// repeated, starting with Check. An error of Check means that the host could not be
// read, not that it differs.
type Resource interface {
	// Kind returns the resource's kind.
	Kind() Kind
	// Key tells the resource from others of its kind on the same host. It is a path
	// or a name.
	Key() string
	// Validate returns an error if the description itself is invalid. It reads no
	// host.
	Validate() error
	// Check compares the host with the description. It changes nothing.
	Check(ctx context.Context, sys *system.System) (Diff, error)
	// Apply makes the host as described. diff is the result of the latest Check.
	Apply(ctx context.Context, sys *system.System, diff Diff) error
	// Verify reads the host again, in another way than Apply wrote it. Its error
	// names what differs.
	Verify(ctx context.Context, sys *system.System) error
}

// Stager is a guardable resource whose new configuration can be tried before it is
// in force.
type Stager interface {
	// Stage returns the SSH server's configuration as the change would make it. It
	// changes nothing and may be called any number of times before Apply.
	Stage(ctx context.Context, sys *system.System) ([]byte, error)
}

// Guardable is a resource whose change could lock the owner out. A guard must be
// able to undo the change completely. Before anything is changed, the process that
// has the guard's lock calls Precheck and Capture, any number of times. An error of
// either refuses the change.
type Guardable interface {
	Resource
	// Precheck returns an error if the subsystem's own checker rejects the change.
	// It changes nothing.
	Precheck(ctx context.Context, sys *system.System) error
	// Capture returns what restores the host, byte for byte, to its present state.
	Capture(ctx context.Context, sys *system.System) (system.Undo, error)
	// Persist makes permanent what Apply did only at runtime. It is called after
	// the owner's access was proven. Kinds without that distinction do nothing.
	// After a crash it is called again, even if it had succeeded, so a repeated
	// call must give the same result.
	Persist(ctx context.Context, sys *system.System) error
}

// Diff is the difference between a host and a description. Empty means no
// difference.
type Diff struct {
	// Changes are in a fixed order, for people to read. Secret values are already
	// replaced.
	Changes []Change `cbor:"1,keyasint,omitempty" json:"changes,omitempty"`
	// Fingerprint is a hash of the state that was seen, even if nothing differs.
	Fingerprint string `cbor:"2,keyasint,omitempty" json:"fingerprint,omitempty"`
	// Left says what stays although a reader may expect it to change.
	Left []string `cbor:"3,keyasint,omitempty" json:"left,omitempty"`
}

// Change is one difference: a property, its present value and its future value.
type Change struct {
	Property string `cbor:"1,keyasint" json:"property"`
	From     string `cbor:"2,keyasint,omitempty" json:"from,omitempty"`
	To       string `cbor:"3,keyasint,omitempty" json:"to,omitempty"`
	// Text is the difference of two contents, line by line. Each line begins with
	// "+", "-" or a space. It is for plans; records do not contain it.
	Text string `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// WithoutText returns the diff for records.
func (d Diff) WithoutText() Diff {
	brief := Diff{Changes: slices.Clone(d.Changes), Fingerprint: d.Fingerprint, Left: d.Left}
	for i := range brief.Changes {
		brief.Changes[i].Text = ""
	}
	return brief
}

// Empty reports whether there is nothing to change.
func (d Diff) Empty() bool { return len(d.Changes) == 0 }
