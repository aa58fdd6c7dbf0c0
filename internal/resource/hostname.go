package resource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/system"
)

// Hostname is the host's name, now and after a restart. The host itself must be
// able to resolve it.
type Hostname struct {
	Name string `cbor:"1,keyasint"`
}

// Kind implements [Resource].
func (Hostname) Kind() Kind { return "hostname" }

// Key implements [Resource].
func (h Hostname) Key() string { return h.Name }

// label matches a label of RFC 1123 section 2.1, in lower case.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Validate implements [Resource].
func (h Hostname) Validate() error {
	if !label.MatchString(h.Name) {
		return fmt.Errorf("%q is not a valid host name", h.Name)
	}
	return nil
}

const (
	liveName   = "/proc/sys/kernel/hostname"
	keptName   = "/etc/hostname"
	namesTable = "/etc/hosts"
)

// Check implements [Resource].
func (h Hostname) Check(_ context.Context, sys *system.System) (Diff, error) {
	live, _, errLive := sys.Read(liveName)
	kept, _, errKept := sys.Read(keptName)
	table, _, errTable := sys.Read(namesTable)
	return compare(
		property{"now", strings.TrimSpace(string(live)), h.Name},
		property{"after a restart", strings.TrimSpace(string(kept)), h.Name},
		property{"resolves on the host", yesNo(h.in(table)), "yes"},
	), errors.Join(errLive, errKept, errTable)
}

// in reports whether a line of hosts(5) has the name.
func (h Hostname) in(table []byte) bool {
	for line := range strings.Lines(string(table)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) > 1 && slices.Contains(fields[1:], h.Name) {
			return true
		}
	}
	return false
}

// Apply implements [Resource].
func (h Hostname) Apply(ctx context.Context, sys *system.System, d Diff) error {
	table, _, err := sys.Read(namesTable)
	if err != nil {
		return err
	}
	kept, _, err := sys.Read(keptName)
	if err != nil {
		return err
	}
	if !h.in(table) {
		if err := sys.Write(namesTable, h.added(table, strings.TrimSpace(string(kept))), system.Attributes{Mode: 0o644}); err != nil {
			return err
		}
	}
	if err := sys.Write(keptName, []byte(h.Name+"\n"), system.Attributes{Mode: 0o644}); err != nil {
		return err
	}
	if !slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Property == "now" }) {
		return nil
	}
	_, err = sys.Run(ctx, "hostname", h.Name)
	return err
}

// ownAddress is the address that Debian gives a host's own name (Debian Reference,
// 5.1.1).
const ownAddress = "127.0.1.1"

// added gives the name the host's own address. It replaces the old name if that has
// the address, and otherwise adds a line.
func (h Hostname) added(table []byte, old string) []byte {
	lines := strings.SplitAfter(string(table), "\n")
	for i, line := range lines {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == ownAddress && slices.Contains(fields[1:], old) {
			lines[i] = h.renamed(fields, old)
			return []byte(strings.Join(lines, ""))
		}
	}
	if len(table) > 0 && table[len(table)-1] != '\n' {
		lines = append(lines, "\n")
	}
	return []byte(strings.Join(lines, "") + ownAddress + "\t" + h.Name + "\n")
}

// renamed returns a line of hosts(5) with the old name replaced, both alone and
// before a domain.
func (h Hostname) renamed(fields []string, old string) string {
	for i, name := range fields[1:] {
		if first, rest, _ := strings.Cut(name, "."); first == old {
			fields[i+1] = strings.TrimSuffix(h.Name+"."+rest, ".")
		}
	}
	return fields[0] + "\t" + strings.Join(fields[1:], " ") + "\n"
}

// Verify implements [Resource]: uname(1) asks the kernel, getent(1) the resolver.
func (h Hostname) Verify(ctx context.Context, sys *system.System) error {
	out, err := sys.Run(ctx, "uname", "-n")
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(out.Stdout)); got != h.Name {
		return fmt.Errorf("the host is called %s instead of %s", got, h.Name)
	}
	_, err = sys.Run(ctx, "getent", "hosts", h.Name)
	return err
}
