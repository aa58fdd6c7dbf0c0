package resource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cairn/internal/system"
)

// Unit says whether a systemd unit starts with the host and whether it runs now.
// For a unit of Cairn's own it also has the unit's file.
type Unit struct {
	Name    string `cbor:"1,keyasint"`
	Enabled *bool  `cbor:"2,keyasint,omitempty"` // nil: left alone
	Active  *bool  `cbor:"3,keyasint,omitempty"` // nil: left alone
	// Content is the unit's file (systemd.unit(5)) if no package brings it.
	Content Content `cbor:"4,keyasint,omitzero"`
	// Triggers are files that the unit reads only at its start. A running unit is
	// restarted if one of them, or its own file, is newer than its start.
	Triggers []string `cbor:"5,keyasint,omitempty"`
}

// Kind implements [Resource].
func (Unit) Kind() Kind { return "unit" }

// Key implements [Resource].
func (u Unit) Key() string { return u.Name }

// unitName is systemd.unit(5)'s form with a suffix that can be enabled.
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.@\\-]+\.(service|socket|timer|path|mount|target)$`)

// Validate implements [Resource].
func (u Unit) Validate() error {
	if !unitName.MatchString(u.Name) {
		return fmt.Errorf("%q cannot be the name of a unit", u.Name)
	}
	if u.Enabled == nil && u.Active == nil && u.Content.IsZero() && len(u.Triggers) == 0 {
		return errors.New("the unit has nothing to set")
	}
	err := u.Content.validate(!u.Content.IsZero())
	for _, path := range u.Triggers {
		err = errors.Join(err, system.Absolute(path))
	}
	return err
}

// unitDir holds the units that no package brings.
const unitDir = "/etc/systemd/system/"

// ResolverUnit runs the lab's resolver.
const ResolverUnit = "cairn-names.service"

// UnitFile is the path of a unit's file that no package brings.
func UnitFile(name string) string { return unitDir + name }

func (u Unit) contents(change func(Content, use) Content) Resource {
	u.Content = change(u.Content, 0)
	return u
}

func (u Unit) file() File {
	return File{Path: UnitFile(u.Name), Content: u.Content, Mode: 0o644}
}

// triggers returns all files that must be older than the unit's start.
func (u Unit) triggers() []string {
	if u.Content.IsZero() {
		return u.Triggers
	}
	return append([]string{u.file().Path}, u.Triggers...)
}

// Check implements [Resource].
func (u Unit) Check(ctx context.Context, sys *system.System) (Diff, error) {
	state, err := unitStateOf(ctx, sys, u.Name)
	if err != nil {
		return Diff{}, err
	}
	var file Diff
	if !u.Content.IsZero() {
		if file, err = u.file().Check(ctx, sys); err != nil {
			return Diff{}, err
		}
	}
	properties := []property{{"read by systemd", yesNo(!state.reload), "yes"}}
	if u.Enabled != nil {
		properties = append(properties, property{"starts with the host", state.enabledAs(*u.Enabled), yesNo(*u.Enabled)})
	}
	if u.Active != nil {
		properties = append(properties, property{"runs", yesNo(state.runs()), yesNo(*u.Active)})
	}
	stale, err := u.stale(sys, state)
	if err != nil {
		return Diff{}, err
	}
	if len(u.triggers()) > 0 {
		properties = append(properties, property{"started since its files changed", yesNo(!stale), "yes"})
	}
	return merge(file.named("unit file"), compare(properties...)), nil
}

// stale reports whether the unit runs with an older version of its files. Times
// that the host keeps decide that, so no crash can lose it.
func (u Unit) stale(sys *system.System, state unitState) (bool, error) {
	if !state.runs() || u.Active != nil && !*u.Active {
		return false, nil
	}
	for _, path := range u.triggers() {
		info, _, found, err := sys.Stat(path)
		if err != nil {
			return false, err
		}
		if found && info.ModTime().After(state.started) {
			return true, nil
		}
	}
	return false, nil
}

// Apply implements [Resource].
func (u Unit) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	if !u.Content.IsZero() {
		if _, err := Converge(ctx, sys, u.file(), ""); err != nil {
			return err
		}
	}
	state, err := unitStateOf(ctx, sys, u.Name)
	if err != nil {
		return err
	}
	if state.reload || !u.Content.IsZero() {
		if _, err := sys.Run(ctx, "systemctl", "daemon-reload"); err != nil {
			return err
		}
		if state, err = unitStateOf(ctx, sys, u.Name); err != nil {
			return err
		}
	}
	if state.load == "not-found" {
		return fmt.Errorf("there is no unit %s on the host", u.Name)
	}
	stale, err := u.stale(sys, state)
	if err != nil {
		return err
	}
	for _, verb := range u.verbs(state, stale) {
		if _, err := sys.Run(ctx, "systemctl", verb, "--", u.Name); err != nil {
			return err
		}
	}
	return nil
}

// verbs are the commands that lead to the wanted state.
func (u Unit) verbs(state unitState, stale bool) []string {
	var verbs []string
	if u.Enabled != nil && state.enabledAs(*u.Enabled) != yesNo(*u.Enabled) {
		verbs = append(verbs, map[bool]string{true: "enable", false: "disable"}[*u.Enabled])
	}
	switch {
	case u.Active != nil && state.runs() != *u.Active:
		verbs = append(verbs, map[bool]string{true: "start", false: "stop"}[*u.Active])
	case stale:
		verbs = append(verbs, "restart")
	}
	return verbs
}

// Verify implements [Resource]. It asks systemctl, whose answers have exit codes
// of their own.
func (u Unit) Verify(ctx context.Context, sys *system.System) error {
	if !u.Content.IsZero() {
		if err := u.file().Verify(ctx, sys); err != nil {
			return err
		}
	}
	for _, asked := range []struct {
		verb string
		want *bool
	}{{"is-active", u.Active}, {"is-enabled", u.Enabled}} {
		if asked.want == nil {
			continue
		}
		out, err := sys.Ask(ctx, "systemctl", asked.verb, "--", u.Name)
		if err != nil {
			return err
		}
		answer := strings.TrimSpace(string(out.Stdout))
		if !answers(asked.verb, answer, *asked.want) {
			return fmt.Errorf("%s: systemctl %s says %s", u.Name, asked.verb, answer)
		}
	}
	return nil
}

// answers reports whether systemctl gave the wanted answer. A unit that can be
// neither enabled nor disabled counts as wanted.
func answers(verb, word string, want bool) bool {
	if verb == "is-enabled" {
		return unitState{file: word}.enabledAs(want) == yesNo(want)
	}
	return (word == "active" || word == "reloading") == want
}
