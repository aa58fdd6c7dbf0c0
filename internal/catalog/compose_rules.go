package catalog

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// checkCompose checks the containers of the Compose file. What facets say belongs only
// into service.yaml. Cairn adds it when it renders the file.
func (r *rules) checkCompose() {
	for _, name := range r.compose.Project.ServiceNames() {
		c := r.compose.Project.Services[name]
		r.image(c)
		r.keys(c)
		r.isolation(c)
		r.mounts(c)
		r.environment(c)
		r.containerSecrets(c)
	}
	r.volumes()
	r.topSecrets()
	r.memory()
}

// inCompose reports a fault in the Compose file.
func (r *rules) inCompose(flaw document.Flaw, path ...string) {
	r.composeFaults = append(r.composeFaults, r.compose.Fault(path, flaw))
}

// inContainer reports a fault at a key of a container.
func (r *rules) inContainer(c types.ServiceConfig, flaw document.Flaw, key ...string) {
	r.inCompose(flaw, append([]string{"services", c.Name}, key...)...)
}

// imageForm is an image with its registry and its tag. Without a registry it would be
// from Docker Hub, and without a tag it would be today's newest.
var imageForm = regexp.MustCompile(`^[a-z0-9.-]+(\.[a-z]+|:[0-9]+)/[a-z0-9._/-]+:[A-Za-z0-9_][A-Za-z0-9._-]*$`)

func (r *rules) image(c types.ServiceConfig) {
	switch {
	case c.Build != nil:
		r.inContainer(c, document.Flaw{Message: "images are pulled, not built"}, "build")
	case strings.Contains(c.Image, "@"):
		r.inContainer(c, document.Flaw{Message: "the digest is written to cairn.lock at the first pull", Expected: "the image with its tag alone"}, "image")
	case strings.HasSuffix(c.Image, ":latest"):
		r.inContainer(c, document.Flaw{Message: "the tag latest says nothing about what runs", Expected: "the tag of a version"}, "image")
	case !imageForm.MatchString(c.Image):
		r.inContainer(c, document.Flaw{
			Message: document.Quoted(c.Image) + " is no image with registry and tag", Expected: "an image such as docker.io/grafana/grafana:13.2.0",
		}, "image")
	}
}

// refusedKeys are keys for which Cairn has facets or defaults, each with what to do
// instead.
var refusedKeys = []struct {
	key  string
	set  func(types.ServiceConfig) bool
	why  string
	want string
}{
	{"ports", func(c types.ServiceConfig) bool { return len(c.Ports) > 0 }, "published ports would bypass the reverse proxy", "`routes` or `ports` in service.yaml"},
	{"container_name", func(c types.ServiceConfig) bool { return c.ContainerName != "" }, "a fixed name keeps a new release from starting beside the old one", "no name"},
	{"labels", func(c types.ServiceConfig) bool { return len(c.Labels) > 0 }, "labels are Cairn's", "facets in service.yaml"},
	{"logging", func(c types.ServiceConfig) bool { return c.Logging != nil }, "logs are bounded the same way for all services", "`logs` in service.yaml"},
	{"restart", func(c types.ServiceConfig) bool { return c.Restart != "" && c.Restart != types.RestartPolicyNo }, "services are restarted unless somebody stopped them", "no `restart`, or `no` for a step that ends"},
	{"deploy", func(c types.ServiceConfig) bool { return c.Deploy != nil }, "deploy is for swarms", "`mem_limit`, and `needs` in service.yaml"},
	{"profiles", func(c types.ServiceConfig) bool { return len(c.Profiles) > 0 }, "all containers of a service run", "no profiles"},
	{"networks", func(c types.ServiceConfig) bool {
		return len(c.Networks) > 1 || len(c.Networks) == 1 && !defaultNetwork(c)
	}, "each service has a network of its own, which Cairn makes", "no networks"},
	{"read_only", func(c types.ServiceConfig) bool { return c.ReadOnly }, "it is the default", "`exceptions` in service.yaml where it does not hold"},
	{"cap_add", func(c types.ServiceConfig) bool { return len(c.CapAdd) > 0 }, "what a container needs beyond the defaults has a reason", "`exceptions` in service.yaml"},
	{"cap_drop", func(c types.ServiceConfig) bool { return len(c.CapDrop) > 0 }, "all capabilities are dropped by default", "`exceptions` in service.yaml"},
	{"security_opt", func(c types.ServiceConfig) bool { return len(c.SecurityOpt) > 0 }, "what a container needs beyond the defaults has a reason", "`exceptions` in service.yaml"},
}

// defaultNetwork reports whether a container is only on the default network. The
// Compose library writes that network into each container.
func defaultNetwork(c types.ServiceConfig) bool {
	_, only := c.Networks["default"]
	return only
}

func (r *rules) keys(c types.ServiceConfig) {
	for _, k := range refusedKeys {
		if k.set(c) {
			r.inContainer(c, document.Flaw{Message: k.key + " is not used in a catalog: " + k.why, Expected: k.want}, k.key)
		}
	}
}

// isolation refuses what gives a container power over the host.
func (r *rules) isolation(c types.ServiceConfig) {
	refuse := func(key, message string) {
		r.inContainer(c, document.Flaw{Message: message, Expected: "a container that is apart from the host"}, key)
	}
	if c.Privileged {
		refuse("privileged", "a privileged container is root on the host")
	}
	for key, value := range map[string]string{"network_mode": c.NetworkMode, "pid": c.Pid, "ipc": c.Ipc, "userns_mode": c.UserNSMode, "uts": c.Uts, "cgroup": c.Cgroup} {
		if value == "host" {
			refuse(key, key+": host shares that part of the host")
		}
	}
	if len(c.VolumesFrom) > 0 {
		refuse("volumes_from", "volumes_from mounts what another container says")
	}
	if c.UseAPISocket {
		refuse("use_api_socket", "Docker's socket is root on the host")
	}
}

// mounts checks what is mounted. Declared volumes, templates of the folder and memory
// are allowed.
func (r *rules) mounts(c types.ServiceConfig) {
	for i, m := range c.Volumes {
		at := []string{"volumes", strconv.Itoa(i)}
		switch {
		case m.Type == types.VolumeTypeTmpfs:
		case m.Type == types.VolumeTypeVolume && m.Source == "":
			r.inContainer(c, document.Flaw{Message: "a volume without a name is lost with its container", Expected: "the name of a volume"}, at...)
		case m.Type == types.VolumeTypeVolume:
		case m.Type == types.VolumeTypeBind && strings.HasSuffix(m.Source, "docker.sock"):
			r.inContainer(c, document.Flaw{Message: "Docker's socket is root on the host", Expected: "`socket` in the `exceptions` of service.yaml"}, at...)
		case m.Type == types.VolumeTypeBind && path.IsAbs(m.Source) || strings.HasPrefix(m.Source, ".."):
			r.inContainer(c, document.Flaw{Message: document.Quoted(m.Source) + " is a folder of the host", Expected: "a volume, or a file beside compose.yaml"}, at...)
		case m.Type == types.VolumeTypeBind && !m.ReadOnly:
			r.inContainer(c, document.Flaw{Message: "Cairn renders " + document.Quoted(m.Source) + " again at each change, so what a container writes there would be lost", Expected: "`:ro` behind it"}, at...)
		}
	}
}

// secretName matches usual names of variables with secrets.
var secretName = regexp.MustCompile(`(?i)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ENCRYPTION_KEY)$`)

// LooksSecret reports whether a variable seems to hold a secret in the open. The path of
// a secret's file is none, and neither is a switch.
func LooksSecret(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "1", "false", "no", "true", "yes":
		return false
	}
	return secretName.MatchString(name) && !strings.HasPrefix(value, "/run/secrets/")
}

// environment refuses secrets among the variables: anybody who may inspect the
// container can read them.
func (r *rules) environment(c types.ServiceConfig) {
	for _, name := range sorted(c.Environment) {
		if value := c.Environment[name]; value != nil && LooksSecret(name, *value) {
			r.inContainer(c, document.Flaw{
				Message:  name + " looks like a secret in the open",
				Expected: "a file, such as " + name + "_FILE: /run/secrets/NAME, or `variable` of a secret in service.yaml",
			}, "environment", name)
		}
	}
}

// containerSecrets checks that what a container mounts is declared.
func (r *rules) containerSecrets(c types.ServiceConfig) {
	for i, s := range c.Secrets {
		if !slices.ContainsFunc(r.service.Secrets, func(have Secret) bool { return have.Name == s.Source }) {
			r.inContainer(c, document.Flaw{Message: "service.yaml declares no secret " + document.Quoted(s.Source)}, "secrets", strconv.Itoa(i))
		}
	}
}

// volumes checks that the Compose file and service.yaml name the same volumes.
func (r *rules) volumes() {
	volumes := r.compose.Project.Volumes
	for _, name := range sorted(volumes) {
		if volumes[name].External {
			r.inCompose(document.Flaw{Message: "an external volume is somebody else's"}, "volumes", name)
		}
		if !slices.ContainsFunc(r.service.Data, func(d Data) bool { return d.Volume == name }) {
			r.inCompose(document.Flaw{
				Message: fmt.Sprintf("service.yaml does not say what is in the volume %s, so it would not be backed up", document.Quoted(name)), Expected: "the volume under `data` in service.yaml",
			}, "volumes", name)
		}
	}
	for _, d := range r.service.Data {
		if _, known := volumes[d.Volume]; !known {
			r.fault(document.Flaw{Message: "compose.yaml has no volume " + document.Quoted(d.Volume), Expected: "one of " + strings.Join(sorted(volumes), ", ")}, "data", d.Volume)
		}
	}
}

// topSecrets checks that the Compose file's secrets are the files that Cairn writes.
func (r *rules) topSecrets() {
	secrets := r.compose.Project.Secrets
	for _, name := range sorted(secrets) {
		want := "./secrets/" + name
		if file := secrets[name].File; path.Clean(file) != path.Clean(want) {
			r.inCompose(document.Flaw{Message: "the secret " + document.Quoted(name) + " is not the file that Cairn writes", Expected: "`file: " + want + "`"}, "secrets", name)
		}
	}
}

// memory checks that the containers' limits fit into what the service needs. At most
// one container may have no limit: it gets what is left.
func (r *rules) memory() {
	var sum int64
	var without []string
	for _, name := range r.compose.Project.ServiceNames() {
		c := r.compose.Project.Services[name]
		if c.MemLimit == 0 {
			without = append(without, name)
		}
		sum += int64(c.MemLimit)
	}
	needs := int64(r.service.Needs.Memory)
	switch {
	case needs == 0:
	case len(without) > 1:
		r.inCompose(document.Flaw{
			Message: fmt.Sprintf("%s have no mem_limit; only one container can get what the others leave", strings.Join(without, " and ")), Expected: "mem_limit",
		}, "services", without[1])
	case sum > needs || len(without) == 1 && sum == needs:
		r.fault(document.Flaw{Message: fmt.Sprintf("the containers are limited to %d MiB, and the service needs %d", sum>>20, needs>>20), Expected: "at least the sum of all mem_limit"}, "needs", "memory")
	}
}
