package resource

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// Apply implements [Resource]. New containers have to work, or the release before
// runs again.
func (s Service) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	if s.Absent {
		return s.remove(ctx, sys)
	}
	have, err := s.look(ctx, sys)
	if err != nil {
		return err
	}
	if err := s.noneTaken(have); err != nil {
		return err
	}
	if err := s.pull(ctx, sys); err != nil {
		return err
	}
	if err := s.begin(sys); err != nil {
		return err
	}
	if err := s.makeNetworks(ctx, sys, have); err != nil {
		return err
	}
	if err := s.stopReplaced(ctx, sys); err != nil {
		return err
	}
	switch err := s.deploy(ctx, sys, have); {
	case err == nil:
		return errors.Join(s.remember(ctx, sys), s.removeReplaced(ctx, sys))
	case ctx.Err() != nil:
		return err
	default:
		return s.goBack(ctx, sys, err)
	}
}

// noneTaken refuses to go on where somebody else's container has the name of one of
// the service's. It may hold data.
func (s Service) noneTaken(have dockerState) error {
	for _, c := range s.Containers {
		name := ServiceContainer(s.Name, c.Name)
		if there, found := have.container(name); found && there.Config.Labels[LabelService] != s.Name {
			return problem.New(problem.ServiceTaken, s.Name, "the container "+name+" is there, and is not Cairn's").
				WithFix("rename or remove it on the host with `docker rename` or `docker rm`, then run `cairn up` again")
		}
	}
	return nil
}

// deploy writes the files, brings the containers up to date, and waits until they
// work.
func (s Service) deploy(ctx context.Context, sys *system.System, have dockerState) error {
	kept, err := s.record(sys)
	if err != nil {
		return err
	}
	live, fixed, err := s.write(ctx, sys, kept)
	if err != nil {
		return err
	}
	different, byHand := s.compareContainers(have)
	if fixed || different {
		err = s.up(ctx, sys, fixed || byHand)
	} else if err = s.join(ctx, sys, have); err == nil && live {
		err = s.reload(ctx, sys)
	}
	if err != nil {
		return err
	}
	if err := s.certify(ctx, sys); err != nil {
		return err
	}
	return s.waitUntilWorks(ctx, sys)
}

// write writes the files that differ, and removes those of the release before. It
// reports whether live files changed, and whether others did. The Compose file is neither:
// what it says of a container is compared with the container.
func (s Service) write(ctx context.Context, sys *system.System, kept serviceRecord) (live, fixed bool, err error) {
	for _, f := range s.Files {
		file := s.file(f)
		d, err := file.check(sys)
		if err != nil {
			return false, false, err
		}
		if d.Empty() {
			continue
		}
		if err := file.Apply(ctx, sys, d); err != nil {
			return false, false, err
		}
		live, fixed = live || f.Live, fixed || !f.Live && f.Path != composeFile
	}
	for _, name := range s.surplus(kept) {
		if err := sys.Remove(path.Join(ServiceDir(s.Name), name)); err != nil {
			return false, false, err
		}
		live = true
	}
	return live, fixed, nil
}

// compareContainers reports whether anything differs but the networks, which a
// container can join while it runs. byHand means that a container of this very release
// is not as it was made, which Compose does not notice.
func (s Service) compareContainers(have dockerState) (different, byHand bool) {
	for _, c := range s.Containers {
		there, found := have.container(ServiceContainer(s.Name, c.Name))
		if !found {
			different = true
			continue
		}
		ours := there.Config.Labels[LabelRelease] == s.Stamp
		for _, p := range c.properties(there, s.Stamp) {
			if p.name == "networks" || p.have == p.want || p.name == "names" && s.sameAtHome(c, there) {
				continue
			}
			different = true
			byHand = byHand || ours && p.name != "state"
		}
	}
	return different, byHand
}

// sameAtHome reports whether a container has the names that it should have on the
// service's own network.
func (s Service) sameAtHome(c Container, there dockerContainer) bool {
	home := ServiceProject(s.Name)
	return slices.Equal(namesOn(there.known(), home), namesOn(c.Known, home))
}

// compose returns the words of a Compose command for the release.
func (s Service) compose(words ...string) []string {
	dir := ServiceDir(s.Name)
	return append([]string{"docker", "compose", "--project-name", ServiceProject(s.Name), "--project-directory", dir, "--file", path.Join(dir, composeFile)}, words...)
}

// up has Compose make what differs. Files that were changed by hand may be in use,
// which Compose does not see.
func (s Service) up(ctx context.Context, sys *system.System, anew bool) error {
	words := []string{"up", "--detach", "--remove-orphans", "--no-build", "--pull", "never", "--quiet-pull"}
	if anew {
		words = append(words, "--force-recreate")
	}
	_, err := sys.RunWith(ctx, system.Command{Argv: s.compose(words...), Silence: system.Silences[system.Installing]})
	return err
}

// join connects running containers to networks that they lack or have other names on,
// and takes them off those that they should not be on. So a reverse proxy learns of
// another service without a restart. A network on which a name changes breaks off for a
// moment; those of the services stay.
func (s Service) join(ctx context.Context, sys *system.System, have dockerState) error {
	for _, c := range s.Containers {
		name := ServiceContainer(s.Name, c.Name)
		there, _ := have.container(name)
		on := there.networks()
		for _, n := range on {
			if slices.Contains(c.Networks, n) && slices.Equal(namesOn(there.known(), n), namesOn(c.Known, n)) {
				continue
			}
			if _, err := sys.Run(ctx, "docker", "network", "disconnect", n, name); err != nil {
				return err
			}
			on = slices.DeleteFunc(slices.Clone(on), func(left string) bool { return left == n })
		}
		for _, n := range c.Networks {
			if slices.Contains(on, n) {
				continue
			}
			argv := []string{"docker", "network", "connect"}
			for _, alias := range namesOn(c.Known, n) {
				argv = append(argv, "--alias", alias)
			}
			if _, err := sys.Run(ctx, append(argv, n, name)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesOn are the names on a network among words such as network/name.
func namesOn(known []string, network string) (all []string) {
	for _, word := range known {
		if on, name, _ := strings.Cut(word, "/"); on == network {
			all = append(all, name)
		}
	}
	return all
}

// reload has the container take over live files that changed, and gives it the time
// that it takes. A look just afterwards would find it as it was before.
func (s Service) reload(ctx context.Context, sys *system.System) error {
	if s.Reload == nil {
		return nil
	}
	if s.Reload.Signal != "" {
		name := ServiceContainer(s.Name, s.Reload.Container)
		if _, err := sys.Run(ctx, "docker", "kill", "--signal", s.Reload.Signal, name); err != nil {
			return err
		}
	}
	return system.Pause(ctx, time.Duration(s.Reload.Takes)*time.Second)
}

// makeNetworks makes the networks that are missing. One that is of the wrong kind is
// made again, which takes its containers off it for a moment.
func (s Service) makeNetworks(ctx context.Context, sys *system.System, have dockerState) error {
	for _, n := range s.Networks {
		switch have.network(n.Name) {
		case n.words():
			continue
		case absent:
		default:
			if err := s.removeNetwork(ctx, sys, n.Name); err != nil {
				return err
			}
		}
		argv := []string{"docker", "network", "create"}
		if n.Internal {
			argv = append(argv, "--internal")
		}
		for _, l := range n.Labels {
			argv = append(argv, "--label", l)
		}
		if _, err := sys.Run(ctx, append(argv, n.Name)...); err != nil {
			return err
		}
	}
	return nil
}

// removeNetwork removes a network of Cairn's. One that is somebody else's has no
// label, and stays.
func (s Service) removeNetwork(ctx context.Context, sys *system.System, name string) error {
	out, err := sys.Ask(ctx, "docker", "network", "inspect", "--format", "{{index .Labels \""+LabelService+"\"}} {{range .Containers}}{{.Name}} {{end}}", name)
	if err != nil || out.Exit != 0 {
		return err
	}
	owner, containers, _ := strings.Cut(strings.TrimSpace(string(out.Stdout)), " ")
	if owner == "" || owner == "<no" {
		return problem.New(problem.ServiceTaken, s.Name, "the network "+name+" is there, and is not Cairn's")
	}
	for _, c := range strings.Fields(containers) {
		if _, err := sys.Run(ctx, "docker", "network", "disconnect", "--force", name, c); err != nil {
			return err
		}
	}
	_, err = sys.Run(ctx, "docker", "network", "rm", name)
	return err
}

// remove takes the service off the host, but for its volumes.
func (s Service) remove(ctx context.Context, sys *system.System) error {
	kept, err := s.record(sys)
	if err != nil {
		return err
	}
	return errors.Join(s.clear(ctx, sys, kept.Files), s.forget(sys))
}

// clear removes the containers that bear the service's label, its network and files.
func (s Service) clear(ctx context.Context, sys *system.System, files []keptFile) error {
	network := ServiceProject(s.Name)
	have, err := WithoutService(s.Name).look(ctx, sys)
	if err != nil {
		return err
	}
	if names := have.containers(); len(names) > 0 {
		if _, err := sys.Run(ctx, append([]string{"docker", "stop"}, names...)...); err != nil {
			return err
		}
		if _, err := sys.Run(ctx, append([]string{"docker", "rm"}, names...)...); err != nil {
			return err
		}
	}
	if have.network(network) != absent {
		if err := s.removeNetwork(ctx, sys, network); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := sys.Remove(path.Join(ServiceDir(s.Name), f.Path)); err != nil {
			return err
		}
	}
	return s.removeFolders(sys, files)
}

// removeFolders removes the folders of the release that are empty.
func (s Service) removeFolders(sys *system.System, files []keptFile) error {
	var folders []string
	for _, f := range files {
		for dir := path.Dir(path.Join(ServiceDir(s.Name), f.Path)); len(dir) >= len(ServiceDir(s.Name)); dir = path.Dir(dir) {
			folders = append(folders, dir)
		}
	}
	slices.Sort(folders)
	slices.Reverse(folders) // those inside come first
	for _, dir := range slices.Compact(folders) {
		if err := sys.RemoveEmpty(dir); err != nil {
			return err
		}
	}
	return nil
}

// goBack has the release before run again, and says why the new one does not. With
// none before it, nothing of the service is left running, and what it was to replace
// runs again.
func (s Service) goBack(ctx context.Context, sys *system.System, reason error) error {
	reason = s.withLastWords(ctx, sys, reason)
	old, found, err := s.before(ctx, sys)
	if err != nil {
		return errors.Join(reason, err)
	}
	after := "there was no release before it, and nothing of it is left running"
	if found {
		after = "the release before it runs again"
		err = s.returnTo(ctx, sys, old)
	} else if err = errors.Join(s.clear(ctx, sys, s.keptFiles()), s.forget(sys)); err == nil && len(s.Replaces) > 0 {
		after = strings.Join(s.Replaces, " and ") + " runs again instead of it"
		err = s.startReplaced(ctx, sys)
	}
	if err != nil {
		return problem.Wrap(problem.ServiceBroken, s.Name, s.Name+" does not work, and what was before could not be brought back", errors.Join(reason, err))
	}
	return problem.Wrap(problem.ServiceUnhealthy, s.Name, fmt.Sprintf("the new release of %s does not work; %s", s.Name, after), reason)
}

// returnTo writes the files of an earlier release, starts its containers, and waits
// until they work. What the new release did to the data may keep them from it.
func (s Service) returnTo(ctx context.Context, sys *system.System, old Service) error {
	if _, _, err := old.write(ctx, sys, serviceRecord{Files: s.keptFiles()}); err != nil {
		return err
	}
	if err := old.up(ctx, sys, true); err != nil {
		return err
	}
	return old.waitUntilWorks(ctx, sys)
}
