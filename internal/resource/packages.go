package resource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// Packages are packages that must be installed, in whatever version the host's
// sources have, and packages that must not. The host's package manager does the
// work; see [packageManager].
type Packages struct {
	Names  []string `cbor:"1,keyasint,omitempty"`
	Absent []string `cbor:"2,keyasint,omitempty"` // their configuration files stay
	// Replaces are packages that may be removed if they conflict with the named
	// ones.
	Replaces []string `cbor:"3,keyasint,omitempty"`
}

// Kind implements [Resource].
func (Packages) Kind() Kind { return "packages" }

// Key implements [Resource].
func (p Packages) Key() string {
	words := slices.Clone(p.Names)
	for _, name := range p.Absent {
		words = append(words, "-"+name)
	}
	return strings.Join(words, " ")
}

// packageName matches the names of packages: the rule of Debian's policy (section
// 5.6.1), with the capitals and underscores of RPM.
var packageName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]+$`)

// Validate implements [Resource].
func (p Packages) Validate() error {
	if len(p.Names)+len(p.Absent) == 0 {
		return errors.New("no package is named")
	}
	for _, name := range slices.Concat(p.Names, p.Absent, p.Replaces) {
		if !packageName.MatchString(name) {
			return fmt.Errorf("%q cannot be the name of a package", name)
		}
	}
	for _, name := range slices.Concat(p.Absent, p.Replaces) {
		if slices.Contains(p.Names, name) {
			return fmt.Errorf("%s cannot be both installed and absent", name)
		}
	}
	return nil
}

// Check implements [Resource].
func (p Packages) Check(ctx context.Context, sys *system.System) (Diff, error) {
	manager, err := packages(sys)
	if err != nil {
		return Diff{}, err
	}
	installed, err := manager.installed(ctx, sys, p.Names)
	if err != nil {
		return Diff{}, err
	}
	var properties []property
	var missing []string
	for _, name := range p.Names {
		properties = append(properties, property{name, installedWord(installed[name]), installedWord(true)})
		if !installed[name] {
			missing = append(missing, name)
		}
	}
	for _, name := range p.Absent {
		properties = append(properties, property{name, installedWord(installed[name]), absent})
	}
	if len(missing) > 0 {
		goes, err := manager.displaced(ctx, sys, missing)
		if err == nil {
			err = refuseDisplaced(goes, p.Replaces, missing)
		}
		if err != nil {
			return Diff{}, err
		}
		for _, name := range goes {
			properties = append(properties, property{name, installedWord(true), "removed, since it conflicts with " + strings.Join(missing, ", ")})
		}
	}
	return compare(properties...), nil
}

func installedWord(yes bool) string {
	if yes {
		return "installed"
	}
	return absent
}

// refuseDisplaced returns an error if packages would be removed that may not. Only
// the owner can decide that.
func refuseDisplaced(goes, mayGo, names []string) error {
	kept := slices.DeleteFunc(slices.Clone(goes), func(name string) bool { return slices.Contains(mayGo, name) })
	if len(kept) == 0 {
		return nil
	}
	return problem.New(problem.PackageDisplaces, "", fmt.Sprintf("installing %s would remove %s", strings.Join(names, ", "), strings.Join(kept, ", ")))
}

// Apply implements [Resource].
func (p Packages) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	manager, err := packages(sys)
	if err != nil {
		return err
	}
	have, err := manager.installed(ctx, sys, p.Names)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(p.Names), func(name string) bool { return have[name] })
	surplus := slices.DeleteFunc(slices.Clone(p.Absent), func(name string) bool { return !have[name] })
	if len(surplus) > 0 {
		if err := manager.remove(ctx, sys, surplus); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return manager.install(ctx, sys, missing, p.Replaces)
}

// Verify implements [Resource]: the package manager's own record of each package,
// or of one that provides it.
func (p Packages) Verify(ctx context.Context, sys *system.System) error {
	manager, err := packages(sys)
	if err != nil {
		return err
	}
	for _, name := range slices.Concat(p.Names, p.Absent) {
		have, err := manager.recorded(ctx, sys, name)
		if err != nil {
			return err
		}
		want := slices.Contains(p.Names, name)
		if want && !have {
			provided, err := manager.installed(ctx, sys, p.Names)
			if err != nil {
				return err
			}
			have = provided[name]
		}
		if have != want {
			return fmt.Errorf("the package %s is %s instead of %s", name, installedWord(have), installedWord(want))
		}
	}
	return nil
}
