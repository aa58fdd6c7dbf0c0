package resource

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cairn/internal/system"
)

// sysctlDirs are where settings stand, in order of precedence: of two files of
// the same name the first is read (sysctl.d(5)).
var sysctlDirs = []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"}

// sysctlAtBoot is the value that a setting gets when the host starts and the file
// that gives it, both empty when none does. Patterns are not considered: a
// setting that is named wins over them.
func sysctlAtBoot(s *system.System, name string) (value, by string, err error) {
	files, err := sysctlFiles(s)
	if err != nil {
		return "", "", err
	}
	for _, path := range files {
		content, _, err := s.Read(path)
		if err != nil {
			return "", "", err
		}
		for line := range strings.Lines(string(content)) {
			key, set, assigned := strings.Cut(strings.TrimSpace(line), "=")
			key = strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(key, "-")), "/", ".")
			if assigned && key == name {
				value, by = plain(set), path
			}
		}
	}
	return value, by, nil
}

// sysctlFiles are the files that are read, in the order they are.
func sysctlFiles(s *system.System) ([]string, error) {
	chosen := map[string]string{}
	var names []string
	for _, dir := range sysctlDirs {
		entries, err := os.ReadDir(s.Path(dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, entry := range entries {
			name := entry.Name()
			if _, seen := chosen[name]; !seen && strings.HasSuffix(name, ".conf") && !strings.HasPrefix(name, ".") {
				chosen[name] = dir + "/" + name
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	files := make([]string, len(names))
	for i, name := range names {
		files[i] = chosen[name]
	}
	return files, nil
}
