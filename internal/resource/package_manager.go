package resource

import (
	"context"
	"fmt"

	"cairn/internal/system"
)

// packageManager is the back end of [Packages] for one package manager. Its locks,
// its lists, what failed halfway before, and what its messages mean are its own
// business; it tells of waiting by [tell]. Every method may be called again after it
// was cut off, and several at a time by those who only read.
type packageManager interface {
	// installed are the packages that are installed. One of the names counts also
	// where another package has it among what it provides, as sudo-ldap has sudo's:
	// that is the owner's choice of the same thing.
	installed(ctx context.Context, sys *system.System, names []string) (map[string]bool, error)
	// recorded reads the record of one package, by another way than installed.
	recorded(ctx context.Context, sys *system.System, name string) (bool, error)
	// displaced are the packages that would go if others were installed; none where
	// that cannot be told, which is for the installation to say. It changes nothing.
	displaced(ctx context.Context, sys *system.System, names []string) ([]string, error)
	// install installs packages and takes nothing away but what may go
	// ([refuseDisplaced]).
	install(ctx context.Context, sys *system.System, names, mayGo []string) error
	// remove takes packages away, and fails if others would go with them.
	remove(ctx context.Context, sys *system.System, names []string) error
}

// packageManagers are the back ends, by the names that package distro has for them.
var packageManagers = map[string]packageManager{"apt": aptPackages{}}

// packages is the host's package manager.
func packages(s *system.System) (packageManager, error) {
	name := s.Distro().Packages.Manager
	manager, known := packageManagers[name]
	if !known {
		return nil, fmt.Errorf("this version of Cairn has no back end for the package manager %q", name)
	}
	return manager, nil
}
