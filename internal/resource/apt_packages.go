package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// aptPackages is the backend for apt(8) and dpkg(1).
type aptPackages struct{}

// installed implements [packageManager].
func (aptPackages) installed(ctx context.Context, sys *system.System, names []string) (map[string]bool, error) {
	out, err := sys.Run(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}\t${Package}\t${Provides}\n")
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
			if slices.Contains(names, name) {
				installed[name] = true
			}
		}
	}
	return installed, nil
}

// recorded implements [packageManager].
func (aptPackages) recorded(ctx context.Context, sys *system.System, name string) (bool, error) {
	out, err := sys.Ask(ctx, "dpkg", "--status", name)
	return out.Exit == 0 && strings.Contains(string(out.Stdout), "\nStatus: install ok installed\n"), err
}

// displaced implements [packageManager].
func (aptPackages) displaced(ctx context.Context, sys *system.System, names []string) ([]string, error) {
	out, err := sys.Ask(ctx, append([]string{"apt-get", "--simulate", "install", "--no-install-recommends", "--"}, names...)...)
	if err != nil || out.Exit != 0 {
		return nil, err
	}
	return removals(string(out.Stdout)), nil
}

// removals returns the packages that a simulation of apt-get(8) removes.
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

// install implements [packageManager].
func (p aptPackages) install(ctx context.Context, sys *system.System, names, mayGo []string) (err error) {
	var complaints []complaint
	updated := false
	if !hasPackageLists(sys) {
		if complaints, err = updateLists(ctx, sys); err != nil {
			return err
		}
		updated = true
	}
	err = p.installOnce(ctx, sys, names, mayGo)
	if err != nil && !updated && problem.CodeOf(err) == "" {
		// The lists may be too old to know a package, or may name a file that the
		// mirror has replaced.
		var updateErr error
		if complaints, updateErr = updateLists(ctx, sys); updateErr != nil {
			return errors.Join(err, updateErr)
		}
		err = p.installOnce(ctx, sys, names, mayGo)
	}
	if err != nil && len(complaints) > 0 && problem.CodeOf(err) == "" {
		return sourcesFailed(names, complaints, err)
	}
	for _, c := range complaints {
		system.Tell(ctx, "apt skipped a repository: "+c.String())
	}
	return err
}

// installOnce installs packages with the present lists.
func (p aptPackages) installOnce(ctx context.Context, sys *system.System, names, mayGo []string) error {
	goes, err := p.displaced(ctx, sys, names)
	if err == nil {
		err = refuseDisplaced(goes, mayGo, names)
	}
	if err != nil {
		return err
	}
	argv := []string{"install", "--no-install-recommends"}
	if len(goes) == 0 {
		// The host may have changed since the simulation.
		argv = append(argv, "--no-remove")
	}
	_, err = apt(ctx, sys, append(append(argv, "--"), names...)...)
	return err
}

// remove implements [packageManager].
func (aptPackages) remove(ctx context.Context, sys *system.System, names []string) error {
	out, err := sys.Run(ctx, append([]string{"apt-get", "--simulate", "remove", "--"}, names...)...)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(removals(string(out.Stdout)), func(name string) bool { return slices.Contains(names, name) })
	if len(others) > 0 {
		return fmt.Errorf("these packages need %s and would be removed with it: %s", strings.Join(names, ", "), strings.Join(others, ", "))
	}
	_, err = apt(ctx, sys, append([]string{"remove", "--"}, names...)...)
	return err
}
