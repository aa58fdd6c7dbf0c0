package resource

import (
	"context"
	"fmt"

	"cairn/internal/system"
)

// packageManager is the backend of [Packages] for one package manager. It alone
// handles the manager's locks, lists, interrupted installations and messages. It
// reports waiting by [system.Tell]. Every method may be called again after an
// interruption. Methods that only read are safe for concurrent use.
type packageManager interface {
	// installed reports which of the packages are installed. A name also counts if
	// an installed package provides it, as sudo-ldap provides sudo: that is the
	// owner's choice.
	installed(ctx context.Context, sys *system.System, names []string) (map[string]bool, error)
	// recorded reads the record of one package, in another way than installed does.
	recorded(ctx context.Context, sys *system.System, name string) (bool, error)
	// displaced returns the packages that an installation would remove. It returns none
	// if that is not known; the installation then reports it. It changes nothing.
	displaced(ctx context.Context, sys *system.System, names []string) ([]string, error)
	// install installs packages. It removes only packages that may go
	// ([refuseDisplaced]).
	install(ctx context.Context, sys *system.System, names, mayGo []string) error
	// remove removes packages. It fails if others would go with them.
	remove(ctx context.Context, sys *system.System, names []string) error
}

// packageManagers are the backends, by their names in package distro.
var packageManagers = map[string]packageManager{"apt": aptPackages{}}

// packages returns the backend of the host's package manager.
func packages(s *system.System) (packageManager, error) {
	name := s.Distro().Packages.Manager
	manager, known := packageManagers[name]
	if !known {
		return nil, fmt.Errorf("this version of Cairn has no backend for the package manager %q", name)
	}
	return manager, nil
}
