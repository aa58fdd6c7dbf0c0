package resource

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Packages are Debian packages that are installed, in whatever version the
// host's sources have, and packages that are not.
type Packages struct {
	Names  []string `cbor:"1,keyasint,omitempty"`
	Absent []string `cbor:"2,keyasint,omitempty"` // their configuration files stay
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
	for _, name := range slices.Concat(p.Names, p.Absent) {
		if !packageName.MatchString(name) {
			return fmt.Errorf("%q cannot be the name of a package", name)
		}
	}
	for _, name := range p.Absent {
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
	for _, name := range p.Names {
		properties = append(properties, property{name, installedWord(installed[name]), installedWord(true)})
	}
	for _, name := range p.Absent {
		properties = append(properties, property{name, installedWord(installed[name]), absent})
	}
	return compare(properties...), nil
}

func installedWord(yes bool) string {
	if yes {
		return "installed"
	}
	return absent
}

// installed asks dpkg-query(1), which names what it does not know on its other
// output.
func (p Packages) installed(ctx context.Context, sys *System) (map[string]bool, error) {
	out, err := sys.ask(ctx, append([]string{"dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"}, slices.Concat(p.Names, p.Absent)...)...)
	if err != nil {
		return nil, err
	}
	if out.Exit > 1 {
		return nil, fmt.Errorf("dpkg-query failed: %s", lastWords(out))
	}
	installed := map[string]bool{}
	for line := range strings.Lines(string(out.Stdout)) {
		name, status, _ := strings.Cut(strings.TrimSpace(line), " ")
		// A package can be there for several architectures.
		installed[name] = installed[name] || status == "installed"
	}
	return installed, nil
}

// lockTimeout is how long apt waits for another that holds dpkg's lock, such as
// an unattended upgrade (apt.conf(5), seconds).
const lockTimeout = "DPkg::Lock::Timeout=300"

// Apply implements [Resource].
func (p Packages) Apply(ctx context.Context, sys *System, _ Diff) error {
	installed, err := p.installed(ctx, sys)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(p.Names), func(name string) bool { return installed[name] })
	surplus := slices.DeleteFunc(slices.Clone(p.Absent), func(name string) bool { return !installed[name] })
	if err := uninstall(ctx, sys, surplus); err != nil || len(missing) == 0 {
		return err
	}
	updated := false
	if !sys.hasPackageLists() {
		if err := updateLists(ctx, sys); err != nil {
			return err
		}
		updated = true
	}
	err = install(ctx, sys, missing)
	if err == nil || updated {
		return err
	}
	// The lists may be too old to know a package, or name a file that the mirror
	// has replaced.
	if updateErr := updateLists(ctx, sys); updateErr != nil {
		return errors.Join(err, updateErr)
	}
	return install(ctx, sys, missing)
}

func updateLists(ctx context.Context, sys *System) error {
	return apt(ctx, sys, "update")
}

// install never takes a package away that the new ones do not go with: that is
// the owner's to decide.
func install(ctx context.Context, sys *System, names []string) error {
	return apt(ctx, sys, append([]string{"install", "--no-install-recommends", "--no-remove", "--"}, names...)...)
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
	var others []string
	for line := range strings.Lines(string(out.Stdout)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Remv" && !slices.Contains(names, fields[1]) {
			others = append(others, fields[1])
		}
	}
	if len(others) > 0 {
		return fmt.Errorf("these packages need %s and would go with it: %s", strings.Join(names, ", "), strings.Join(others, ", "))
	}
	return apt(ctx, sys, append([]string{"remove", "--"}, names...)...)
}

// apt runs apt-get(8). A configuration file that the owner changed stays (dpkg(1),
// --force-confold). What a crash has left half done is finished first, but only
// once apt says so: by then nobody else is at work.
func apt(ctx context.Context, sys *System, argv ...string) error {
	argv = append([]string{"apt-get", "-q", "-y", "-o", lockTimeout, "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"}, argv...)
	out, err := sys.run(ctx, argv...)
	if err == nil || !strings.Contains(string(out.Stderr), "dpkg --configure -a") {
		return err
	}
	if _, err := sys.run(ctx, "dpkg", "--force-confdef", "--force-confold", "--configure", "-a"); err != nil {
		return err
	}
	_, err = sys.run(ctx, argv...)
	return err
}

// hasPackageLists reports whether apt was ever updated.
func (s *System) hasPackageLists() bool {
	lists, err := filepath.Glob(s.path("/var/lib/apt/lists/*_Packages*"))
	return err == nil && len(lists) > 0
}

// Verify implements [Resource]: dpkg's own record of each package.
func (p Packages) Verify(ctx context.Context, sys *System) error {
	for _, name := range slices.Concat(p.Names, p.Absent) {
		out, err := sys.ask(ctx, "dpkg", "--status", name)
		if err != nil {
			return err
		}
		have := out.Exit == 0 && strings.Contains(string(out.Stdout), "\nStatus: install ok installed\n")
		if want := slices.Contains(p.Names, name); have != want {
			return fmt.Errorf("the package %s is %s instead of %s", name, installedWord(have), installedWord(want))
		}
	}
	return nil
}
