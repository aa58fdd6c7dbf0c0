package task

import (
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/proxy"
	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wiring"
)

// withServices reports whether the lab has services, and Docker to run them.
func withServices(l *lab.Lab) bool { return len(l.Services) > 0 && WithDocker(l) }

// services has Docker run the releases of a host, each after those that it uses.
func services(h Host) []Work {
	var works []Work
	for _, r := range h.Releases {
		s, err := r.Resource(h.Secrets[r.Service.Name])
		if err != nil {
			s = resource.Service{Name: r.Service.Name, Lacks: system.OneLine(err.Error())}
		}
		if r.Service.Proxy != "" {
			s.Replaces = replacedProxies(h)
		}
		works = append(works, Work{Resources: []resource.Resource{s}})
	}
	return works
}

// unwanted removes the services that a host remembers and the lab no longer has. It is
// the container platform's work, since a lab may have no services left. A reverse proxy
// goes with the release of the one that replaces it.
func unwanted(h Host, after []resource.Resource) []Work {
	replaced := replacedProxies(h)
	var works []Work
	for _, name := range left(h) {
		if !slices.Contains(replaced, name) {
			works = append(works, Work{After: after, Resources: []resource.Resource{resource.WithoutService(name)}})
		}
	}
	return works
}

// left are the services that a host remembers and the lab no longer has.
func left(h Host) (names []string) {
	for _, name := range h.Facts.Docker.Services {
		if !slices.ContainsFunc(h.Releases, func(r wiring.Release) bool { return r.Service.Name == name }) {
			names = append(names, name)
		}
	}
	return names
}

// replacedProxies are the reverse proxies that a host remembers, if the lab now has another
// one there. Both want the same ports, and one of them should always be there.
func replacedProxies(h Host) []string {
	if !slices.ContainsFunc(h.Releases, func(r wiring.Release) bool { return r.Service.Proxy != "" }) {
		return nil
	}
	return slices.DeleteFunc(left(h), func(name string) bool { return !slices.Contains(proxy.Kinds, proxy.Kind(name)) })
}

// routes are the routes of the lab, each with what its probes need.
func routes(l *lab.Lab, services *wiring.Wiring) []Subject {
	var all []Subject
	for _, r := range services.Routes() {
		h, _ := l.Host(r.Host)
		certificate := evidence.CertificateArguments{Address: h.At(), Port: 443, Plain: 80, Path: r.Health}
		arguments := evidence.RouteArguments{Address: h.At(), Port: 80, Path: r.Health, Container: resource.ServiceContainer(r.Service, r.Container)}
		all = append(all, Subject{
			Subject: evidence.Subject{Kind: evidence.AboutRoute, Name: r.FQDN}, Host: r.Host,
			Arguments: map[string]any{
				"route-answers": arguments, "route-unknown": arguments, "route-reaches": arguments,
				"https-answers": certificate, "tls-old-refused": certificate, "certificate-valid": certificate,
			},
		})
	}
	return all
}

// withCertificates reports whether the lab's services get certificates from its own
// authority.
func withCertificates(l *lab.Lab) bool { return withServices(l) && wiring.WithAuthority(l) }

// certificates are the routes, whose certificates clients see, and those names of
// which the certificates show that renewal works.
func certificates(l *lab.Lab, services *wiring.Wiring) []Subject {
	all := routes(l, services)
	for _, r := range services.Releases {
		if r.Authority == nil {
			continue
		}
		h, _ := l.Host(r.Host)
		all = append(all, Subject{
			Subject: evidence.Subject{Kind: evidence.AboutCertificate, Name: r.Authority.Renewal}, Host: r.Host,
			Arguments: map[string]any{"certificate-renews": evidence.CertificateArguments{Address: h.At(), Port: 443, Plain: 80}},
		})
	}
	return all
}
