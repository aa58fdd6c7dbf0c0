package wiring

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/catalog"
	"cairn/internal/proxy"
	"cairn/internal/resource"
)

// Logs of a container are bounded. Otherwise Docker keeps them for ever
// (https://docs.docker.com/engine/logging/drivers/json-file/).
const (
	logDriver = "json-file"
	logSize   = "10m"
	logFiles  = "3"
)

// Compose returns the Compose file of a release. `docker compose` runs it without
// Cairn. The bytes are always the same.
func (r Release) Compose() ([]byte, error) {
	b, err := r.build(nil)
	return b.compose, err
}

// build is a release once it is put together.
type build struct {
	project *types.Project
	compose []byte // the Compose file
	files   []File // all of them, sorted by path
	stamp   string
}

// build puts a release together. It parses the Compose file and renders the routes
// once, which takes the most time of all.
func (r Release) build(secrets map[string]Secret) (b build, err error) {
	if b.project, err = r.project(); err != nil {
		return build{}, err
	}
	live, fixed, err := r.proxyFiles(secrets[rootKey].Version)
	if err != nil {
		return build{}, err
	}
	versions, err := r.beside(func(name string) string { return name + " " + secrets[name].Version })
	if err != nil {
		return build{}, err
	}
	if b.stamp, err = r.stamp(b.project, slices.Concat(versions, fixed)); err != nil {
		return build{}, err
	}
	r.finish(b.project, b.stamp)
	if b.compose, err = r.composeOf(b.project); err != nil {
		return build{}, err
	}
	values, err := r.beside(func(name string) string { return secrets[name].Value.Reveal() })
	if err != nil {
		return build{}, err
	}
	b.files = byPath(append(slices.Concat(values, fixed, live), File{Path: "compose.yaml", Content: b.compose}))
	return b, nil
}

// byPath sorts files.
func byPath(files []File) []File {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func (r Release) composeOf(project *types.Project) ([]byte, error) {
	body, err := project.MarshalYAML()
	if err != nil {
		return nil, fmt.Errorf("render the Compose file of %s: %w", r.Service.Name, err)
	}
	// All variables have their values, so a dollar sign that is left is one. Without a
	// second one, docker compose on the host would take it for a variable.
	return append([]byte(header), bytes.ReplaceAll(body, []byte("$"), []byte("$$"))...), nil
}

const header = `# Made by Cairn from the catalog and lab.yaml; the next cairn up writes it anew.
# It needs nothing of Cairn: docker compose up -d, in this folder, runs it. If its
# networks are gone, docker network create makes them.
`

// project is what Compose is told of the release, but for its stamp and what it
// joins.
func (r Release) project() (*types.Project, error) {
	project, err := r.Service.Project(r.Values)
	if err != nil {
		return nil, err
	}
	project.Name = r.Project()
	limits := r.limits(project)
	for name, c := range project.Services {
		r.defaults(&c)
		r.isolate(&c)
		c.MemLimit = limits[name]
		r.publish(&c)
		r.tellNames(&c)
		r.handSecrets(&c)
		project.Services[name] = c
	}
	project.Networks = types.Networks{"default": {Name: r.Project(), External: true}}
	for name, v := range project.Volumes {
		v.Name, v.Labels = r.Project()+"_"+name, r.labels()
		project.Volumes[name] = v
	}
	r.declareSecrets(project)
	return project, nil
}

// finish has the containers bear the stamp, and the main one join networks.
func (r Release) finish(project *types.Project, stamp string) {
	for _, c := range project.Services {
		c.Labels[resource.LabelRelease] = stamp
	}
	on := project.Services[r.Service.Main].Networks
	for _, n := range r.Joins {
		project.Networks[n.Name] = types.NetworkConfig{Name: n.Name, External: true}
		on[n.Name] = r.known(n.Name)
	}
	if known := r.known(r.Project()); known != nil {
		on["default"] = known
	}
}

// known are the names that the main container has on a network, or nil.
func (r Release) known(network string) *types.ServiceNetworkConfig {
	var names []string
	for _, k := range r.Known {
		if k.Network == network {
			names = append(names, k.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return &types.ServiceNetworkConfig{Aliases: names}
}

// tellNames tells the main container the addresses of names on other hosts.
func (r Release) tellNames(c *types.ServiceConfig) {
	if c.Name != r.Service.Main || len(r.Elsewhere) == 0 {
		return
	}
	c.ExtraHosts = types.HostsList{}
	for _, e := range r.Elsewhere {
		c.ExtraHosts[e.Name] = []string{e.Address.String()}
	}
}

// Project is the name of the release's Compose project and of its network, and the
// beginning of the names of its containers and volumes.
func (r Release) Project() string { return resource.ServiceProject(r.Service.Name) }

// Dir is the folder of the release on its host.
func (r Release) Dir() string { return resource.ServiceDir(r.Service.Name) }

func (r Release) labels() types.Labels {
	return types.Labels{resource.LabelLab: r.Lab, resource.LabelService: r.Service.Name}
}

// defaults sets what is the same for every container.
func (r Release) defaults(c *types.ServiceConfig) {
	if c.Restart == "" {
		c.Restart = types.RestartPolicyUnlessStopped
	}
	c.Labels = r.labels()
	c.Logging = &types.LoggingConfig{Driver: logDriver, Options: types.Options{"max-size": logSize, "max-file": logFiles}}
	c.Networks = map[string]*types.ServiceNetworkConfig{"default": nil}
}

// isolate denies a container what it does not need (CIS Docker Benchmark 1.7,
// 5.4 capabilities, 5.13 read-only root, 5.26 no new privileges).
func (r Release) isolate(c *types.ServiceConfig) {
	e := r.exception(c.Name)
	c.ReadOnly = !e.Writable
	c.CapDrop = []string{"ALL"}
	c.CapAdd = slices.Sorted(slices.Values(e.Capabilities))
	if !e.Privileges {
		c.SecurityOpt = []string{"no-new-privileges:true"}
	}
}

// exception returns what a container needs beyond the defaults.
func (r Release) exception(container string) catalog.Exception {
	i := slices.IndexFunc(r.Service.Exceptions, func(e catalog.Exception) bool { return e.Container == container })
	if i < 0 {
		return catalog.Exception{}
	}
	return r.Service.Exceptions[i]
}

// limits returns the memory limit of each container. A container without its own limit
// gets what the others leave.
func (r Release) limits(project *types.Project) map[string]types.UnitBytes {
	left := types.UnitBytes(r.Service.Needs.Memory)
	limits := map[string]types.UnitBytes{}
	for name, c := range project.Services {
		limits[name] = c.MemLimit
		left -= c.MemLimit
	}
	for name, limit := range limits {
		if limit == 0 {
			limits[name] = left
		}
	}
	return limits
}

// publish publishes the ports that are not HTTP.
func (r Release) publish(c *types.ServiceConfig) {
	for _, p := range r.ports() {
		if p.Container == c.Name {
			c.Ports = append(c.Ports, types.ServicePortConfig{
				Mode: "ingress", Target: uint32(p.Target), Published: strconv.Itoa(int(p.Number)), Protocol: p.Protocol,
			})
		}
	}
}

// handSecrets gives a container the secrets that it reads as variables. They are in a
// file that only root can read.
func (r Release) handSecrets(c *types.ServiceConfig) {
	if len(r.variables(c.Name)) > 0 {
		c.EnvFiles = append(c.EnvFiles, types.EnvFile{Path: "./" + variablesFile(c.Name), Required: true})
	}
}

// variables returns the secrets that a container reads as variables.
func (r Release) variables(container string) (all []catalog.Secret) {
	for _, s := range r.Service.Secrets {
		if s.Variable != "" && s.Container == container {
			all = append(all, s)
		}
	}
	return all
}

// variablesFile is the path of the file with a container's secret variables.
func variablesFile(container string) string { return "secrets/" + container + ".env" }

// declareSecrets sets the paths of the secrets' files. They are relative to the
// release's folder, as in the catalog to the service's folder.
func (r Release) declareSecrets(project *types.Project) {
	for name, s := range project.Secrets {
		s.Name, s.File = "", "./secrets/"+name
		project.Secrets[name] = s
	}
}

// File is a file of a release, beside its Compose file.
type File struct {
	Path    string // relative to the release's folder, with slashes
	Content []byte
	Secret  bool // it holds a secret: only Owner may read it
	Owner   int  // a user id; 0 is root
	Live    bool // it is read again while its container runs
}

// Files returns the files of a release, sorted by path. secrets has a value for each
// secret of its service.
func (r Release) Files(secrets map[string]Secret) ([]File, error) {
	b, err := r.whole(secrets)
	return b.files, err
}

// whole is [Release.build] for a release that has all its secrets.
func (r Release) whole(secrets map[string]Secret) (build, error) {
	for _, w := range r.Wants() {
		if _, known := secrets[w.Key()]; !known {
			return build{}, fmt.Errorf("render %s: there is no secret %s", r.Service.Name, w.Key())
		}
	}
	return r.build(secrets)
}

// beside returns the templates and the files of secrets, with what value returns for
// each secret.
func (r Release) beside(value func(secret string) string) (files []File, err error) {
	v := r.Values
	v.Secrets = map[string]string{}
	variables := map[string]*strings.Builder{}
	for _, s := range r.Service.Secrets {
		v.Secrets[s.Name] = value(s.Name)
		if s.Form == catalog.AuthorityForm {
			continue // templates have its parts
		}
		if s.Variable == "" {
			files = append(files, File{Path: "secrets/" + s.Name, Content: []byte(value(s.Name)), Secret: true, Owner: s.Owner})
			continue
		}
		if variables[s.Container] == nil {
			variables[s.Container] = &strings.Builder{}
		}
		fmt.Fprintf(variables[s.Container], "%s=%s\n", s.Variable, quoted(value(s.Name)))
	}
	if r.Authority != nil {
		files = append(files, File{Path: path.Join(proxy.Folder, rootFile), Content: []byte(value(rootKey))})
	}
	for container, text := range variables {
		files = append(files, File{Path: variablesFile(container), Content: []byte(text.String()), Secret: true})
	}
	for _, t := range r.Service.Templates {
		content, err := t.Render(v)
		if err != nil {
			return nil, fmt.Errorf("render %s of %s: %w", t.Path, r.Service.Name, err)
		}
		files = append(files, File{Path: t.Path, Content: content, Secret: len(t.Secrets) > 0, Owner: r.ownerOf(t)})
	}
	return files, nil
}

// stamp names everything of a release that needs new containers when it changes.
// Versions stand for secrets, since everybody who may use Docker reads labels. The
// networks that it joins are left out: a running container can join another.
func (r Release) stamp(project *types.Project, files []File) (string, error) {
	compose, err := r.composeOf(project)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	fmt.Fprintf(digest, "%q\n", compose)
	for _, f := range byPath(files) {
		fmt.Fprintf(digest, "%q %q %d\n", f.Path, f.Content, f.Owner)
	}
	return hex.EncodeToString(digest.Sum(nil)[:6]), nil
}

// ownerOf returns the owner of a template with secrets: that of its first secret.
func (r Release) ownerOf(t catalog.Template) int {
	for _, s := range r.Service.Secrets {
		if slices.Contains(t.Secrets, s.Name) {
			return s.Owner
		}
	}
	return 0
}

// inQuotes escapes a value for double quotes.
var inQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`, "\r", `\r`)

// quoted returns a value as it stands in an environment file of Compose. Single quotes
// would not do: a backslash could not be the last character in them
// (https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/).
func quoted(value string) string { return `"` + inQuotes.Replace(value) + `"` }
