// Package compose reads the Compose files of people, and knows the place of
// everything in them. It reads with the Compose project's own library. That library
// tells no places, so the package also reads the text itself. It runs nothing and
// asks no registry.
package compose

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"

	"cairn/internal/document"
)

// dialect limits the YAML of a Compose file. Real files are far below the limits.
var dialect = document.Dialect{
	Name: "a Compose file", Least: "at least the key services", MaxBytes: 512 << 10, MaxDepth: 40, MaxValues: 50000,
}

// The library writes warnings to a global logger. Cairn reports them itself.
func init() { logrus.SetOutput(io.Discard) }

// File is a Compose file that was read.
type File struct {
	Project *types.Project
	Path    string
	root    *document.Node // nil if only the library could read the file
}

// Options say how a file is read.
type Options struct {
	// Name is the project's name: lower-case letters, digits and hyphens.
	Name string
	// Dir is the folder to which relative paths refer.
	Dir string
	// Lookup returns the value of a variable. nil means that there are none.
	Lookup func(name string) (string, bool)
	// Profiles are the active profiles: services of other profiles are left out.
	Profiles []string
	// Alone forbids keys that read other files: extends, include and env_file.
	Alone bool
}

// Read reads the text of a Compose file. The faults have the file's path and, as far
// as possible, their places. A file with faults is not usable.
func Read(path string, data []byte, o Options) (*File, document.Faults) {
	root, faults := dialect.Read(data)
	if len(faults) > 0 {
		return nil, faults.In(path)
	}
	f := &File{Path: path, root: root}
	if len(root.Get("services").Each()) == 0 {
		return nil, document.Faults{f.Fault(nil, document.Flaw{Message: "there are no services in it", Expected: "a Compose file with the key services"})}
	}
	if faults := f.reaches(o); len(faults) > 0 {
		return nil, faults.In(path)
	}
	missing := variables{lookup: o.Lookup, unknown: map[string]bool{}}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: o.Dir, ConfigFiles: []types.ConfigFile{{Filename: path, Content: data}}, Environment: types.Mapping{},
	}, func(l *loader.Options) {
		l.SetProjectName(o.Name, true)
		l.SkipResolveEnvironment = true
		l.ResolvePaths = false
		l.Profiles = o.Profiles
		l.Interpolate.LookupValue = missing.value
	})
	// An unknown variable is empty, which would cause further faults.
	if faults := f.unknownVariables(missing); len(faults) > 0 {
		return nil, faults.In(path)
	}
	if err != nil {
		return nil, f.complaints(err).In(path)
	}
	f.Project = project
	return f, nil
}

// variables answers for the values of variables and notes the unknown ones.
type variables struct {
	lookup  func(string) (string, bool)
	unknown map[string]bool
}

func (v variables) value(name string) (string, bool) {
	if v.lookup != nil {
		if value, known := v.lookup(name); known {
			return value, true
		}
	}
	v.unknown[name] = true
	return "", false
}

// Fault returns a fault at a path of keys, or at the nearest key of it in the file. A
// number in the path is an index of a list.
func (f *File) Fault(path []string, flaw document.Flaw) document.Fault {
	fault := f.fault(path, flaw)
	fault.File = f.Path
	return fault
}

func (f *File) fault(path []string, flaw document.Flaw) document.Fault { return flaw.At(f.place(path)) }

// place returns where a path of keys leads. If the file lacks the path, that is the
// nearest key above it.
func (f *File) place(path []string) document.Place {
	at, n := document.Place{Line: 1, Column: 1}, f.root
	for _, key := range path {
		if p := n.Pair(key); p != nil {
			at, n = p.Place, p.Value
			continue
		}
		i := index(key)
		if i < 0 || i >= len(n.List()) {
			break
		}
		n = n.Items[i]
		at = n.Place
	}
	return at
}

// index reads a path's part as an index, or returns -1.
func index(text string) int {
	i := 0
	for _, r := range text {
		if r < '0' || r > '9' || i > 1e6 {
			return -1
		}
		i = i*10 + int(r-'0')
	}
	if text == "" {
		return -1
	}
	return i
}

// reaches reports keys that read other files, if the file has to stand alone.
func (f *File) reaches(o Options) (faults document.Faults) {
	if !o.Alone {
		return nil
	}
	stands := document.Flaw{Expected: "a file that stands alone"}
	if p := f.root.Pair("include"); p != nil {
		stands.Message = "include reads other files"
		faults = append(faults, stands.At(p.Place))
	}
	for _, service := range f.root.Get("services").Each() {
		for _, key := range []string{"extends", "env_file", "label_file"} {
			if p := service.Value.Pair(key); p != nil {
				stands.Message = key + " reads another file"
				faults = append(faults, stands.At(p.Place))
			}
		}
	}
	return faults
}

// unknownVariables reports unknown variables in the text, also those with a default,
// as in ${NAME:-value}. Otherwise a misspelled name would silently get its default.
func (f *File) unknownVariables(v variables) (faults document.Faults) {
	if v.lookup == nil || len(v.unknown) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(v.unknown))
	f.eachText(f.root, func(n *document.Node) {
		for _, name := range names {
			if strings.Contains(n.Text, "${"+name) || strings.Contains(n.Text, "$"+name) {
				faults = append(faults, document.Flaw{Message: "there is no variable " + document.Quoted(name)}.At(n.Place))
				return
			}
		}
	})
	return faults
}

// eachText visits every text of the file.
func (f *File) eachText(n *document.Node, visit func(*document.Node)) {
	if n.Kind == document.Text {
		visit(n)
	}
	for _, item := range n.Items {
		f.eachText(item, visit)
	}
	for _, p := range n.Pairs {
		f.eachText(p.Value, visit)
	}
}

// Containers returns the names of the services in a text, sorted. It returns none if
// the text cannot be read.
func Containers(data []byte) []string {
	root, faults := dialect.Read(data)
	if len(faults) > 0 {
		return nil
	}
	var names []string
	for _, p := range root.Get("services").Each() {
		names = append(names, p.Key)
	}
	slices.Sort(names)
	return names
}
