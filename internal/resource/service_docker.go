package resource

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/internal/system"
)

// dockerState is what Docker has of a service.
type dockerState struct {
	objects []dockerContainer
	nets    map[string]dockerNetwork
}

// dockerContainer is what docker inspect tells of a container
// (https://docs.docker.com/reference/api/engine/version/v1.44/#operation/ContainerInspect).
type dockerContainer struct {
	ID           string `json:"Id"`
	Name         string
	Image        string // its id
	RestartCount int
	State        struct {
		Status    string
		ExitCode  int
		StartedAt time.Time
		Health    struct{ Status string }
	}
	Config struct {
		Image  string
		Env    []string
		Labels map[string]string
	}
	HostConfig struct {
		Memory                     int64
		ReadonlyRootfs, Privileged bool
		CapAdd                     []string
		PortBindings               map[string][]struct{ HostPort string }
	}
	Mounts []struct {
		Type, Name, Source, Destination string
		RW                              bool
	}
	NetworkSettings struct {
		Networks map[string]struct {
			IPAddress string
			Aliases   []string
		}
	}
	// Of a network.
	Driver   string
	Internal bool
	Labels   map[string]string
	// Of an image, as name@digest.
	RepoDigests []string
	// imageIs reports whether a container's image has a manifest of that digest.
	imageIs func(digest string) bool
}

// dockerNetwork is what counts of a network.
type dockerNetwork struct{ internal, ours bool }

// look asks Docker for the containers and networks of the service. A host without
// Docker has none.
func (s Service) look(ctx context.Context, sys *system.System) (dockerState, error) {
	names, err := s.asked(ctx, sys)
	if err != nil || len(names) == 0 {
		return dockerState{}, err
	}
	// What does not exist is left out, and gives the exit code 1.
	out, err := sys.Ask(ctx, append([]string{"docker", "inspect"}, names...)...)
	if err != nil || out.Exit == system.MissingProgram {
		return dockerState{}, err
	}
	var all []dockerContainer
	if err := json.Unmarshal(out.Stdout, &all); err != nil {
		return dockerState{}, fmt.Errorf("docker inspect: %s", system.LastWords(out))
	}
	state := dockerState{nets: map[string]dockerNetwork{}}
	images := map[string]string{} // their ids, by the digests of their manifests
	for _, object := range all {
		for _, name := range object.RepoDigests {
			_, digest, _ := strings.Cut(name, "@")
			images[digest] = object.ID
		}
		if len(object.RepoDigests) > 0 {
			continue
		}
		if object.Driver != "" && object.Config.Image == "" {
			state.nets[object.Name] = dockerNetwork{object.Internal, object.Labels[LabelService] != ""}
			continue
		}
		object.Name = strings.TrimPrefix(object.Name, "/")
		object.imageIs = func(digest string) bool { return images[digest] == object.Image }
		state.objects = append(state.objects, object)
	}
	return state, nil
}

// asked are the names of what the service should have. One that should be absent is
// found by its label.
func (s Service) asked(ctx context.Context, sys *system.System) (names []string, err error) {
	for _, n := range s.Networks {
		names = append(names, n.Name)
	}
	for _, c := range s.Containers {
		names = append(names, ServiceContainer(s.Name, c.Name))
		if c.Digest != "" {
			names = append(names, c.pinned())
		}
	}
	if !s.Absent {
		return names, nil
	}
	out, err := sys.Ask(ctx, "docker", "ps", "--all", "--quiet", "--filter", "label="+LabelService+"="+s.Name)
	return append(names, strings.Fields(string(out.Stdout))...), err
}

func (d dockerState) container(name string) (dockerContainer, bool) {
	i := slices.IndexFunc(d.objects, func(c dockerContainer) bool { return c.Name == name })
	if i < 0 {
		return dockerContainer{}, false
	}
	return d.objects[i], true
}

// containers are the names of all containers, sorted.
func (d dockerState) containers() (names []string) {
	for _, c := range d.objects {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func (d dockerState) network(name string) string {
	n, found := d.nets[name]
	switch {
	case !found:
		return absent
	case !n.ours:
		return "somebody else's"
	}
	return ContainerNetwork{Internal: n.internal}.words()
}

// endedWell is the state of a step that is done.
const endedWell = "ended well"

// state is how the container is: running, for most.
func (c dockerContainer) state() string {
	if c.State.Status == "exited" && c.State.ExitCode == 0 {
		return endedWell
	}
	if c.State.Status == "running" && c.State.Health.Status == "unhealthy" {
		return "unhealthy"
	}
	return c.State.Status
}

// environment returns the values of the variables that are declared.
func (c dockerContainer) environment(declared []string) (all []string) {
	for _, want := range declared {
		name, _, _ := strings.Cut(want, "=")
		for _, have := range c.Config.Env {
			if strings.HasPrefix(have, name+"=") {
				all = append(all, have)
			}
		}
	}
	return all
}

func (c dockerContainer) mounts() (all []string) {
	for _, m := range c.Mounts {
		source := m.Source
		if m.Type == "volume" {
			source = m.Name
		}
		text := source + ":" + m.Destination
		if !m.RW {
			text += ":ro"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func (c dockerContainer) networks() (all []string) {
	for name := range c.NetworkSettings.Networks {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// known are the whole names that the container has on its networks. Compose adds names
// without a dot, and some Engines the container's id.
func (c dockerContainer) known() (all []string) {
	for network, n := range c.NetworkSettings.Networks {
		for _, alias := range n.Aliases {
			if strings.Contains(alias, ".") {
				all = append(all, network+"/"+alias)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c dockerContainer) ports() (all []string) {
	for inside, bindings := range c.HostConfig.PortBindings {
		for _, b := range bindings {
			all = append(all, b.HostPort+"->"+inside)
		}
	}
	slices.Sort(all)
	return all
}

// capabilities are without the prefix, which newer Engines add.
func (c dockerContainer) capabilities() (all []string) {
	for _, name := range c.HostConfig.CapAdd {
		all = append(all, strings.TrimPrefix(name, "CAP_"))
	}
	slices.Sort(all)
	return all
}

// addresses are those of the container on its networks.
func (c dockerContainer) addresses(port uint16) (all []string) {
	for _, n := range c.NetworkSettings.Networks {
		if n.IPAddress != "" {
			all = append(all, n.IPAddress+":"+strconv.Itoa(int(port)))
		}
	}
	slices.Sort(all)
	return all
}
