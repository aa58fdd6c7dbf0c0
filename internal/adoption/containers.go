package adoption

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// names returns the containers, those of the file first and in its order.
func (a *adopter) names() []string {
	all := a.project.ServiceNames()
	slices.SortStableFunc(all, func(x, y string) int {
		px, py := a.at(x), a.at(y)
		return cmp.Or(cmp.Compare(px.Line, py.Line), cmp.Compare(px.Column, py.Column))
	})
	return all
}

// change replaces a container by what the function makes of it.
func (a *adopter) change(name string, change func(c *types.ServiceConfig)) {
	c := a.project.Services[name]
	change(&c)
	a.project.Services[name] = c
}

// renameContainers gives a container the fixed name by which others reach it. In the
// catalog a container has no other name than its own.
func (a *adopter) renameContainers() {
	for _, name := range a.names() {
		c := a.project.Services[name]
		for _, other := range aliases(c) {
			at := a.find(name, func(text string) bool { return text == other })
			_, taken := a.project.Services[other]
			switch {
			case other == name || !a.reached(name, other):
				continue
			case a.reached(name, name):
				a.stop("container-name", at, "others reach the container %s by this name and as %s; use one of the two", name, other)
			case taken || !containerName.MatchString(other):
				a.stop("container-name", at, "others reach the container %s as %s, which cannot be its name in the file", name, other)
			default:
				a.warn("container-name", at, "the container %s is called %s, since others reach it by that name", name, other)
				a.rename(name, other)
			}
			break
		}
		if _, still := a.project.Services[name]; still && !containerName.MatchString(name) {
			a.stop("container-name", a.at(name), "the name of a container begins with a letter or a digit")
		}
	}
}

// containerName is the form that the catalog wants of a container's name.
var containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$`)

// aliases are the names of a container beside that in the file.
func aliases(c types.ServiceConfig) []string {
	var all []string
	if c.ContainerName != "" {
		all = append(all, c.ContainerName)
	}
	for _, network := range slices.Sorted(maps.Keys(c.Networks)) {
		if n := c.Networks[network]; n != nil {
			all = append(all, n.Aliases...)
		}
	}
	return all
}

// hostVariable matches variables whose value is the name of another container.
var hostVariable = regexp.MustCompile(`(?i)(HOST|HOSTNAME|SERVER|SERVERS|ADDR|ADDRESS|ENDPOINT|URL|URI)$`)

// reached reports whether another container than the named one reaches it as host.
func (a *adopter) reached(container, host string) bool {
	for name, c := range a.project.Services {
		if name != container && names(c, host) {
			return true
		}
	}
	return false
}

// names reports whether the variables or the command of a container name a host.
func names(c types.ServiceConfig, host string) bool {
	inText := regexp.MustCompile(`(//|@|[\s=,;"']|^)` + regexp.QuoteMeta(host) + `(:[0-9]+|/|$)`)
	for key, value := range c.Environment {
		switch {
		case value == nil:
		case *value == host:
			if hostVariable.MatchString(key) {
				return true
			}
		case strings.ContainsAny(*value, ":/") && inText.MatchString(*value):
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(c.Command, c.Entrypoint), func(word string) bool {
		return strings.ContainsAny(word, ":/=") && inText.MatchString(word)
	})
}

// rename gives a container another name, everywhere in the project.
func (a *adopter) rename(from, to string) {
	c := a.project.Services[from]
	c.Name = to
	delete(a.project.Services, from)
	a.project.Services[to] = c
	a.renamed[to] = from
	for name := range a.project.Services {
		a.change(name, func(c *types.ServiceConfig) {
			if d, depends := c.DependsOn[from]; depends {
				delete(c.DependsOn, from)
				c.DependsOn[to] = d
			}
			for i, link := range c.Links {
				if target, alias, has := strings.Cut(link, ":"); target == from {
					c.Links[i] = to
					if has {
						c.Links[i] = to + ":" + alias
					}
				}
			}
		})
	}
}

// main chooses the container that the service is about: the only one, or the one with
// its name, or the first that people reach.
func (a *adopter) main() string {
	all := a.names()
	for _, name := range all {
		if label(name) == a.service.Service {
			return name
		}
	}
	best, rank := all[0], -1
	for _, name := range all {
		c := a.project.Services[name]
		r := 0
		switch {
		case productOf(c).data != "":
		case len(a.httpPorts(c)) > 0:
			r = 3
		case len(c.Expose) > 0:
			r = 2
		default:
			r = 1
		}
		if r > rank {
			best, rank = name, r
		}
	}
	return best
}

// containers takes from each container what is Cairn's, and reports what no service
// may do.
func (a *adopter) containers() {
	ends := map[string]bool{} // steps that others wait for
	for _, c := range a.project.Services {
		for name, d := range c.DependsOn {
			ends[name] = ends[name] || d.Condition == types.ServiceConditionCompletedSuccessfully
		}
	}
	for _, name := range a.names() {
		a.change(name, func(c *types.ServiceConfig) {
			a.image(c)
			a.isolation(c)
			a.exceptions(c)
			a.devices(c)
			a.restart(c, ends[name])
			a.deploy(c)
			if len(c.Configs) > 0 {
				a.stop("configs", a.at(name, "configs"), "Cairn hands no `configs` to containers; mount the file with `volumes`")
			}
			if c.Provider != nil {
				a.stop("provider", a.at(name, "provider"), "%s is no container", name)
			}
			c.ContainerName, c.Logging, c.Profiles, c.Extends, c.LabelFiles, c.Extensions = "", nil, nil, nil, nil, nil
		})
	}
	a.service.Website = websiteOf(a.project.Services[a.service.Main].Image)
}

// isolation reports what gives a container power over the host.
func (a *adopter) isolation(c *types.ServiceConfig) {
	if c.Privileged {
		a.stop("privileged", a.at(c.Name, "privileged"), "the container %s is privileged, which makes it root on the host", c.Name)
	}
	for _, part := range []struct{ key, value, words string }{
		{"network_mode", c.NetworkMode, "network"}, {"pid", c.Pid, "processes"}, {"ipc", c.Ipc, "shared memory"},
		{"userns_mode", c.UserNSMode, "user ids"}, {"uts", c.Uts, "host name"}, {"cgroup", c.Cgroup, "control groups"},
	} {
		short := strings.TrimSuffix(part.key, "_mode")
		switch {
		case part.value == "host":
			a.stop("host-"+short, a.at(c.Name, part.key), "the container %s shares the host's %s", c.Name, part.words)
		case strings.HasPrefix(part.value, "service:"), strings.HasPrefix(part.value, "container:"):
			a.stop("shared-"+short, a.at(c.Name, part.key), "the container %s shares the %s of another container", c.Name, part.words)
		}
	}
	if c.NetworkMode == "bridge" {
		c.NetworkMode = ""
	} else if c.NetworkMode != "" && c.NetworkMode != "host" && !strings.Contains(c.NetworkMode, ":") {
		a.stop("network-mode", a.at(c.Name, "network_mode"), "each service has a network of its own, and %s has another", c.Name)
	}
	if len(c.VolumesFrom) > 0 {
		a.stop("volumes-from", a.at(c.Name, "volumes_from"), "volumes_from mounts what another container says; name the volumes")
	}
	if c.UseAPISocket {
		a.stop("docker-socket", a.at(c.Name, "use_api_socket"), "Docker's socket makes the container %s root on the host", c.Name)
	}
}

// usual are the capabilities that images need which start as root and then become
// another user. They are fewer than Docker's own default.
var usual = []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"}

// exceptions says what a container needs beyond the catalog's defaults. Images that
// were not made for these need a root file system that they can write.
func (a *adopter) exceptions(c *types.ServiceConfig) {
	e := Exception{Writable: !c.ReadOnly, Reason: "its image was not made for Cairn's defaults; take out what it does not need"}
	dropped := capabilities(c.CapDrop)
	if !slices.Contains(dropped, "ALL") && (c.User == "" || c.User == "root" || strings.HasPrefix(c.User, "0")) {
		e.Capabilities = slices.DeleteFunc(slices.Clone(usual), func(name string) bool { return slices.Contains(dropped, name) })
	}
	for _, name := range capabilities(c.CapAdd) {
		at := a.find(c.Name, func(text string) bool { return strings.HasSuffix(strings.ToUpper(text), name) }, "cap_add")
		if name == "ALL" {
			a.stop("privileged", at, "the container %s has all capabilities, which makes it root on the host", c.Name)
			continue
		}
		a.warn("capability", at, "the container %s has the capability %s beyond those that containers have", c.Name, name)
		e.Capabilities = append(e.Capabilities, name)
	}
	slices.Sort(e.Capabilities)
	e.Capabilities = slices.Compact(e.Capabilities)
	for _, option := range c.SecurityOpt {
		if !strings.HasPrefix(option, "no-new-privileges") {
			a.warn("security-opt", a.find(c.Name, func(text string) bool { return text == option }, "security_opt"), "%s is left out: it takes protection from the container %s", option, c.Name)
		}
	}
	if e.Writable || len(e.Capabilities) > 0 {
		a.service.Exceptions[c.Name] = e
	}
	c.ReadOnly, c.CapAdd, c.CapDrop, c.SecurityOpt = false, nil, nil, nil
}

// capabilities returns names of capabilities as the catalog has them.
func capabilities(names []string) (all []string) {
	for _, name := range names {
		all = append(all, strings.TrimPrefix(strings.ToUpper(name), "CAP_"))
	}
	return all
}

// devices reports what a container reaches of the host.
func (a *adopter) devices(c *types.ServiceConfig) {
	for _, d := range c.Devices {
		a.warn("device", a.find(c.Name, containing(d.Source), "devices"), "the container %s reaches the device %s of its host", c.Name, d.Source)
	}
	if len(c.Sysctls) > 0 {
		a.warn("sysctls", a.at(c.Name, "sysctls"), "the container %s changes settings of the kernel", c.Name)
	}
	for host, addresses := range c.ExtraHosts {
		if slices.Contains(addresses, "host-gateway") {
			a.warn("host-gateway", a.find(c.Name, containing("host-gateway"), "extra_hosts"), "the container %s reaches its host as %s; the firewall lets nothing through", c.Name, host)
		}
	}
	if len(c.Gpus) > 0 {
		a.service.Needs.GPU = true
	}
	if len(c.Labels) > 0 {
		a.warn("labels", a.at(c.Name, "labels"), "the labels of %s are left out, so no other program acts on them", c.Name)
	}
}

// restart leaves "no" only to steps that end.
func (a *adopter) restart(c *types.ServiceConfig, ends bool) {
	if ends {
		c.Restart = types.RestartPolicyNo
		return
	}
	if c.Restart == types.RestartPolicyNo && a.at(c.Name, "restart") != a.at(c.Name) {
		a.warn("restart-no", a.at(c.Name, "restart"), "nothing would start the container %s again after a restart of its host; Cairn does", c.Name)
	}
	c.Restart = ""
}

// deploy takes the memory limit from what is meant for swarms.
func (a *adopter) deploy(c *types.ServiceConfig) {
	c.MemLimit = max(c.MemLimit, 0)
	d := c.Deploy
	if d == nil {
		return
	}
	if d.Resources.Limits != nil && c.MemLimit == 0 {
		c.MemLimit = max(d.Resources.Limits.MemoryBytes, 0)
	}
	if r := d.Resources.Reservations; r != nil && len(r.Devices) > 0 {
		a.service.Needs.GPU = true
		a.warn("device", a.at(c.Name, "deploy"), "the container %s reserves a device, which Cairn does not hand to it", c.Name)
	}
	if d.Replicas != nil && *d.Replicas > 1 {
		a.warn("replicas", a.at(c.Name, "deploy"), "Cairn runs the container %s once", c.Name)
	}
	c.Deploy, c.Scale = nil, nil
}

// needs adds up the memory limits. The main container gets what the others leave.
func (a *adopter) needs() {
	var sum types.UnitBytes
	for _, name := range a.names() {
		a.change(name, func(c *types.ServiceConfig) {
			limit := c.MemLimit
			if limit == 0 {
				limit = guessedMemory(*c)
				a.warn("memory-guessed", a.at(name), "the container %s has no `mem_limit`; it gets %s, which is a guess", name, document.Bytes(limit))
				if name != a.service.Main {
					c.MemLimit = limit
				}
			}
			sum += limit
		})
	}
	const mostMemory = 1 << 40
	if sum > mostMemory || sum < 0 {
		a.stop("memory", a.file.Find(func(string) bool { return false }, "services"), "the containers are limited to more memory than any host has")
		sum = mostMemory
	}
	a.service.Needs.Memory = fmt.Sprintf("%dMiB", (sum+1<<20-1)>>20)
	if b := document.Bytes((sum + 1<<20 - 1) >> 20 << 20); b%(1<<30) == 0 {
		a.service.Needs.Memory = b.String()
	}
	a.service.Needs.Disk = document.Bytes((1 + len(a.service.Data)) << 30).String()
}

// guessedMemory is a limit for a container without one.
func guessedMemory(c types.ServiceConfig) types.UnitBytes {
	switch p := productOf(c); {
	case p.cache:
		return 128 << 20
	case p.data != "":
		return 256 << 20
	default:
		return 512 << 20
	}
}

// uses finds other services of the lab that containers name.
func (a *adopter) uses() {
	for _, other := range a.options.Others {
		if _, own := a.project.Services[other]; own || other == a.service.Service {
			continue
		}
		if a.reached("", other) {
			a.service.Uses = append(a.service.Uses, other)
		}
	}
}
