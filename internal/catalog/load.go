package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cairn/internal/compose"
	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// The files of a service.
const (
	serviceFile = "service.yaml"
	composeFile = "compose.yaml"
)

// maxTemplate bounds the text of a template. Dashboards are the largest.
const maxTemplate = 2 << 20

// dialect limits the YAML of a service.yaml. Its limits are far above what a
// service needs.
var dialect = document.Dialect{
	Name: "a service.yaml", Least: "at least the keys service, summary, licence, website and needs",
	MaxBytes: 64 << 10, MaxDepth: 16, MaxValues: 5000, DuplicateKeys: true,
}

// Catalog is a set of services. It does not change after loading, so it is safe
// for concurrent use.
type Catalog struct {
	services []*Service // sorted by name
}

// Names returns the names of all services, sorted.
func (c *Catalog) Names() []string {
	names := make([]string, len(c.services))
	for i, s := range c.services {
		names[i] = s.Name
	}
	return names
}

// All returns the services, sorted by name.
func (c *Catalog) All() []*Service { return slices.Clone(c.services) }

// Get returns a service, and whether there is one.
func (c *Catalog) Get(name string) (*Service, bool) {
	i, found := slices.BinarySearchFunc(c.services, name, func(s *Service, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		return nil, false
	}
	return c.services[i], true
}

// Source is a folder of services.
type Source struct {
	Dir   string // where it is, for messages
	Files fs.FS
}

// Load reads the services of all sources. A service of a later source takes the
// place of one with its name. The error is a problem with the code CatalogWrong,
// whose cause is all [document.Faults].
func Load(sources ...Source) (*Catalog, error) {
	byName := map[string]*Service{}
	var faults document.Faults
	for _, source := range sources {
		services, wrong, err := source.services()
		if err != nil {
			return nil, problem.Wrap(problem.CatalogWrong, source.Dir, "the folder cannot be read", err)
		}
		faults = append(faults, wrong...)
		for _, s := range services {
			byName[s.Name] = s
		}
	}
	c := &Catalog{}
	for _, s := range byName {
		c.services = append(c.services, s)
	}
	slices.SortFunc(c.services, func(a, b *Service) int { return strings.Compare(a.Name, b.Name) })
	if len(faults) == 0 {
		faults = c.references()
	}
	if len(faults) > 0 {
		return nil, problemOf(faults)
	}
	return c, nil
}

// problemOf returns the faults of catalogs as one problem for the owner.
func problemOf(faults document.Faults) error {
	places := "1 place of the catalog is wrong"
	if len(faults) > 1 {
		places = fmt.Sprintf("%d places of the catalog are wrong", len(faults))
	}
	return problem.Wrap(problem.CatalogWrong, faults[0].File, places, faults)
}

// services reads the services of a source, in the order of their names.
func (s Source) services() (all []*Service, faults document.Faults, err error) {
	folders, err := fs.ReadDir(s.Files, ".")
	if err != nil {
		return nil, nil, err
	}
	for _, folder := range folders {
		if !folder.IsDir() || strings.HasPrefix(folder.Name(), ".") {
			continue
		}
		below, err := fs.Sub(s.Files, folder.Name())
		if err != nil {
			return nil, nil, err
		}
		service, wrong := read(path.Join(s.Dir, folder.Name()), folder.Name(), below)
		faults = append(faults, wrong...)
		if service != nil {
			all = append(all, service)
		}
	}
	return all, faults, nil
}

// read reads the folder of one service. dir is for messages.
func read(dir, name string, files fs.FS) (*Service, document.Faults) {
	at := path.Join(dir, serviceFile)
	data, err := fs.ReadFile(files, serviceFile)
	if err != nil {
		return nil, document.Faults{missing(dir, serviceFile, err)}
	}
	root, faults := dialect.Read(data)
	if root == nil {
		return nil, faults.In(at)
	}
	misshapen, bad := dialect.Inspect(root, serviceShape())
	faults = append(faults, misshapen...)
	main, containers := guessMain(root, files, name)
	s := build(root, main)
	s.references = referencesIn(root, at)
	file, wrong := readCompose(dir, s, files)
	r := &rules{root: root, service: s, bad: bad, folder: name, compose: file, containers: containers}
	faults = append(faults, r.check()...)
	templates := readTemplates(dir, s, files)
	all := slices.Concat(faults.In(at), wrong, r.composeFaults, templates)
	if len(all) > 0 {
		return nil, all
	}
	return s, nil
}

// missing reports a file that a service lacks.
func missing(dir, name string, err error) document.Fault {
	message := "it cannot be read: " + err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		message = "there is no such file; every folder of a catalog has one"
	}
	return document.Fault{File: path.Join(dir, name), Line: 1, Column: 1, Message: message}
}

// readTemplates reads all other files of the folder.
func readTemplates(dir string, s *Service, files fs.FS) (faults document.Faults) {
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == serviceFile || name == composeFile {
			return err
		}
		data, err := fs.ReadFile(files, name)
		switch {
		case err != nil:
			faults = append(faults, missing(dir, name, err))
		case len(data) > maxTemplate:
			faults = append(faults, document.Fault{File: path.Join(dir, name), Line: 1, Column: 1, Message: fmt.Sprintf("the file has more than %d MiB", maxTemplate>>20)})
		default:
			t, wrong := checkTemplate(s, name, string(data))
			for i := range wrong {
				wrong[i].File = path.Join(dir, name)
			}
			faults = append(faults, wrong...)
			s.Templates = append(s.Templates, t)
		}
		return nil
	})
	if err != nil {
		faults = append(faults, missing(dir, ".", err))
	}
	slices.SortFunc(s.Templates, func(a, b Template) int { return strings.Compare(a.Path, b.Path) })
	return faults
}

// readCompose reads the Compose file of a service, with sample values in place of
// its variables.
func readCompose(dir string, s *Service, files fs.FS) (*compose.File, document.Faults) {
	data, err := fs.ReadFile(files, composeFile)
	if err != nil {
		return nil, document.Faults{missing(dir, composeFile, err)}
	}
	variables := s.sample().Variables()
	f, faults := compose.Read(path.Join(dir, composeFile), data, compose.Options{
		Name: cmp.Or(s.Name, "service"), Dir: "/", Alone: true,
		Lookup: func(name string) (string, bool) { value, known := variables[name]; return value, known },
	})
	if f != nil {
		s.Compose = f.Project
	}
	return f, faults
}

// sample returns values of the right form for everything that a service may name.
func (s *Service) sample() Values {
	v := Values{Domain: "lab.home.arpa", Timezone: "Etc/UTC", Routes: map[string]string{}, Options: map[string]string{}}
	for _, r := range s.Routes {
		v.Routes[r.Name] = r.Name + "." + v.Domain
	}
	for _, o := range s.Options {
		v.Options[o.Name] = o.Default
	}
	return v
}

// guessMain returns the container that facets are about, and the names of all. It
// reads the Compose file before anything else is known of it.
func guessMain(root *document.Node, files fs.FS, name string) (main string, containers []string) {
	if data, err := fs.ReadFile(files, composeFile); err == nil {
		containers = compose.Containers(data)
	}
	switch {
	case document.TextOf(root.Get("main")) != "":
		main = document.TextOf(root.Get("main"))
	case len(containers) == 1:
		main = containers[0]
	case slices.Contains(containers, name):
		main = name
	}
	return main, containers
}

// references checks that the services exist that others name.
func (c *Catalog) references() (faults document.Faults) {
	names := c.Names()
	for _, s := range c.services {
		for _, r := range s.references {
			if slices.Contains(names, r.name) {
				continue
			}
			fault := document.Flaw{Message: "the catalog has no service " + document.Quoted(r.name), Suggestion: spelling.Nearest(r.name, names)}.At(r.place)
			fault.File = r.file
			faults = append(faults, fault)
		}
	}
	return faults
}
