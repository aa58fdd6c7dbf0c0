package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"

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

// dialect limits the YAML of a service.yaml, far above what a service needs.
var dialect = document.Dialect{
	Name: "a service.yaml", Least: "at least the keys service, summary, licence, website and needs",
	MaxBytes: 64 << 10, MaxDepth: 16, MaxValues: 5000, DuplicateKeys: true,
}

// Source is a folder of services.
type Source struct {
	Dir   string // where it is, for messages
	Files fs.FS
}

// Catalog is a set of services. A service is read when it is first asked for, since
// a lab uses few of many. It is safe for concurrent use.
type Catalog struct {
	names   []string          // sorted
	folders map[string]Source // where each is
	mutex   sync.Mutex
	read    map[string]*outcome
}

// outcome is the result of reading a service.
type outcome struct {
	service *Service
	faults  document.Faults
	err     error // why there is none, of a service that did not come from a folder
}

// Open lists the services of all sources, and reads none. A service replaces one of
// the same name in an earlier source. The error is a problem with the code
// CatalogWrong.
func Open(sources ...Source) (*Catalog, error) {
	c := &Catalog{folders: map[string]Source{}, read: map[string]*outcome{}}
	for _, source := range sources {
		folders, err := fs.ReadDir(source.Files, ".")
		if err != nil {
			return nil, problem.Wrap(problem.CatalogWrong, source.Dir, "the folder cannot be read", err)
		}
		for _, f := range folders {
			if f.IsDir() && !strings.HasPrefix(f.Name(), ".") {
				c.folders[f.Name()] = source
			}
		}
	}
	c.names = slices.Sorted(maps.Keys(c.folders))
	return c, nil
}

// With returns the catalog with a service that comes from no folder. It replaces one of
// the same name. err is why there is no such service; whoever asks for it gets err.
func (c *Catalog) With(name string, s *Service, err error) *Catalog {
	c.mutex.Lock()
	more := &Catalog{folders: maps.Clone(c.folders), read: maps.Clone(c.read)}
	c.mutex.Unlock()
	// What was wrong may be right now: it may have named this service.
	maps.DeleteFunc(more.read, func(_ string, found *outcome) bool { return len(found.faults) > 0 })
	more.folders[name], more.read[name] = Source{}, &outcome{service: s, err: err}
	more.names = slices.Sorted(maps.Keys(more.folders))
	return more
}

// Has reports whether there is a service of a name. It reads none.
func (c *Catalog) Has(name string) bool { return slices.Contains(c.names, name) }

// Names returns the names of all services, sorted.
func (c *Catalog) Names() []string { return slices.Clone(c.names) }

// Get returns a service. The error is a problem: CatalogUnknown if there is none of
// that name, or CatalogWrong with all [document.Faults] of its files.
func (c *Catalog) Get(name string) (*Service, error) {
	if _, known := c.folders[name]; !known {
		unknown := problem.New(problem.CatalogUnknown, name, "the catalog has no service "+document.Quoted(name))
		if near := spelling.Nearest(name, c.names); near != "" {
			return nil, unknown.WithFix("did you mean `" + near + "`?")
		}
		return nil, unknown
	}
	found := c.outcome(name)
	if len(found.faults) > 0 {
		return nil, problemOf(found.faults)
	}
	return found.service, found.err
}

// Options returns what a lab file may say of a service. It is nil if the service
// cannot be read.
func (c *Catalog) Options(name string) []document.Key {
	s, err := c.Get(name)
	if err != nil {
		return nil
	}
	keys := []document.Key{}
	for _, o := range s.Options {
		keys = append(keys, document.Key{Name: o.Name, Fallback: document.AsCode(o.Default), Shape: o.shape(), Doc: o.Doc + "."})
	}
	return keys
}

// All returns all services, sorted by name. The error is a problem with the code
// CatalogWrong, whose cause is the [document.Faults] of all.
func (c *Catalog) All() ([]*Service, error) {
	var all []*Service
	var faults document.Faults
	for _, name := range c.names {
		found := c.outcome(name)
		if found.err != nil {
			return nil, found.err
		}
		faults = append(faults, found.faults...)
		all = append(all, found.service)
	}
	if len(faults) > 0 {
		return nil, problemOf(faults)
	}
	return all, nil
}

// outcome reads a service unless that was done before.
func (c *Catalog) outcome(name string) *outcome {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if found := c.read[name]; found != nil {
		return found
	}
	found := c.readService(name)
	c.read[name] = found
	return found
}

// readService reads the folder of a service.
func (c *Catalog) readService(name string) *outcome {
	source := c.folders[name]
	dir := path.Join(source.Dir, name)
	files, err := fs.Sub(source.Files, name)
	if err != nil {
		return &outcome{faults: document.Faults{missing(dir, ".", err)}}
	}
	s, faults := read(dir, name, files)
	if len(faults) == 0 {
		faults = c.unknownReferences(s)
	}
	return &outcome{service: s, faults: faults}
}

// unknownReferences reports names of services that do not exist.
func (c *Catalog) unknownReferences(s *Service) (faults document.Faults) {
	for _, r := range s.references {
		if slices.Contains(c.names, r.name) {
			continue
		}
		fault := document.Flaw{Message: "the catalog has no service " + document.Quoted(r.name), Suggestion: spelling.Nearest(r.name, c.names)}.At(r.place)
		fault.File = r.file
		faults = append(faults, fault)
	}
	return faults
}

// problemOf returns the faults of catalogs as one problem for the owner.
func problemOf(faults document.Faults) error {
	places := "1 place of the catalog is wrong"
	if len(faults) > 1 {
		places = fmt.Sprintf("%d places of the catalog are wrong", len(faults))
	}
	return problem.Wrap(problem.CatalogWrong, faults[0].File, places, faults)
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
	s.composeText = data
	f, faults := s.compose(path.Join(dir, composeFile), s.sample())
	if f != nil {
		s.Compose = f.Project
	}
	return f, faults
}

// compose reads the Compose file with the values of its variables.
func (s *Service) compose(at string, v Values) (*compose.File, document.Faults) {
	variables := v.Variables()
	return compose.Read(at, s.composeText, compose.Options{
		Name: cmp.Or(s.Name, "service"), Dir: "/", Alone: true,
		Lookup: func(name string) (string, bool) { value, known := variables[name]; return value, known },
	})
}

// Project returns the containers of the service with values in place of variables.
// The caller may change it. The error means that a value has the wrong form for its
// place.
func (s *Service) Project(v Values) (*types.Project, error) {
	f, faults := s.compose(path.Join(s.Name, composeFile), v)
	if len(faults) > 0 {
		return nil, problemOf(faults)
	}
	return f.Project, nil
}

// sample returns values of the right form for every name that a service may use.
func (s *Service) sample() Values { return s.Defaults("lab.home.arpa", "Etc/UTC") }

// Defaults returns the values of a service in a domain, with the default of each
// option and without secrets. The caller may change them.
func (s *Service) Defaults(domain, timezone string) Values {
	v := Values{Domain: domain, Timezone: timezone, Routes: map[string]string{}, Options: map[string]string{}}
	for _, r := range s.Routes {
		v.Routes[r.Name] = r.Name + "." + domain
	}
	for _, o := range s.Options {
		v.Options[o.Name] = o.Default
	}
	return v
}

// guessMain returns the container that facets are about, and the names of all. It runs
// before the Compose file is read in full.
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
