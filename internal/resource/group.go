package resource

import (
	"context"

	"cairn/internal/system"
)

// Group is a local group.
type Group struct {
	Name   string `cbor:"1,keyasint"`
	System bool   `cbor:"2,keyasint,omitempty"` // if it is created, with a GID of the system's range
}

// Kind implements [Resource].
func (Group) Kind() Kind { return "group" }

// Key implements [Resource].
func (g Group) Key() string { return g.Name }

// Validate implements [Resource].
func (g Group) Validate() error { return system.ValidName("group", g.Name) }

// Check implements [Resource].
func (g Group) Check(_ context.Context, sys *system.System) (Diff, error) {
	_, found, err := sys.GroupID(g.Name)
	return compare(property{"group", system.Presence(found), system.Presence(true)}), err
}

// Apply implements [Resource].
func (g Group) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	argv := []string{"groupadd"}
	if g.System {
		argv = append(argv, "--system")
	}
	_, err := sys.Run(ctx, append(argv, g.Name)...)
	return err
}

// Verify implements [Resource]: getent(1) reads through the name service.
func (g Group) Verify(ctx context.Context, sys *system.System) error {
	_, err := sys.Run(ctx, "getent", "group", g.Name)
	return err
}

// Precheck implements [Guardable].
func (Group) Precheck(context.Context, *system.System) error { return nil }

// accountFiles are the files that useradd(8) and similar programs write.
var accountFiles = []string{
	"/etc/passwd", "/etc/passwd-", "/etc/shadow", "/etc/shadow-", "/etc/group", "/etc/group-", "/etc/gshadow", "/etc/gshadow-",
	"/etc/subuid", "/etc/subuid-", "/etc/subgid", "/etc/subgid-",
}

// Capture implements [Guardable].
func (Group) Capture(_ context.Context, sys *system.System) (system.Undo, error) {
	return sys.CaptureFiles(accountFiles...)
}

// Persist implements [Guardable].
func (Group) Persist(context.Context, *system.System) error { return nil }
