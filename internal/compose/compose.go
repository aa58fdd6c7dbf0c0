// Package compose reads the Compose files of people, and knows the place of
// everything in them. It reads with the Compose project's own library. That library
// tells no places, so the package also reads the text itself. It runs nothing and
// asks no registry.
package compose

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
	// Unset are the variables without a value and without a default, sorted. Only a file
	// that was read in its folder has them: they are empty there.
	Unset    []string
	root     *document.Node
	inFolder bool
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
	// InFolder reads the file as docker compose does in Dir. Relative paths become
	// absolute, and a variable without a value is empty. Lookup has the variables, and
	// Environment has them for files that this one includes.
	InFolder    bool
	Environment map[string]string
}

// Read reads the text of a Compose file. The faults have the file's path and, as far
// as possible, their places. A file with faults is not usable.
func Read(path string, data []byte, o Options) (*File, document.Faults) {
	root, faults := dialect.Read(data)
	if len(faults) > 0 {
		return nil, faults.In(path)
	}
	f := &File{Path: path, root: root, inFolder: o.InFolder}
	elsewhere := o.InFolder && root.Pair("include") != nil
	if !elsewhere && len(root.Get("services").Each()) == 0 {
		return nil, document.Faults{f.Fault(nil, document.Flaw{Message: "there are no services in it", Expected: "a Compose file with the key services"})}
	}
	if faults := append(f.reaches(o), f.missingFiles(o)...); len(faults) > 0 {
		return nil, faults.In(path)
	}
	missing := variables{lookup: o.Lookup, unknown: map[string]bool{}}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: o.Dir, ConfigFiles: []types.ConfigFile{{Filename: path, Content: data}}, Environment: o.Environment,
	}, func(l *loader.Options) {
		l.SetProjectName(o.Name, true)
		l.SkipResolveEnvironment = true
		l.ResolvePaths = o.InFolder
		l.Profiles = o.Profiles
		l.Interpolate.LookupValue = missing.value
	})
	if o.InFolder {
		f.Unset = f.withoutDefault(missing.unknown)
	} else if faults := f.unknownVariables(missing); len(faults) > 0 {
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
	if len(path) > 1 && path[0] == "services" && n.Get("services").Pair(path[1]) == nil && n.Pair("include") != nil {
		return n.Pair("include").Place // whatever it is, it stands in an included file
	}
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

// missingFiles reports files that the file names and that are not there. The library
// names no place for them.
func (f *File) missingFiles(o Options) (faults document.Faults) {
	if !o.InFolder {
		return nil
	}
	there := func(n *document.Node) {
		if n == nil || n.Kind != document.Text || n.Text == "" || strings.Contains(n.Text, "$") {
			return
		}
		name := filepath.FromSlash(n.Text)
		if !filepath.IsAbs(name) {
			name = filepath.Join(o.Dir, name)
		}
		if info, err := os.Stat(name); err != nil || info.IsDir() {
			faults = append(faults, document.Flaw{Message: "there is no file " + document.Quoted(n.Text)}.At(n.Place))
		}
	}
	for _, n := range f.root.Get("include").List() {
		there(n)
		there(n.Get("path"))
		for _, path := range n.Get("path").List() {
			there(path)
		}
	}
	for _, service := range f.root.Get("services").Each() {
		there(service.Value.Get("extends").Get("file"))
	}
	return faults
}

// withoutDefault returns those of the unknown variables that the text names without a
// default, sorted.
func (f *File) withoutDefault(unknown map[string]bool) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		plain := regexp.MustCompile(`\$\{` + regexp.QuoteMeta(name) + `\}|\$` + regexp.QuoteMeta(name) + `\b`)
		named := false
		f.eachText(f.root, func(n *document.Node) { named = named || plain.MatchString(n.Text) })
		if named {
			names = append(names, name)
		}
	}
	return names
}

// Find returns the place below a path of keys whose text fits, or else the place of
// the path. A key fits as well as a value.
func (f *File) Find(fits func(text string) bool, path ...string) document.Place {
	n := f.node(path)
	if place, found := find(n, fits); found {
		return place
	}
	return f.place(path)
}

// find returns the first place in a value whose text fits.
func find(n *document.Node, fits func(string) bool) (document.Place, bool) {
	if n == nil {
		return document.Place{}, false
	}
	if n.Kind != document.List && n.Kind != document.Mapping && fits(n.Text) {
		return n.Place, true
	}
	for _, item := range n.Items {
		if place, found := find(item, fits); found {
			return place, true
		}
	}
	for _, p := range n.Pairs {
		if fits(p.Key) {
			return p.Place, true
		}
		if place, found := find(p.Value, fits); found {
			return place, true
		}
	}
	return document.Place{}, false
}

// node returns the value that a path of keys leads to, or nil.
func (f *File) node(path []string) *document.Node {
	n := f.root
	for _, key := range path {
		n = n.Get(key)
	}
	return n
}

// EachText visits every text below a path of keys, with its place.
func (f *File) EachText(visit func(text string, at document.Place), path ...string) {
	if n := f.node(path); n != nil {
		f.eachText(n, func(n *document.Node) { visit(n.Text, n.Place) })
	}
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
