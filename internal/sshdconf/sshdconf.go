// Package sshdconf reads sshd's configuration as sshd does: every statement
// with its file and line, through all Includes (OpenSSH, servconf.c and
// misc.c).
//
// The package says what stands where. Only sshd itself can say what results for
// one login (`sshd -T -C`, sshd(8)).
package sshdconf

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Main is the file that sshd reads first.
const Main = "/etc/ssh/sshd_config"

// Own is Cairn's own file.
const Own = "/etc/ssh/sshd_config.d/00-cairn.conf"

// dir is the directory for relative paths of an Include (sshd_config(5)).
const dir = "/etc/ssh"

// maxDepth is how deep Includes may nest (SERVCONF_MAX_DEPTH in servconf.c).
const maxDepth = 16

// Setting is one statement of a configuration. An Include is replaced by its
// content. A Match is not a setting but part of the settings under it.
type Setting struct {
	File    string   `cbor:"1,keyasint"` // path on the host
	Line    int      `cbor:"2,keyasint"` // from 1
	Keyword string   `cbor:"3,keyasint"` // in lower case, a former name replaced by today's
	Args    []string `cbor:"4,keyasint,omitempty"`
	// Match is the criteria under which the setting holds, those of an outer file
	// first. Empty means always. "all" is a criterion too: it comes after what
	// holds always, and so overrides it.
	Match string `cbor:"5,keyasint,omitempty"`
	// Command means that the setting stands on the server's command line.
	Command bool `cbor:"6,keyasint,omitempty"`
}

// Value returns the setting's arguments as one text.
func (s Setting) Value() string { return strings.Join(s.Args, " ") }

// Place returns where the setting stands, for people.
func (s Setting) Place() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// Files says where configurations are read from. The zero value is this
// machine.
type Files struct {
	// Root is the directory that takes the place of "/". Empty means "/" itself.
	Root string
	// Instead maps paths to content to read in place of the real files. A nil
	// content means that there is no such file.
	Instead map[string][]byte
}

// Read reads a file and everything it includes. As for sshd, an Include may
// name files that do not exist. The error names a line that sshd would refuse
// too, or a file that cannot be read.
func (f Files) Read(file string) ([]Setting, error) {
	r := reader{files: f}
	err := r.read(file, "", 0)
	return r.settings, err
}

type reader struct {
	files    Files
	settings []Setting
}

// read adds a file's settings. A Match ends with its file.
func (r *reader) read(file, outer string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: Includes nest deeper than %d files", file, maxDepth)
	}
	content, err := r.files.content(file)
	if err != nil {
		return err
	}
	match, number := outer, 0
	for line := range strings.Lines(string(content)) {
		number++
		s, err := Parse(line)
		if err == nil {
			match, err = r.take(s, Setting{File: file, Line: number, Keyword: s.Keyword, Args: s.Args, Match: match}, outer, depth)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, number, err)
		}
	}
	return nil
}

// take adds what a line says, and returns the criteria that hold after it.
func (r *reader) take(s Statement, here Setting, outer string, depth int) (match string, err error) {
	switch s.Keyword {
	case "":
	case "match":
		return both(outer, strings.Join(s.Args, " ")), nil
	case "include":
		return here.Match, r.include(s.Args, here.Match, depth)
	default:
		r.settings = append(r.settings, here)
	}
	return here.Match, nil
}

func (r *reader) include(patterns []string, match string, depth int) error {
	for _, pattern := range patterns {
		paths, err := r.files.Included(pattern)
		if err != nil {
			return err
		}
		for _, file := range paths {
			if err := r.read(file, match, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// both joins the criteria of an outer and an inner Match. An inner "Match all"
// has the outer criteria.
func both(outer, inner string) string {
	switch {
	case outer == "":
		return inner
	case strings.EqualFold(inner, "all"):
		return outer
	}
	return outer + ", " + inner
}

// Included returns the files that one pattern of an Include stands for, in
// sshd's order. That is the order of glob(3), which leaves out names that begin
// with a dot.
func (f Files) Included(pattern string) ([]string, error) {
	if !path.IsAbs(pattern) {
		pattern = dir + "/" + pattern
	}
	found, err := filepath.Glob(f.path(strings.ReplaceAll(pattern, "[!", "[^")))
	if err != nil {
		return nil, fmt.Errorf("the pattern %s of an Include: %w", pattern, err)
	}
	var paths []string
	for _, name := range found {
		if file := f.onHost(name); f.there(file) {
			paths = append(paths, file)
		}
	}
	for file, content := range f.Instead {
		if matches, _ := path.Match(pattern, file); matches && content != nil && !slices.Contains(paths, file) {
			paths = append(paths, file)
		}
	}
	shown := strings.HasPrefix(path.Base(pattern), ".")
	paths = slices.DeleteFunc(paths, func(file string) bool { return !shown && strings.HasPrefix(path.Base(file), ".") })
	slices.Sort(paths)
	return paths, nil
}

func (f Files) there(file string) bool {
	content, known := f.Instead[file]
	return !known || content != nil
}

func (f Files) content(file string) ([]byte, error) {
	if content, known := f.Instead[file]; known {
		if content == nil {
			return nil, &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
		}
		return content, nil
	}
	return os.ReadFile(f.path(file))
}

func (f Files) path(file string) string { return filepath.Join("/", f.Root, file) }

func (f Files) onHost(name string) string {
	if f.Root == "" || f.Root == "/" {
		return name
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(name, filepath.Clean(f.Root)), "/")
}
