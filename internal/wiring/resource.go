package wiring

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/proxy"
	"cairn/internal/resource"
)

// Resource is the release as its host is to have it.
func (r Release) Resource(secrets map[string]Secret) (resource.Service, error) {
	b, err := r.whole(secrets)
	if err != nil {
		return resource.Service{}, err
	}
	s := resource.Service{Name: r.Service.Name, Stamp: b.stamp, Networks: append([]resource.ContainerNetwork{r.network()}, r.Joins...)}
	for _, f := range b.files {
		s.Files = append(s.Files, resource.ServiceFile{Path: f.Path, Content: resource.Inline(f.Content), Sensitive: f.Secret, Owner: f.Owner, Live: f.Live})
	}
	for _, name := range b.project.ServiceNames() {
		s.Containers = append(s.Containers, r.container(b.project, b.project.Services[name]))
	}
	s.Health, s.Reload = r.health(), r.reload()
	if r.Authority != nil {
		s.Certificates = &resource.Certificates{Container: r.Service.Main, Port: proxy.HTTPSPort, Names: r.names()}
	}
	return s, nil
}

// health are the paths at which the containers answer when they work.
func (r Release) health() (all []resource.HealthCheck) {
	for _, route := range r.Service.Routes {
		all = append(all, resource.HealthCheck{Container: route.Container, Port: route.Port, Path: route.Health})
	}
	return all
}

// Restart has the containers of the release start again, as they are. No secret is
// needed for it.
func (r Release) Restart(token string) (resource.ServiceRestart, error) {
	project, err := r.project()
	if err != nil {
		return resource.ServiceRestart{}, err
	}
	restart := resource.ServiceRestart{Service: r.Service.Name, Token: token, Health: r.health()}
	for _, name := range project.ServiceNames() {
		if !once(project.Services[name]) {
			restart.Containers = append(restart.Containers, name)
		}
	}
	return restart, nil
}

// once reports whether a container is a step, which ends.
func once(c types.ServiceConfig) bool { return c.Restart == types.RestartPolicyNo }

// network is the network of the service's own.
func (r Release) network() resource.ContainerNetwork {
	n := resource.ContainerNetwork{Name: r.Project(), Internal: !r.Service.Egress}
	for name, value := range r.labels() {
		n.Labels = append(n.Labels, name+"="+value)
	}
	slices.Sort(n.Labels)
	return n
}

// container is a container in the words of docker inspect.
func (r Release) container(project *types.Project, c types.ServiceConfig) resource.Container {
	e := r.exception(c.Name)
	out := resource.Container{
		Name: c.Name, Image: c.Image, Digest: r.digests[c.Image], Memory: int64(c.MemLimit), Writable: e.Writable, Once: once(c),
		Capabilities: slices.Sorted(slices.Values(e.Capabilities)),
	}
	for name, value := range c.Environment {
		if value != nil {
			out.Environment = append(out.Environment, name+"="+*value)
		}
	}
	for name := range c.Networks {
		out.Networks = append(out.Networks, project.Networks[name].Name)
	}
	if c.Name == r.Service.Main {
		for _, k := range r.Known {
			out.Known = append(out.Known, k.Network+"/"+k.Name)
		}
	}
	for _, p := range c.Ports {
		out.Ports = append(out.Ports, p.Published+"->"+strconv.Itoa(int(p.Target))+"/"+p.Protocol)
	}
	out.Mounts = r.mounts(project, c)
	for _, list := range [][]string{out.Environment, out.Networks, out.Ports, out.Mounts, out.Known} {
		slices.Sort(list)
	}
	return out
}

// mounts are the volumes, files and secrets of a container.
func (r Release) mounts(project *types.Project, c types.ServiceConfig) (all []string) {
	add := func(source, target string, readOnly bool) {
		text := source + ":" + target
		if readOnly {
			text += ":ro"
		}
		all = append(all, text)
	}
	for _, v := range c.Volumes {
		switch v.Type {
		case types.VolumeTypeVolume:
			add(project.Volumes[v.Source].Name, v.Target, v.ReadOnly)
		case types.VolumeTypeBind:
			add(path.Join(r.Dir(), v.Source), v.Target, v.ReadOnly)
		}
	}
	for _, s := range c.Secrets {
		target := s.Target
		if target == "" {
			target = s.Source
		}
		if !strings.HasPrefix(target, "/") {
			target = "/run/secrets/" + target
		}
		add(path.Join(r.Dir(), "secrets", s.Source), target, true)
	}
	return all
}

// upstream is where a route's container answers, on the network that its reverse
// proxy joins.
func (r Route) upstream() string {
	return fmt.Sprintf("%s:%d", resource.ServiceContainer(r.Service, r.Container), r.Port)
}
