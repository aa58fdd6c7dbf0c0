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

// Timezone is the host's time zone, by its name in the tz database.
type Timezone struct {
	Name string `cbor:"1,keyasint"` // "Europe/Berlin"
}

// Kind implements [Resource].
func (Timezone) Kind() Kind { return "timezone" }

// Key implements [Resource].
func (t Timezone) Key() string { return t.Name }

var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$`)

// Validate implements [Resource].
func (t Timezone) Validate() error {
	if !zoneName.MatchString(t.Name) {
		return fmt.Errorf("%q cannot be the name of a time zone", t.Name)
	}
	return nil
}

const (
	localtime = "/etc/localtime" // a link relative to its directory (localtime(5))
	zoneText  = "/etc/timezone"  // Debian's own copy of the name
	zoneinfo  = "/usr/share/zoneinfo/"
)

// Check implements [Resource].
func (t Timezone) Check(_ context.Context, sys *system.System) (Diff, error) {
	link, err := os.Readlink(sys.Path(localtime))
	if err != nil {
		link = "" // nothing, or a copy of a zone, which does not have its name
	}
	text, _, err := sys.Read(zoneText)
	return compare(
		property{"time zone", zoneIn(link), t.Name},
		property{zoneText, strings.TrimSpace(string(text)), t.Name},
	), err
}

// zoneIn returns the zone that a link leads to, however the link is written.
func zoneIn(link string) string {
	_, name, found := strings.Cut(link, "zoneinfo/")
	if !found {
		return absent
	}
	return name
}

// Apply implements [Resource].
func (t Timezone) Apply(_ context.Context, sys *system.System, _ Diff) error {
	if _, _, found, err := sys.Stat(zoneinfo + t.Name); err != nil || !found {
		return errors.Join(err, fmt.Errorf("the host has no time zone %s; its package tzdata may be missing", t.Name))
	}
	at, err := sys.Place(localtime)
	if err != nil {
		return err
	}
	defer at.Close()
	if err := at.Link(".." + zoneinfo + t.Name); err != nil {
		return err
	}
	return sys.Write(zoneText, []byte(t.Name+"\n"), system.Attributes{Mode: 0o644})
}

// Verify implements [Resource]. It compares the link's target with the database's
// own file.
func (t Timezone) Verify(_ context.Context, sys *system.System) error {
	have, _, errHave := sys.Read(localtime)
	want, _, errWant := sys.Read(zoneinfo + t.Name)
	if err := errors.Join(errHave, errWant); err != nil {
		return err
	}
	if len(want) == 0 || string(have) != string(want) {
		return fmt.Errorf("%s is not the zone %s", localtime, t.Name)
	}
	return nil
}
