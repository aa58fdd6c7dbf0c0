package adoption

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// dotEnv reads the variables of the file .env beside a Compose file, if there is one.
// The environment of this process is left out, so that everybody gets the same.
func dotEnv(dir string) (map[string]string, document.Faults) {
	data, err := os.ReadFile(filepath.Join(dir, ".env"))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	at := document.Place{Line: 1, Column: 1}
	if err == nil {
		var values map[string]string
		if values, at, err = variablesIn(data, nil); err == nil {
			return values, nil
		}
	}
	fault := at.Fault("the file cannot be read as variables")
	fault.File, fault.Expected = ".env", "lines such as NAME=value"
	return nil, document.Faults{fault}
}

// inLine matches the line in an error of the library.
var inLine = regexp.MustCompile(`^line (\d+)`)

// variablesIn reads the text of an environment file. The library's error is for its
// place alone: it quotes what it read, which may be a secret.
func variablesIn(data []byte, known map[string]string) (map[string]string, document.Place, error) {
	values, err := dotenv.ParseWithLookup(bytes.NewReader(data), func(name string) (string, bool) { value, has := known[name]; return value, has })
	at := document.Place{Line: 1, Column: 1}
	if err != nil {
		if m := inLine.FindStringSubmatch(err.Error()); m != nil {
			at.Line, _ = strconv.Atoi(m[1]) // the pattern lets only digits through
		}
		return nil, at, errors.New("it cannot be read as variables")
	}
	return values, at, nil
}

// readEnvironmentFiles puts the variables of env_file among those of its container,
// which win.
func (a *adopter) readEnvironmentFiles(known map[string]string) {
	for name, c := range a.project.Services {
		all := types.MappingWithEquals{}
		for _, f := range c.EnvFiles {
			at := a.find(name, containing(filepath.Base(f.Path)), "env_file")
			data, err := os.ReadFile(f.Path)
			switch {
			case errors.Is(err, fs.ErrNotExist) && bool(f.Required):
				a.stop("env-file-missing", at, "there is no file %s, so its variables are not known", document.Quoted(a.shown(f.Path)))
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				a.stop("env-file-unreadable", at, "the file %s cannot be read", document.Quoted(a.shown(f.Path)))
			default:
				values, line, err := variablesIn(data, known)
				if err != nil {
					a.stop("env-file-unreadable", at, "line %d of the file %s is no variable", line.Line, document.Quoted(a.shown(f.Path)))
				}
				for key, value := range values {
					all[key] = &value
					a.fromFiles[name+" "+key] = at
				}
			}
		}
		for key, value := range c.Environment {
			if value == nil { // it comes from the shell
				if given, has := known[key]; has {
					value = &given
				}
			}
			if value == nil {
				if _, has := all[key]; !has {
					a.stop("variable-unset", a.variableAt(name, key), "the variable %s has no value; write it into .env beside the file", key)
				}
				continue
			}
			all[key] = value
		}
		c.EnvFiles, c.Environment = nil, all
		a.project.Services[name] = c
	}
}

// variableAt returns the place of a container's variable, or of the env_file with it.
func (a *adopter) variableAt(container, key string) document.Place {
	at := a.find(container, func(text string) bool { return text == key || strings.HasPrefix(text, key+"=") }, "environment")
	if file, is := a.fromFiles[cmp.Or(a.renamed[container], container)+" "+key]; is && at == a.at(container, "environment") {
		return file
	}
	return at
}

// unset reports variables without a value. Compose would leave them empty, which makes
// an empty password of a forgotten one.
func (a *adopter) unset() {
	for _, name := range a.file.Unset {
		plain := regexp.MustCompile(`\$\{?` + regexp.QuoteMeta(name) + `\b`)
		a.stop("variable-unset", a.file.Find(plain.MatchString), "the variable %s has no value; write it into .env beside the file", name)
	}
}

// leftOut reports containers that do not start by themselves.
func (a *adopter) leftOut() {
	for _, name := range slices.Sorted(maps.Keys(a.project.DisabledServices)) {
		profiles := a.project.DisabledServices[name].Profiles
		a.warn("profile-left-out", a.at(name, "profiles"), "the container %s has the profile %s and is left out: all containers of a service run", name, strings.Join(profiles, ", "))
	}
}

// shown returns a path as messages have it: relative to the file's folder if it is
// below that.
func (a *adopter) shown(path string) string {
	if rest, below := a.below(path); below {
		return "./" + rest
	}
	return path
}

// below returns a path relative to the file's folder, with slashes, and whether it is
// below that.
func (a *adopter) below(path string) (string, bool) {
	rest, err := filepath.Rel(a.dir, path)
	if err != nil || rest == ".." || strings.HasPrefix(rest, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rest), true
}
