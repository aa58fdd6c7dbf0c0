package task

import (
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wiring"
)

// withServices reports whether the lab has services that Docker runs, and a reverse
// proxy that this version can set up.
func withServices(l *lab.Lab) bool {
	return len(l.Services) > 0 && WithDocker(l) && slices.Contains(proxies, l.Choose["reverse-proxy"])
}

// proxies are the reverse proxies that this version sets up.
var proxies = []string{"traefik"}

// services has Docker run the releases of a host. One that is no longer wanted goes
// last, when no reverse proxy leads to it any more.
func services(h Host) []Work {
	var works []Work
	var before []resource.Resource
	for _, r := range h.Releases {
		s, err := r.Resource(h.Secrets[r.Service.Name])
		if err != nil {
			s = resource.Service{Name: r.Service.Name, Lacks: system.OneLine(err.Error())}
		}
		works = append(works, Work{After: slices.Clone(before), Resources: []resource.Resource{s}})
		if len(r.Routes) > 0 {
			before = append(before, s)
		}
	}
	for _, name := range h.Facts.Docker.Services {
		if !slices.ContainsFunc(h.Releases, func(r wiring.Release) bool { return r.Service.Name == name }) {
			works = append(works, Work{After: slices.Clone(before), Resources: []resource.Resource{resource.Service{
				Name: name, Absent: true, Networks: []resource.ContainerNetwork{{Name: resource.ServiceProject(name)}},
			}}})
		}
	}
	return works
}

// routes are the routes of the lab, each with what its probes need.
func routes(l *lab.Lab, services *wiring.Wiring) []Subject {
	var all []Subject
	for _, r := range services.Routes() {
		h, _ := l.Host(r.Host)
		arguments := evidence.RouteArguments{Address: h.At(), Port: 80, Path: r.Health, Container: resource.ServiceContainer(r.Service, r.Container)}
		all = append(all, Subject{
			Subject: evidence.Subject{Kind: evidence.AboutRoute, Name: r.FQDN}, Host: r.Host,
			Arguments: map[string]any{"route-answers": arguments, "route-unknown": arguments, "route-reaches": arguments},
		})
	}
	return all
}
