package wiring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/catalog"
)

// Labels of all that Cairn makes on a container platform. Nothing without them is
// touched.
const (
	LabelLab     = "io.cairn.lab"
	LabelService = "io.cairn.service"
)

// Logs of a container are bounded, since Docker keeps them for ever otherwise
// (https://docs.docker.com/engine/logging/drivers/json-file/).
const (
	logDriver = "json-file"
	logSize   = "10m"
	logFiles  = "3"
)

// Compose returns the Compose file of a release. It stands alone: `docker compose`
// runs it without Cairn. The bytes are always the same.
func (r Release) Compose() ([]byte, error) {
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
		r.handSecrets(&c)
		project.Services[name] = c
	}
	project.Networks = types.Networks{"default": {Name: r.Project(), Internal: !r.Service.Egress, Labels: r.labels()}}
	for name, v := range project.Volumes {
		v.Name, v.Labels = r.Project()+"_"+name, r.labels()
		project.Volumes[name] = v
	}
	r.declareSecrets(project)
	body, err := project.MarshalYAML()
	if err != nil {
		return nil, fmt.Errorf("render the Compose file of %s: %w", r.Service.Name, err)
	}
	return append([]byte(header), body...), nil
}

const header = `# Made by Cairn from the catalog and lab.yaml; the next cairn up writes it anew.
# It needs nothing of Cairn: docker compose up -d, in this folder, runs it.
`

// Project is the name of the release's Compose project, of its network, and the
// beginning of the names of its containers and volumes.
func (r Release) Project() string { return "cairn-" + r.Service.Name }

// Dir is the folder of the release on its host.
func (r Release) Dir() string { return "/opt/cairn/" + r.Service.Name }

func (r Release) labels() types.Labels {
	return types.Labels{LabelLab: r.Lab, LabelService: r.Service.Name}
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

// isolate takes from a container what it does not need (CIS Docker Benchmark 1.7,
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

// limits returns the memory limit of each container. One without a limit of its own
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
	for _, p := range r.Service.Ports {
		if p.Container == c.Name {
			c.Ports = append(c.Ports, types.ServicePortConfig{
				Mode: "ingress", Target: uint32(p.Target), Published: strconv.Itoa(int(p.Number)), Protocol: p.Protocol,
			})
		}
	}
}

// handSecrets gives a container the secrets that it reads as variables, in a file
// that only root reads.
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

// variablesFile is where a container's secret variables are.
func variablesFile(container string) string { return "secrets/" + container + ".env" }

// declareSecrets names the files of the secrets. The Compose file of the catalog has
// them relative to its own folder, as the release has.
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
}

// Files returns the files of a release, sorted by path. secrets maps the name of each
// secret to its value.
func (r Release) Files(secrets map[string]string) ([]File, error) {
	compose, err := r.Compose()
	if err != nil {
		return nil, err
	}
	files := []File{{Path: "compose.yaml", Content: compose}}
	v := r.Values
	v.Secrets = secrets
	for _, t := range r.Service.Templates {
		content, err := t.Render(v)
		if err != nil {
			return nil, fmt.Errorf("render %s of %s: %w", t.Path, r.Service.Name, err)
		}
		files = append(files, File{Path: t.Path, Content: content, Secret: len(t.Secrets) > 0, Owner: r.ownerOf(t)})
	}
	variables := map[string]*strings.Builder{}
	for _, s := range r.Service.Secrets {
		value, known := secrets[s.Name]
		if !known {
			return nil, fmt.Errorf("render %s: there is no secret %s", r.Service.Name, s.Name)
		}
		if s.Variable == "" {
			files = append(files, File{Path: "secrets/" + s.Name, Content: []byte(value), Secret: true, Owner: s.Owner})
			continue
		}
		if variables[s.Container] == nil {
			variables[s.Container] = &strings.Builder{}
		}
		fmt.Fprintf(variables[s.Container], "%s=%s\n", s.Variable, quoted(value))
	}
	for container, text := range variables {
		files = append(files, File{Path: variablesFile(container), Content: []byte(text.String()), Secret: true})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// ownerOf returns who reads a template with secrets: the owner of the first of them.
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

// quoted returns a value as an environment file of Compose has it. Single quotes
// would not do: a backslash before the closing one could not be written
// (https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/).
func quoted(value string) string { return `"` + inQuotes.Replace(value) + `"` }
