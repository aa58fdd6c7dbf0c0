package resource

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// Service is a service of the lab as it runs on a host: the files of its release,
// and the containers that Docker Compose makes of them. A release counts once its
// containers work. Otherwise the one before it runs again.
type Service struct {
	Name  string        `cbor:"1,keyasint"`
	Files []ServiceFile `cbor:"2,keyasint,omitempty"`
	// Containers are what the Compose file says, in the words of [docker inspect].
	Containers []Container `cbor:"3,keyasint,omitempty"`
	// Networks are made before the containers. Others may join them.
	Networks []ContainerNetwork `cbor:"4,keyasint,omitempty"`
	// Stamp changes with everything that needs new containers. Each container has it
	// as the label [LabelRelease].
	Stamp  string        `cbor:"5,keyasint,omitempty"`
	Health []HealthCheck `cbor:"6,keyasint,omitempty"`
	// Reload has a container take over changed live files. nil: there are none.
	Reload *Reload `cbor:"7,keyasint,omitempty"`
	// Absent removes the containers, their networks and files. Volumes stay.
	Absent bool `cbor:"8,keyasint,omitempty"`
	// Lacks says why the release could not be put together. Then nothing is done.
	Lacks string `cbor:"9,keyasint,omitempty"`
	// Within is how many seconds a new release may take until it works. 0 means 180.
	Within int `cbor:"10,keyasint,omitempty"`
	// Certificates are those that a container gets by itself. nil: it gets none.
	Certificates *Certificates `cbor:"11,keyasint,omitempty"`
	// Replaces are services that want what this one wants, such as the ports of a
	// reverse proxy. They stop before it starts. Once it works they are removed as by
	// Absent, and if it does not, they run again.
	Replaces []string `cbor:"12,keyasint,omitempty"`
}

// ServiceFile is a file in the folder of a release.
type ServiceFile struct {
	Path      string  `cbor:"1,keyasint"` // relative, with slashes
	Content   Content `cbor:"2,keyasint,omitzero"`
	Sensitive bool    `cbor:"3,keyasint,omitempty"` // only Owner may read it
	Owner     int     `cbor:"4,keyasint,omitempty"` // a user id in the container; 0 is root
	// Live files are read again while the container runs.
	Live bool `cbor:"5,keyasint,omitempty"`
}

// Container is a container of a service. Lists are sorted.
type Container struct {
	Name         string   `cbor:"1,keyasint"` // in the Compose file
	Image        string   `cbor:"2,keyasint"`
	Environment  []string `cbor:"3,keyasint,omitempty"` // NAME=value, without secrets
	Mounts       []string `cbor:"4,keyasint,omitempty"` // source:target, with :ro behind it
	Networks     []string `cbor:"5,keyasint,omitempty"`
	Ports        []string `cbor:"6,keyasint,omitempty"` // of the host, as 80->8080/tcp
	Memory       int64    `cbor:"7,keyasint,omitempty"` // bytes
	Writable     bool     `cbor:"8,keyasint,omitempty"` // its root file system
	Capabilities []string `cbor:"9,keyasint,omitempty"` // added, without CAP_
	// Once means that it is a step, which ends and is not started again.
	Once bool `cbor:"10,keyasint,omitempty"`
	// Known are names that it has on networks beside its own, as network/name. They
	// are whole names, with a dot.
	Known []string `cbor:"11,keyasint,omitempty"`
	// Digest is that of the image's manifest, as sha256:HEX. Empty means whatever the
	// tag names when it is first fetched.
	Digest string `cbor:"12,keyasint,omitempty"`
}

// ContainerNetwork is a network of Docker's.
type ContainerNetwork struct {
	Name     string   `cbor:"1,keyasint"`
	Internal bool     `cbor:"2,keyasint,omitempty"` // without a way out
	Labels   []string `cbor:"3,keyasint,omitempty"` // NAME=value
}

// HealthCheck is a path at which a container answers when it works.
type HealthCheck struct {
	Container string `cbor:"1,keyasint"`
	Port      uint16 `cbor:"2,keyasint"`
	Path      string `cbor:"3,keyasint"`
}

// Reload is how a container takes over changed live files: by a signal, or by itself.
type Reload struct {
	Container string `cbor:"1,keyasint"`
	Signal    string `cbor:"2,keyasint,omitempty"`
	// Takes is how many seconds pass until it has them.
	Takes int `cbor:"3,keyasint,omitempty"`
}

// Labels of all that Cairn makes on a container platform. Nothing without them is
// touched.
const (
	LabelLab     = "io.cairn.lab"
	LabelService = "io.cairn.service"
	LabelRelease = "io.cairn.release"
)

// servicesDir has the folders of all releases.
const servicesDir = "/opt/cairn/"

// ServiceDir is the folder of a service's release.
func ServiceDir(name string) string { return servicesDir + name }

// ServiceProject is the Compose project of a service. The names of its network,
// containers and volumes begin with it.
func ServiceProject(name string) string { return "cairn-" + name }

// ServiceContainer is the name that Compose gives to a container of a service.
func ServiceContainer(service, container string) string {
	return ServiceProject(service) + "-" + container + "-1"
}

// Kind implements [Resource].
func (Service) Kind() Kind { return "service" }

// Key implements [Resource].
func (s Service) Key() string { return s.Name }

var (
	containerName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)
	imageName     = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$`)
	imageDigest   = regexp.MustCompile(`^(sha256:[0-9a-f]{64})?$`)
)

// Validate implements [Resource].
func (s Service) Validate() error {
	switch {
	case strings.ContainsAny(strings.Join(s.words(), ""), "\n\r\x00"):
		return errors.New("a part of a service has several lines")
	case !label.MatchString(s.Name):
		return fmt.Errorf("%q cannot be the name of a service", s.Name)
	case s.Lacks != "":
		return nil
	case slices.ContainsFunc(s.Replaces, func(name string) bool { return !label.MatchString(name) || name == s.Name }):
		return fmt.Errorf("the service %s cannot replace %s", s.Name, strings.Join(s.Replaces, " "))
	case s.Within < 0:
		return errors.New("a release cannot work before it is made")
	case s.Absent && len(s.Files)+len(s.Containers) > 0:
		return errors.New("a service that should be absent has no files and no containers")
	case !s.Absent && (len(s.Containers) == 0 || s.Stamp == ""):
		return fmt.Errorf("the service %s has no container, or no stamp", s.Name)
	case !s.Absent && !slices.ContainsFunc(s.Files, func(f ServiceFile) bool { return f.Path == composeFile }):
		return fmt.Errorf("the service %s has no %s", s.Name, composeFile)
	}
	for _, f := range s.Files {
		if f.Path == "" || path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || strings.HasPrefix(f.Path, "..") || f.Owner < 0 {
			return fmt.Errorf("%q cannot be a file of a service", f.Path)
		}
		if err := f.Content.validate(false); err != nil {
			return err
		}
	}
	for _, c := range s.Containers {
		if !containerName.MatchString(c.Name) || !imageName.MatchString(c.Image) || !imageDigest.MatchString(c.Digest) {
			return fmt.Errorf("%q with the image %q cannot be a container", c.Name, c.Image)
		}
	}
	for _, n := range s.Networks {
		if !containerName.MatchString(n.Name) {
			return fmt.Errorf("%q cannot be the name of a network", n.Name)
		}
	}
	if s.Reload != nil && (s.Reload.Takes < 0 || s.Reload.Takes > 60) {
		return fmt.Errorf("a container cannot take %d seconds to read its files again", s.Reload.Takes)
	}
	if err := s.Certificates.validate(); err != nil {
		return err
	}
	return validHealth(s.Health)
}

func validHealth(all []HealthCheck) error {
	for _, h := range all {
		if !containerName.MatchString(h.Container) {
			return fmt.Errorf("%q cannot be a container", h.Container)
		}
		if strings.ContainsAny(h.Path, " \r\n") || !strings.HasPrefix(h.Path, "/") {
			return fmt.Errorf("%q cannot be a path", h.Path)
		}
	}
	return nil
}

// words are all texts of the description, each of one line.
func (s Service) words() []string {
	words := []string{s.Stamp, s.Lacks}
	for _, f := range s.Files {
		words = append(words, f.Path)
	}
	for _, c := range s.Containers {
		words = slices.Concat(words, c.Environment, c.Mounts, c.Networks, c.Ports, c.Capabilities, c.Known)
	}
	for _, n := range s.Networks {
		words = append(words, n.Labels...)
	}
	for _, h := range s.Health {
		words = append(words, h.Container, h.Path)
	}
	if s.Reload != nil {
		words = append(words, s.Reload.Container, s.Reload.Signal)
	}
	if s.Certificates != nil {
		words = append(append(words, s.Certificates.Container), s.Certificates.Names...)
	}
	return words
}

func (s Service) contents(change func(Content, use) Content) Resource {
	s.Files = slices.Clone(s.Files)
	for i := range s.Files {
		s.Files[i].Content = change(s.Files[i].Content, 0)
	}
	return s
}

const composeFile = "compose.yaml"

// file is a file of the release as a resource.
func (s Service) file(f ServiceFile) File {
	mode := uint32(0o644)
	if f.Sensitive {
		mode = 0o400
	}
	owner := strconv.Itoa(f.Owner)
	return File{Path: path.Join(ServiceDir(s.Name), f.Path), Content: f.Content, Mode: mode, Owner: owner, Group: owner, Sensitive: f.Sensitive}
}

// Check implements [Resource].
func (s Service) Check(ctx context.Context, sys *system.System) (Diff, error) {
	if s.Lacks != "" {
		return Diff{}, problem.New(problem.ResourceBad, s.Name, s.Lacks)
	}
	kept, err := s.record(sys)
	if err != nil {
		return Diff{}, err
	}
	var parts []Diff
	for _, f := range s.Files {
		d, err := s.file(f).check(sys)
		if err != nil {
			return Diff{}, err
		}
		parts = append(parts, d.named(f.Path))
	}
	for _, name := range s.surplus(kept) {
		d, err := File{Path: path.Join(ServiceDir(s.Name), name), Absent: true}.check(sys)
		if err != nil {
			return Diff{}, err
		}
		parts = append(parts, d.named(name))
	}
	have, err := s.look(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	parts = append(parts, compare(s.properties(have)...), compare(s.certificateProperties(ctx, have)...), compare(s.remembered(kept)))
	for _, old := range s.replaced() {
		d, err := old.Check(ctx, sys)
		if err != nil {
			return Diff{}, err
		}
		parts = append(parts, d.named(old.Name))
	}
	return merge(parts...), nil
}

// surplus are the files of the release before that this one does not have.
func (s Service) surplus(kept serviceRecord) (names []string) {
	for _, k := range kept.Files {
		if !slices.ContainsFunc(s.Files, func(f ServiceFile) bool { return f.Path == k.Path }) {
			names = append(names, k.Path)
		}
	}
	return names
}

// properties compares what Docker has with what it should have.
func (s Service) properties(have dockerState) []property {
	var all []property
	for _, n := range s.Networks {
		want := n.words()
		if s.Absent {
			want = absent
		}
		all = append(all, property{"network " + n.Name, have.network(n.Name), want})
	}
	if s.Absent {
		for _, name := range have.containers() {
			all = append(all, property{"container " + name, "there", absent})
		}
		return all
	}
	for _, c := range s.Containers {
		there, found := have.container(ServiceContainer(s.Name, c.Name))
		if !found {
			all = append(all, property{"container " + c.Name, absent, c.Image})
			continue
		}
		for _, p := range c.properties(there, s.Stamp) {
			p.name = c.Name + ": " + p.name
			all = append(all, p)
		}
	}
	return all
}

func (n ContainerNetwork) words() string {
	if n.Internal {
		return "there, without a way out"
	}
	return "there"
}

func (c Container) state() string {
	if c.Once {
		return endedWell
	}
	return "running"
}

// properties compares one container. Its stamp stands for what cannot be seen, such
// as its command.
func (c Container) properties(have dockerContainer, stamp string) []property {
	list := func(words []string) string { return strings.Join(words, " ") }
	return []property{
		{"image", have.Config.Image, c.Image},
		{"digest of the image", c.digestOf(have), c.Digest},
		{"state", have.state(), c.state()},
		{"release", have.Config.Labels[LabelRelease], stamp},
		{"environment", list(have.environment(c.Environment)), list(c.Environment)},
		{"mounts", list(have.mounts()), list(c.Mounts)},
		{"networks", list(have.networks()), list(c.Networks)},
		{"names", list(have.known()), list(c.Known)},
		{"ports", list(have.ports()), list(c.Ports)},
		{"memory", strconv.FormatInt(have.HostConfig.Memory, 10), strconv.FormatInt(c.Memory, 10)},
		{"root file system", writable(!have.HostConfig.ReadonlyRootfs), writable(c.Writable)},
		{"capabilities", list(have.capabilities()), list(c.Capabilities)},
		{"privileged", yesNo(have.HostConfig.Privileged), "no"},
	}
}

func writable(yes bool) string {
	if yes {
		return "writable"
	}
	return "read-only"
}

// Verify implements [Resource]. Docker itself is asked, and the containers too.
func (s Service) Verify(ctx context.Context, sys *system.System) error {
	diff, err := s.Check(ctx, sys)
	if err := errors.Join(err, different(s, diff)); err != nil || s.Absent {
		return err
	}
	have, err := s.look(ctx, sys)
	if err != nil {
		return err
	}
	return s.unanswered(ctx, have)
}
