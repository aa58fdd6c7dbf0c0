package adoption

import (
	"fmt"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// notHTTP are TCP ports at which no container answers HTTP.
var notHTTP = []uint32{
	21, 22, 25, 53, 88, 110, 111, 119, 139, 143, 389, 445, 465, 554, 563, 587, 636, 853, 993, 995, 1194, 1433, 1521, 1883, 1935, 2049, 2181, 2222,
	3306, 3389, 3478, 4222, 5060, 5061, 5222, 5269, 5349, 5432, 5671, 5672, 5900, 6379, 6432, 6667, 6697, 6881, 8883, 9092, 9418, 11211, 22000,
	25565, 27017, 51413,
}

// overTLS are ports at which containers usually answer HTTPS.
var overTLS = []uint32{443, 8443, 9443}

// mostPorts is how many ports of one container that are not HTTP are taken.
const mostPorts = 128

// httpPorts returns the ports of a container at which people reach it over HTTP.
func (a *adopter) httpPorts(c types.ServiceConfig) (all []uint32) {
	if productOf(c).data != "" {
		return nil
	}
	for _, p := range c.Ports {
		if p.Protocol == "tcp" && !slices.Contains(notHTTP, p.Target) && !slices.Contains(overTLS, p.Target) && !slices.Contains(all, p.Target) {
			all = append(all, p.Target)
		}
	}
	if port := hinted(c); len(all) == 0 && port > 0 {
		all = append(all, port)
	}
	return all
}

// labelledPort matches the label by which Traefik learns of a port.
var labelledPort = regexp.MustCompile(`^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$`)

// hinted returns the port that a container tells another reverse proxy, or 0.
func hinted(c types.ServiceConfig) uint32 {
	var said string
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		if labelledPort.MatchString(name) {
			said = c.Labels[name]
		}
	}
	if value := c.Environment["VIRTUAL_PORT"]; value != nil && said == "" { // nginx-proxy
		said = *value
	}
	port, err := strconv.ParseUint(said, 10, 16)
	if err != nil {
		return 0
	}
	return uint32(port)
}

// exposed returns the HTTP port of a container that says it to other containers alone.
func exposed(c types.ServiceConfig) (all []uint32) {
	for _, text := range c.Expose {
		number, _, _ := strings.Cut(text, "/")
		if port, err := strconv.ParseUint(number, 10, 16); err == nil && port > 0 && !slices.Contains(notHTTP, uint32(port)) && !strings.HasSuffix(text, "/udp") {
			all = append(all, uint32(port))
		}
	}
	return all
}

// routesAndPorts makes routes of HTTP ports, and ports of the others.
func (a *adopter) routesAndPorts() {
	for _, name := range a.names() {
		c := a.project.Services[name]
		ports := a.httpPorts(c)
		if name == a.service.Main {
			if len(ports) == 0 {
				ports = exposed(c)[:min(1, len(exposed(c)))]
			}
			if a.options.HTTPPort != 0 {
				ports = []uint32{uint32(a.options.HTTPPort)}
			}
		}
		for i, port := range ports {
			a.route(c, port, i == 0)
		}
		for _, p := range c.Ports {
			a.port(c, p, slices.Contains(ports, p.Target))
		}
		a.change(name, func(c *types.ServiceConfig) { c.Ports, c.Expose, c.Labels = nil, nil, nil })
	}
	if len(a.service.Routes) == 0 {
		a.warn("no-route", a.at(a.service.Main), "no port of %s looks like HTTP, so the service gets no address", a.service.Main)
	}
}

// route adds a route. The first of the main container has the service's name.
func (a *adopter) route(c types.ServiceConfig, port uint32, first bool) {
	name := a.service.Service
	if c.Name != a.service.Main {
		name += "-" + c.Name
	}
	if !first {
		name += "-" + strconv.Itoa(int(port))
	}
	if name = label(name); port == 0 || port > 65535 {
		return
	}
	health := healthPath(c, port)
	if health == "" {
		health = "/"
		a.warn("health-guessed", a.find(c.Name, containing(strconv.Itoa(int(port))), "ports"), "Cairn asks %s for / to see if it works, and wants a status from 200 to 299; name a better path in service.yaml", c.Name)
	}
	a.service.Routes[name] = Route{Container: c.Name, Port: port, Health: health, Login: "own"}
}

// askedURL matches an address of the container itself in a health check.
var askedURL = regexp.MustCompile(`http://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::([0-9]+))?(/[^\s"'|;&)?#]*)?`)

// healthPath returns the path that a container's own health check asks, or the one that
// is known for its image, or "".
func healthPath(c types.ServiceConfig, port uint32) string {
	if c.HealthCheck != nil {
		for _, m := range askedURL.FindAllStringSubmatch(strings.Join(c.HealthCheck.Test, " "), -1) {
			said := m[1]
			if said == "" {
				said = "80"
			}
			if m[2] != "" && said == strconv.Itoa(int(port)) && (m[2] == "/" || path.Clean(m[2]) == strings.TrimSuffix(m[2], "/")) {
				return m[2]
			}
		}
	}
	return productOf(c).health
}

// port takes a published port. HTTP comes in through the reverse proxy, and nothing
// from outside reaches a database.
func (a *adopter) port(c types.ServiceConfig, p types.ServicePortConfig, isRoute bool) {
	number := fmt.Sprintf("%d/%s", p.Target, p.Protocol)
	at := a.find(c.Name, containing(strconv.Itoa(int(p.Target))), "ports")
	address, err := netip.ParseAddr(p.HostIP)
	loopback := err == nil && address.IsLoopback()
	everywhere := err != nil || address.IsUnspecified()
	published := p.Published
	if published == "" {
		published = strconv.Itoa(int(p.Target))
	}
	host, err := strconv.ParseUint(published, 10, 16)
	switch {
	case isRoute && everywhere:
		a.warn("port-all-addresses", at, "Docker publishes port %s on all addresses, past the firewall; Cairn does not: the reverse proxy leads to it", published)
	case isRoute:
	case productOf(c).data != "":
		a.warn("database-port", at, "the port %s of the database %s is not published: the other containers reach it without that", number, c.Name)
	case p.Protocol == "tcp" && slices.Contains(overTLS, p.Target):
		a.warn("https-port", at, "port %s looks like HTTPS and gets no route: the reverse proxy has the certificates, and asks containers over HTTP", number)
	case p.Protocol == "tcp" && !slices.Contains(notHTTP, p.Target):
		a.warn("port-left-out", at, "port %s is not published: `http` names another one", number)
	case loopback:
		a.warn("port-loopback", at, "port %s is published to the host alone and is left out", number)
	case err != nil || host == 0 || p.Protocol != "tcp" && p.Protocol != "udp":
		a.stop("port", at, "Cairn cannot publish port %s of the host", document.Quoted(published))
	case len(a.service.Ports) >= mostPorts:
		a.stop("port-range", at, "more than %d ports are published", mostPorts)
	default:
		if everywhere {
			a.warn("port-all-addresses", at, "port %d/%s of the host is open to everybody who reaches it", host, p.Protocol)
		}
		port := Port{Port: fmt.Sprintf("%d/%s", host, p.Protocol), Container: c.Name, Target: p.Target, Reason: "published in the Compose file"}
		if !slices.ContainsFunc(a.service.Ports, func(have Port) bool { return have.Port == port.Port }) {
			a.service.Ports = append(a.service.Ports, port)
		}
	}
}

// networks leaves the service a network of its own.
func (a *adopter) networks() {
	internal := len(a.project.Networks) > 0
	for _, name := range slices.Sorted(maps.Keys(a.project.Networks)) {
		n := a.project.Networks[name]
		internal = internal && bool(n.Internal)
		if n.External {
			a.warn("network-external", a.file.Find(func(string) bool { return false }, "networks", name), "the network %s belongs to others; the service gets one of its own, and what is on the other does not reach it", name)
		}
	}
	a.service.Egress = !internal || len(a.service.Ports) > 0
	for _, name := range a.names() {
		a.change(name, func(c *types.ServiceConfig) {
			for _, network := range slices.Sorted(maps.Keys(c.Networks)) {
				if n := c.Networks[network]; n != nil && (n.Ipv4Address != "" || n.Ipv6Address != "") {
					a.warn("fixed-address", a.at(name, "networks", network), "the container %s gets an address of Docker's choice; reach it by its name", name)
				}
			}
			c.Networks = nil
		})
	}
	a.project.Networks = nil
}
