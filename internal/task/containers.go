package task

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
	"cairn/internal/wiring"
)

// WithDocker reports whether the lab runs its containers with Docker, on at least
// one host. This version does not set up Kubernetes.
func WithDocker(l *lab.Lab) bool {
	return l.Choose["container-platform"] == "docker" && slices.ContainsFunc(l.Hosts, RunsContainers)
}

// onlyDefault are the choices of which this version sets up nothing but the default.
var onlyDefault = []string{"container-platform", "tls"}

// Later reports whether this version does not set up an option of a choice.
func Later(choice, option string, isDefault bool) bool {
	if choice == "reverse-proxy" {
		return !wiring.SetsUpProxy(option)
	}
	return !isDefault && slices.Contains(onlyDefault, choice)
}

// RunsContainers reports whether a host gets the container platform.
func RunsContainers(h lab.Host) bool { return h.Has(lab.Server) || h.Has(lab.Worker) }

// platforms are the container platforms of the lab's hosts.
func platforms(l *lab.Lab, _ *wiring.Wiring) []Subject {
	var all []Subject
	for _, h := range l.Hosts {
		if RunsContainers(h) {
			all = append(all, Subject{Subject: evidence.Subject{Kind: evidence.AboutPlatform, Name: "docker"}, Host: h.Name})
		}
	}
	return all
}

// docker sets up the Docker Engine. Its configuration comes before its packages,
// because they start the Engine. Without it, the Engine could take one of the lab's
// networks.
func docker(h Host) []Work {
	if !RunsContainers(h.Host) {
		return nil
	}
	config := resource.DockerDaemon{Options: resource.Inline(dockerOptions(h)), Lacks: DockerLacks(h)}
	before := []resource.Resource{config}
	units := []resource.Resource{resource.Unit{Name: "docker.service", Enabled: on(), Active: on()}, dockerRulesUnit}
	names := dockerPackages(h)
	if len(names) == 0 {
		return slices.Concat([]Work{{Resources: before}, {After: before, Resources: units}}, unwanted(h, units), unwantedResolver(h))
	}
	packages := resource.Packages{Names: names}
	works := []Work{{Resources: before}, {After: before, Resources: []resource.Resource{packages}}, {After: []resource.Resource{packages}, Resources: units}}
	return slices.Concat(works, unwanted(h, units), unwantedResolver(h))
}

// dockerPackages returns the distribution's packages of Docker. An Engine or Compose
// from elsewhere stays instead.
func dockerPackages(h Host) []string {
	system, there := h.system().Docker, h.Facts.Docker
	var names []string
	if !there.EngineElsewhere {
		names = slices.Clone(system.Engine)
		if system.Compose != "" && !there.ComposeElsewhere {
			names = append(names, system.Compose)
		}
	}
	slices.Sort(names)
	return names
}

// DockerLacks says why a host cannot get Compose v2, or returns "" if it can.
func DockerLacks(h Host) string {
	switch there := h.Facts.Docker; {
	case there.ComposeElsewhere:
		return ""
	case there.EngineElsewhere:
		return "the Docker on this host is not the distribution's, and has no Compose v2"
	case h.system().Docker.Compose == "":
		return h.Facts.OS.Name + " has no package of Docker Compose v2"
	}
	return ""
}

// dockerOptions returns Docker's configuration for a host (dockerd(8), "Daemon
// configuration file"). It limits logs, since json-file has no limit of its own.
// Containers outlive a restart of the daemon.
func dockerOptions(h Host) string {
	options := map[string]any{
		"log-driver": "json-file", "log-opts": map[string]string{"max-size": "10m", "max-file": "3"},
		"live-restore": true,
	}
	if mirror := h.Lab.Images.Mirror; mirror != "" {
		options["registry-mirrors"] = []string{mirror}
	}
	pools := addressPools(h.Lab)
	if containersHaveIPv6(h) {
		unique := uniqueLocal(h.Lab.Name + "/" + h.Host.Name)
		options["ipv6"], options["ip6tables"] = true, true
		options["fixed-cidr-v6"] = netip.PrefixFrom(unique, 64).String()
		// Before version 27 the number of networks in the pool must fit into an integer
		// (github.com/moby/moby, issue 42801), and ip6tables needs "experimental".
		pools = append(pools, addressPool{nextNetwork(unique).String() + "/64", 80})
		if h.system().Docker.Version.Major < 27 {
			options["experimental"] = true
		}
	}
	if len(pools) > 0 {
		options["default-address-pools"] = pools
	}
	text, err := json.MarshalIndent(options, "", "  ")
	if err != nil {
		panic("task: words and numbers cannot fail to encode: " + err.Error())
	}
	return string(text) + "\n"
}

// addressPool is a range from which Docker takes the networks of containers. Each
// network has a prefix of that size.
type addressPool struct {
	Base string `json:"base"`
	Size int    `json:"size"`
}

// poolCandidates returns private ranges in the order of preference. Ranges that are
// rare in home networks come first.
func poolCandidates() []netip.Prefix {
	var all []netip.Prefix
	for n := 31; n >= 16; n-- {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{172, byte(n)}), 16))
	}
	for n := 250; n >= 200; n-- {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n)}), 16))
	}
	for n := 240; n >= 0; n -= 16 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, byte(n)}), 20))
	}
	return all
}

// addressPools returns two ranges that overlap no network in the lab file. Docker
// itself avoids networks to which the host has routes. It cannot know networks behind
// a router, but the owner may come from one of them.
func addressPools(l *lab.Lab) []addressPool {
	const pools, size = 2, 24
	taken := namedNetworks(l)
	var all []addressPool
	for _, candidate := range poolCandidates() {
		if len(all) < pools && !slices.ContainsFunc(taken, candidate.Overlaps) {
			all = append(all, addressPool{candidate.String(), size})
		}
	}
	return all
}

// namedNetworks returns all networks and addresses that the lab file names.
func namedNetworks(l *lab.Lab) []netip.Prefix {
	all := slices.Clone(l.Network.Admin)
	for _, s := range l.Subnets() {
		all = append(all, s.CIDR, s.CIDR6)
	}
	addresses := append(slices.Clone(l.Network.DNS), l.Network.Gateway)
	for _, h := range l.Hosts {
		addresses = append(addresses, h.Addresses()...)
		for _, o := range h.Open {
			all = append(all, o.From...)
		}
	}
	for _, a := range addresses {
		all = append(all, netip.PrefixFrom(a, a.BitLen()))
	}
	return slices.DeleteFunc(all, func(p netip.Prefix) bool { return !p.IsValid() || p.Bits() == 0 })
}

// containersHaveIPv6 reports whether containers get IPv6, if the host has it. For that,
// Docker makes the host forward IPv6. A host that forwards no longer accepts its
// default route from a router (Linux, ip-sysctl, accept_ra). So IPv6 stays off if the
// default route leads to a link-local address.
func containersHaveIPv6(h Host) bool {
	return h.Host.Address6.IsValid() && !slices.ContainsFunc(h.Facts.Routes, func(gateway string) bool {
		address, err := netip.ParseAddr(gateway)
		return err == nil && address.Is6() && address.IsLinkLocalUnicast()
	})
}

// uniqueLocal returns a network of RFC 4193 for a name. Its random part is made from
// the name, so that it is always the same.
func uniqueLocal(name string) netip.Addr {
	sum := sha256.Sum256([]byte("containers of " + name))
	var address [16]byte
	address[0] = 0xfd
	copy(address[1:6], sum[:5])
	return netip.AddrFrom16(address)
}

// nextNetwork returns the next network with a prefix of 64.
func nextNetwork(a netip.Addr) netip.Addr {
	bytes := a.As16()
	bytes[7]++
	return netip.AddrFrom16(bytes)
}

// dockerRulesUnit makes Docker load its rules again after a program that flushes all
// rules at its start. Docker loads them only at its own start, so the unit restarts it
// if that stops no container. Another unit does this for Cairn's table.
var dockerRulesUnit = resource.Unit{Name: "cairn-docker-rules.service", Enabled: on(), Content: resource.Inline(fmt.Sprintf(`[Unit]
Description=Have Docker load its packet rules again after others
After=docker.service %[1]s

[Service]
Type=oneshot
ExecCondition=/bin/systemctl --quiet is-active docker.service
ExecCondition=/bin/sh -c '! nft list ruleset | grep -qE "chain DOCKER|table ip docker-bridges"'
ExecCondition=/bin/sh -c 'docker info --format "{{.LiveRestoreEnabled}} {{.ContainersRunning}}" | grep -qE "^true|^false 0"'

ExecStart=/bin/systemctl --no-block restart docker.service

[Install]
WantedBy=%[1]s
`, strings.Join(slices.DeleteFunc(resource.OtherLoaders(), func(u string) bool { return u == "docker.service" }), " ")))}

// DockerThere says that a host's Docker is not the distribution's, or returns "".
func DockerThere(facts wire.Facts) string {
	if !facts.Docker.EngineElsewhere {
		return ""
	}
	return "Docker is on this host already, and not from the distribution's packages. Cairn takes it as it is."
}
