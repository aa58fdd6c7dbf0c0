package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/system"
)

// withLastWords adds what the failing container said last. If none has ended, it is
// one that is asked and does not answer.
func (s Service) withLastWords(ctx context.Context, sys *system.System, reason error) error {
	have, err := s.look(ctx, sys)
	if err != nil {
		return reason
	}
	failing := func(c Container, there dockerContainer) bool {
		return there.state() != "running" || there.RestartCount > 0
	}
	silent := func(c Container, there dockerContainer) bool { return s.asks(c.Name) }
	for _, fails := range []func(Container, dockerContainer) bool{failing, silent} {
		for _, c := range s.Containers {
			name := ServiceContainer(s.Name, c.Name)
			there, found := have.container(name)
			if !found || !fails(c, there) || c.Once && there.state() == endedWell {
				continue
			}
			out, err := sys.Ask(ctx, "docker", "logs", "--tail", "5", name)
			if said := lastLines(out); err == nil && out.Exit == 0 && said != "" {
				return fmt.Errorf("%w; the last lines of %s: %s", reason, c.Name, s.withoutSecrets(said))
			}
		}
	}
	return reason
}

// lastLines are those of both streams.
func lastLines(out system.Output) string {
	return system.LastWords(system.Output{Stderr: append(slices.Clone(out.Stderr), out.Stdout...)})
}

// withoutSecrets takes secrets out of what a container said. A program may print
// its configuration when it fails.
func (s Service) withoutSecrets(text string) string {
	words, err := s.secretWords()
	if err != nil {
		return "(not shown, since it could have secrets)"
	}
	for _, word := range words {
		text = strings.ReplaceAll(text, word, "(secret)")
	}
	return text
}

// secretWords are the words of all secret files, the longest first: one may be a part
// of another.
func (s Service) secretWords() (words []string, err error) {
	for _, f := range s.Files {
		if !f.Sensitive {
			continue
		}
		content, err := f.Content.bytes()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(content)) {
			words = append(words, secretWords(line)...)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(words), nil
}

// escapes are those of an environment file of Compose.
var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`, `\n`, "\n", `\r`, "\n")

// secretWords are a line of a secret file, and the value of a variable in it, as it
// stands there and as a program gets it. Short words are in any text.
func secretWords(line string) (words []string) {
	line = strings.TrimSpace(line)
	_, value, assigned := strings.Cut(line, "=")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	for _, w := range append([]string{line, value}, strings.Split(escapes.Replace(value), "\n")...) {
		if len(w) >= 6 && (assigned || w == line) {
			words = append(words, w)
		}
	}
	return words
}

// kept is the service as far as a host knows its secret files: those of the release
// that worked last, and those of one that is just being tried.
func (s Service) kept(sys *system.System) (Service, error) {
	record, err := s.record(sys)
	if err != nil {
		return s, err
	}
	var paths []string
	for _, f := range record.Files {
		if f.Sensitive {
			paths = append(paths, s.copyOf(record, f.Path), path.Join(ServiceDir(s.Name), f.Path))
		}
	}
	private, err := privateFiles(sys, ServiceDir(s.Name))
	if err != nil {
		return s, err
	}
	for _, name := range append(paths, private...) {
		content, _, err := sys.Read(name)
		if err != nil {
			return s, err
		}
		s.Files = append(s.Files, ServiceFile{Path: name, Content: Inline(content), Sensitive: true})
	}
	return s, nil
}

// privateFiles are the files below a folder that only their owners can read.
func privateFiles(sys *system.System, dir string) (all []string, err error) {
	root := sys.Path(dir)
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || !entry.Type().IsRegular():
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 == 0 {
			all = append(all, path.Join(dir, strings.TrimPrefix(name, root)))
		}
		return err
	})
	return all, err
}
