package resource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/problem"
)

// Packages are Debian packages that are installed, in whatever version the
// host's sources have, and packages that are not.
type Packages struct {
	Names  []string `cbor:"1,keyasint,omitempty"`
	Absent []string `cbor:"2,keyasint,omitempty"` // their configuration files stay
	// Replaces are packages that may go where they do not go with the named ones.
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

// packageName is section 5.6.1 of Debian's policy.
var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)

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
func (p Packages) Check(ctx context.Context, sys *System) (Diff, error) {
	installed, err := p.installed(ctx, sys)
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
		goes, err := p.displaced(ctx, sys, missing)
		if err != nil {
			return Diff{}, err
		}
		for _, name := range goes {
			properties = append(properties, property{name, installedWord(true), "removed, since it does not go with " + strings.Join(missing, ", ")})
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

// installed asks dpkg-query(1) for the packages that are installed. One that should
// be there counts also where another has its name among what it provides, as
// sudo-ldap has sudo's: it is the owner's choice of the same thing.
func (p Packages) installed(ctx context.Context, sys *System) (map[string]bool, error) {
	out, err := sys.run(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\t${Provides}\n")
	if err != nil {
		return nil, err
	}
	installed := map[string]bool{}
	for line := range strings.Lines(string(out.Stdout)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) != 3 || fields[0] != "installed" {
			continue
		}
		installed[fields[1]] = true
		for provided := range strings.SplitSeq(fields[2], ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(provided), " ") // without a version
			if slices.Contains(p.Names, name) {
				installed[name] = true
			}
		}
	}
	return installed, nil
}

// Apply implements [Resource].
func (p Packages) Apply(ctx context.Context, sys *System, _ Diff) error {
	have, err := p.installed(ctx, sys)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(p.Names), func(name string) bool { return have[name] })
	surplus := slices.DeleteFunc(slices.Clone(p.Absent), func(name string) bool { return !have[name] })
	if err := uninstall(ctx, sys, surplus); err != nil || len(missing) == 0 {
		return err
	}
	var complaints []string
	updated := false
	if !sys.hasPackageLists() {
		if complaints, err = updateLists(ctx, sys); err != nil {
			return err
		}
		updated = true
	}
	err = p.install(ctx, sys, missing)
	if err != nil && !updated && problem.CodeOf(err) == "" {
		// The lists may be too old to know a package, or name a file that the mirror
		// has replaced.
		var updateErr error
		if complaints, updateErr = updateLists(ctx, sys); updateErr != nil {
			return errors.Join(err, updateErr)
		}
		err = p.install(ctx, sys, missing)
	}
	if err != nil && len(complaints) > 0 {
		return fmt.Errorf("%w; apt could not read all its lists: %s", err, strings.Join(complaints, "; "))
	}
	for _, complaint := range complaints {
		tell(ctx, "apt left a repository aside: "+complaint)
	}
	return err
}

// install takes nothing away but what the packages may replace.
func (p Packages) install(ctx context.Context, sys *System, missing []string) error {
	goes, err := p.displaced(ctx, sys, missing)
	if err != nil {
		return err
	}
	argv := []string{"install", "--no-install-recommends"}
	if len(goes) == 0 {
		// What the simulation saw may have changed since.
		argv = append(argv, "--no-remove")
	}
	_, err = apt(ctx, sys, append(append(argv, "--"), missing...)...)
	return err
}

// displaced are the packages that would go when others are installed, all of which
// the description has to allow: otherwise that is the owner's to decide.
func (p Packages) displaced(ctx context.Context, sys *System, missing []string) ([]string, error) {
	out, err := sys.ask(ctx, append([]string{"apt-get", "--simulate", "install", "--no-install-recommends", "--"}, missing...)...)
	if err != nil || out.Exit != 0 {
		return nil, err // what cannot be installed is for the installation to say
	}
	goes := removals(string(out.Stdout))
	kept := slices.DeleteFunc(slices.Clone(goes), func(name string) bool { return slices.Contains(p.Replaces, name) })
	if len(kept) > 0 {
		return nil, problem.New(problem.PackageDisplaces, "", fmt.Sprintf("installing %s would remove %s", strings.Join(missing, ", "), strings.Join(kept, ", ")))
	}
	return goes, nil
}

// removals are the packages that a simulation of apt-get(8) takes away.
func removals(simulation string) []string {
	var names []string
	for line := range strings.Lines(simulation) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Remv" {
			name, _, _ := strings.Cut(fields[1], ":") // of a foreign architecture
			names = append(names, name)
		}
	}
	return names
}

// uninstall takes packages away unless others would go with them.
func uninstall(ctx context.Context, sys *System, names []string) error {
	if len(names) == 0 {
		return nil
	}
	out, err := sys.run(ctx, append([]string{"apt-get", "--simulate", "remove", "--"}, names...)...)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(removals(string(out.Stdout)), func(name string) bool { return slices.Contains(names, name) })
	if len(others) > 0 {
		return fmt.Errorf("these packages need %s and would go with it: %s", strings.Join(names, ", "), strings.Join(others, ", "))
	}
	_, err = apt(ctx, sys, append([]string{"remove", "--"}, names...)...)
	return err
}

// Verify implements [Resource]: dpkg's own record of each package, or of one that
// provides it.
func (p Packages) Verify(ctx context.Context, sys *System) error {
	for _, name := range slices.Concat(p.Names, p.Absent) {
		out, err := sys.ask(ctx, "dpkg", "--status", name)
		if err != nil {
			return err
		}
		have := out.Exit == 0 && strings.Contains(string(out.Stdout), "\nStatus: install ok installed\n")
		want := slices.Contains(p.Names, name)
		if want && !have {
			provided, err := p.installed(ctx, sys)
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
