package resource

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cairn/internal/system"
)

// sysctlDirs are the folders of settings, in order of precedence. Of two files of
// the same name the first is read (sysctl.d(5)).
var sysctlDirs = []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"}

// sysctlAtBoot returns the value of a setting after a start of the host, and the
// file that sets it. Both are empty if none does. Patterns do not matter, because a
// named setting wins over them.
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

// sysctlFiles returns the files that are read, in order.
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
