package task

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/resource"
	"cairn/internal/wiring"
)

// behindProxy is the work for services and their names.
func behindProxy(h Host) []Work { return append(services(h), resolver(h)...) }

// resolver resolves the lab's names on a host that is chosen for that.
func resolver(h Host) []Work {
	if h.Resolver == nil {
		return nil
	}
	packages := resource.Packages{Names: []string{h.system().Resolver.Package}}
	unit := resource.Unit{Name: resource.ResolverUnit, Enabled: on(), Active: on(), Content: resource.Inline(resolverUnit(h.system().Resolver.Program, *h.Resolver))}
	return []Work{{Resources: []resource.Resource{packages}}, {After: []resource.Resource{packages}, Resources: []resource.Resource{unit}}}
}

// resolverUnit runs dnsmasq apart from any other on the host, as a user of its own that
// may only listen on its port. The configuration is in the unit, so whoever changes one
// restarts the other. It starts again after whatever ended it, however often.
func resolverUnit(program string, s names.Server) string {
	var input strings.Builder
	for line := range strings.Lines(s.Config()) {
		input.WriteString("StandardInputText=" + line)
	}
	return fmt.Sprintf(`# Managed by Cairn.
[Unit]
Description=Names of the lab
After=network.target
StartLimitIntervalSec=0

[Service]
Type=forking
ExecStart=%s --conf-file=- --pid-file=
StandardInput=data
%sRestart=on-failure
RestartSec=5
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
ProtectHome=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=multi-user.target
`, program, input.String())
}

// unwantedResolver removes the resolver from a host that has one and should have none.
// Like that of services, this is the container platform's work.
func unwantedResolver(h Host) []Work {
	if h.Resolver != nil || !h.Facts.Resolver {
		return nil
	}
	off := []resource.Resource{resource.Unit{Name: resource.ResolverUnit, Enabled: no(), Active: no()}}
	return []Work{{Resources: off}, {After: off, Resources: []resource.Resource{resource.File{Path: resource.UnitFile(resource.ResolverUnit), Absent: true}}}}
}

func no() *bool {
	no := false
	return &no
}

// routesAndNames are what the probes of the reverse proxy look at: the routes, and what
// resolves their names.
func routesAndNames(l *lab.Lab, services *wiring.Wiring) []Subject {
	return append(routes(l, services), resolvers(l, services)...)
}

// resolvers are what clients ask for the lab's names: Cairn's own, or the owner's.
func resolvers(l *lab.Lab, services *wiring.Wiring) []Subject {
	var all []Subject
	add := func(name, host string, arguments evidence.NameArguments) {
		arguments.Port, arguments.Domain = wiring.ResolverPort, l.Domain
		all = append(all, Subject{
			Subject: evidence.Subject{Kind: evidence.AboutResolver, Name: name}, Host: host,
			Arguments: map[string]any{"name-resolves": arguments, "name-unknown-refused": arguments},
		})
	}
	for _, host := range services.Resolvers(l) {
		h, _ := l.Host(host)
		add(host, host, evidence.NameArguments{Address: h.At(), Names: services.Names(l)})
	}
	if routes := services.Routes(); l.Choose["names"] == lab.OwnResolver && len(routes) > 0 {
		opened := slices.DeleteFunc(services.Names(l), func(r names.Record) bool {
			return !slices.ContainsFunc(routes, func(route wiring.Route) bool { return route.FQDN == r.Name })
		})
		for _, address := range l.Network.DNS {
			add(address.String(), routes[0].Host, evidence.NameArguments{Address: address, Names: opened})
		}
	}
	return all
}
