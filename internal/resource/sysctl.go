package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"cairn/internal/system"
)

// Sysctl is a setting of the kernel, now and after a restart.
type Sysctl struct {
	Name  string `cbor:"1,keyasint"` // "net.ipv4.tcp_syncookies"
	Value string `cbor:"2,keyasint"`
}

// Kind implements [Resource].
func (Sysctl) Kind() Kind { return "sysctl" }

// Key implements [Resource].
func (s Sysctl) Key() string { return s.Name }

var sysctlName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_-]+)+$`)

// Validate implements [Resource].
func (s Sysctl) Validate() error {
	if !sysctlName.MatchString(s.Name) {
		return fmt.Errorf("%q cannot be the name of a kernel setting", s.Name)
	}
	if s.Value == "" || strings.ContainsAny(s.Value, "\n\r") {
		return fmt.Errorf("%q cannot be the value of a kernel setting", s.Value)
	}
	return nil
}

// live is the path where the kernel shows the setting (sysctl(8)).
func (s Sysctl) live() string { return "/proc/sys/" + strings.ReplaceAll(s.Name, ".", "/") }

// file keeps the setting over a restart. The owner can use higher numbers, because
// of two files the later one wins (sysctl.d(5)).
func (s Sysctl) file() File {
	return File{Path: "/etc/sysctl.d/60-cairn-" + s.Name + ".conf", Content: Inline("# Managed by Cairn.\n" + s.Name + " = " + s.Value + "\n"), Mode: 0o644}
}

// Check implements [Resource].
func (s Sysctl) Check(ctx context.Context, sys *system.System) (Diff, error) {
	value, found, err := sys.Read(s.live())
	if err != nil {
		return Diff{}, err
	}
	now := absent
	if found {
		now = plain(string(value))
	}
	file, err := s.file().Check(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	boot, by, err := sysctlAtBoot(sys, s.Name)
	if err != nil {
		return Diff{}, err
	}
	if by == "" {
		boot = absent
	} else if boot != plain(s.Value) {
		boot += " by " + by
	}
	return merge(compare(
		property{"now", now, plain(s.Value)},
		property{"after a restart", boot, plain(s.Value)},
	), file.named("file")), nil
}

// plain returns a value as the kernel reads it: words.
func plain(value string) string { return strings.Join(strings.Fields(value), " ") }

// Apply implements [Resource].
func (s Sysctl) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	// The kernel's file is written in place. It cannot be replaced by another file.
	if err := os.WriteFile(sys.Path(s.live()), []byte(s.Value+"\n"), 0o644); err != nil {
		return fmt.Errorf("the kernel does not take %s = %s: %w", s.Name, s.Value, err)
	}
	return s.file().Apply(ctx, sys, Diff{})
}

// Verify implements [Resource].
func (s Sysctl) Verify(ctx context.Context, sys *system.System) error {
	d, err := s.Check(ctx, sys)
	return errors.Join(err, different(s, d), s.file().Verify(ctx, sys))
}
