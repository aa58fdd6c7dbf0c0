// Package adoption makes a service of the catalog from an owner's Compose file: its
// facets, a Compose file as the catalog has it, and warnings about what is dangerous or
// loses data. It reads files and changes none.
package adoption

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/catalog"
	"cairn/internal/compose"
	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// Options say what the service of a Compose file is called, and what the lab has.
type Options struct {
	Name     string   // of the service; empty takes it from the file
	HTTPPort uint16   // the port of the main container's route; 0 finds it
	Others   []string // services that it may use
	// NoSecrets stops at values that belong into the vault, because nobody would put
	// them there.
	NoSecrets bool
}

// Proposal is the service that a Compose file becomes.
type Proposal struct {
	Service  Service
	Warnings []Warning // sorted by their places
	Secrets  []Given   // values in the file that belong into the vault
	// Files are those of the service's folder in a catalog, by path. No value of
	// Secrets is in them.
	Files map[string][]byte
}

// Warning is something in a Compose file that the owner has to know.
type Warning struct {
	Code    string `json:"code"`    // stable
	Where   string `json:"where"`   // FILE:LINE:COLUMN
	Summary string `json:"summary"` // what is wrong and what follows
	stops   bool
	fault   document.Fault
}

// Given is a secret whose value the Compose file has.
type Given struct {
	Name   string
	Escrow bool // whether a restore is worthless without it
	Value  secret.Text
}

// Of reads a Compose file and proposes a service. The error is a problem with the code
// ComposeWrong if the file cannot be read.
func Of(path string, o Options) (*Proposal, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, problem.Wrap(problem.ComposeWrong, path, "the Compose file cannot be read", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, problem.Wrap(problem.ComposeWrong, path, "the Compose file cannot be read", err)
	}
	p, faults := propose(path, dir, data, o)
	if len(faults) > 0 {
		return nil, wrong(path, faults)
	}
	return p, nil
}

// wrong returns faults of a Compose file as one problem for the owner.
func wrong(path string, faults document.Faults) error {
	places := "1 place of the Compose file keeps it from being a service"
	if len(faults) > 1 {
		places = fmt.Sprintf("%d places of the Compose file keep it from being a service", len(faults))
	}
	return problem.Wrap(problem.ComposeWrong, path, places, faults)
}

// Catalog returns the proposal as a service of the catalog. The error has the code
// ComposeWrong if the file says something that no service may do. It has the code
// CatalogWrong if the proposal is not right, which is a fault in Cairn.
func (p *Proposal) Catalog() (*catalog.Service, error) {
	var faults document.Faults
	for _, w := range p.Warnings {
		if w.stops {
			faults = append(faults, w.fault)
		}
	}
	if len(faults) > 0 {
		return nil, wrong(faults[0].File, faults)
	}
	files := fstest.MapFS{}
	for name, content := range p.Files {
		files[p.Service.Service+"/"+name] = &fstest.MapFile{Data: content}
	}
	c, err := catalog.Open(catalog.Source{Dir: "proposal", Files: files})
	if err != nil {
		return nil, err
	}
	for _, other := range p.Service.Uses {
		c = c.With(other, nil, nil) // the lab has it
	}
	return c.Get(p.Service.Service)
}

// Stops reports whether the service cannot be added because of the warning.
func (w Warning) Stops() bool { return w.stops }

// adopter makes one proposal.
type adopter struct {
	path      string // of the file, for messages
	dir       string // its folder, absolute
	options   Options
	file      *compose.File
	project   *types.Project
	service   Service
	renamed   map[string]string         // containers with another name than in the file, by their names here
	fromFiles map[string]document.Place // the env_file of a container's variable, by both names
	files     map[string][]byte
	given     []Given
	warnings  []Warning
	private   []privateValue
}

// propose makes the proposal of a Compose file's text.
func propose(path, dir string, data []byte, o Options) (*Proposal, document.Faults) {
	environment, faults := dotEnv(dir)
	if len(faults) > 0 {
		return nil, faults
	}
	file, faults := compose.Read(path, data, compose.Options{
		Name: "service", Dir: dir, InFolder: true, Environment: environment,
		Lookup: func(name string) (string, bool) { value, known := environment[name]; return value, known },
	})
	if len(faults) > 0 {
		return nil, faults
	}
	a := &adopter{
		path: path, dir: dir, options: o, file: file, project: file.Project,
		renamed: map[string]string{}, fromFiles: map[string]document.Place{}, files: map[string][]byte{},
	}
	if len(a.project.Services) == 0 {
		return nil, document.Faults{file.Fault([]string{"services"}, document.Flaw{Message: "every container has a profile, so none starts by itself", Expected: "a container without `profiles`"})}
	}
	if faults := a.name(); len(faults) > 0 {
		return nil, faults
	}
	a.readEnvironmentFiles(environment)
	a.unset()
	a.leftOut()
	a.renameContainers()
	a.service.Main = a.main()
	a.containers()
	a.routesAndPorts()
	a.networks()
	a.volumes()
	a.secrets()
	a.needs()
	a.uses()
	if err := a.write(); err != nil {
		return nil, document.Faults{file.Fault(nil, document.Flaw{Message: err.Error()})}
	}
	slices.SortStableFunc(a.warnings, func(x, y Warning) int {
		return cmp.Or(cmp.Compare(x.fault.Line, y.fault.Line), cmp.Compare(x.fault.Column, y.fault.Column), cmp.Compare(x.Code, y.Code))
	})
	warnings := slices.CompactFunc(a.warnings, func(x, y Warning) bool { return x.Code == y.Code && x.fault == y.fault })
	return &Proposal{Service: a.service, Warnings: warnings, Secrets: a.given, Files: a.files}, nil
}

// name takes the service's name from the options, from the file, or from its path.
func (a *adopter) name() document.Faults {
	name := a.options.Name
	if name == "" {
		a.file.EachText(func(text string, _ document.Place) { name = text }, "name")
	}
	if base := strings.TrimSuffix(filepath.Base(a.path), filepath.Ext(a.path)); name == "" || strings.Contains(name, "$") {
		name = base
		if slices.Contains([]string{"compose", "docker-compose"}, base) {
			name = filepath.Base(a.dir)
		}
	}
	name = label(name)
	if name == "" {
		return document.Faults{a.file.Fault(nil, document.Flaw{Message: "no name for the service can be made of the file's name", Expected: "a NAME behind the file"})}
	}
	a.service = Service{
		Service: name, Summary: name + ", from a Compose file of your own", Licence: "NOASSERTION", Egress: true,
		Containers: map[string]string{}, Routes: map[string]Route{}, Data: map[string]Data{}, Secrets: map[string]Secret{}, Exceptions: map[string]Exception{},
	}
	return nil
}

// label makes a name of lower-case letters, digits and hyphens of a text, or "".
func label(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	return strings.TrimRight(name[:min(len(name), 63)], "-")
}

// warn notes a warning at a place.
func (a *adopter) warn(code string, at document.Place, format string, args ...any) {
	a.add(Warning{Code: code, Summary: fmt.Sprintf(format, args...)}, at)
}

// stop notes a warning because of which the service cannot be added.
func (a *adopter) stop(code string, at document.Place, format string, args ...any) {
	a.add(Warning{Code: code, Summary: fmt.Sprintf(format, args...), stops: true}, at)
}

func (a *adopter) add(w Warning, at document.Place) {
	w.Where = fmt.Sprintf("%s:%d:%d", a.path, at.Line, at.Column)
	w.fault = at.Fault("%s", w.Summary)
	w.fault.File = a.path
	a.warnings = append(a.warnings, w)
}

// at returns the place of a path of keys below a container, or of the container.
func (a *adopter) at(container string, path ...string) document.Place {
	return a.find(container, func(string) bool { return false }, path...)
}

// find returns the place below a path of keys of a container whose text fits.
func (a *adopter) find(container string, fits func(string) bool, path ...string) document.Place {
	name := cmp.Or(a.renamed[container], container)
	return a.file.Find(fits, append([]string{"services", name}, path...)...)
}

// containing fits a text that contains another one.
func containing(part string) func(string) bool {
	return func(text string) bool { return part != "" && strings.Contains(text, part) }
}
