package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// includesFirst reports whether sshd_config reads the drop-ins before it sets
// anything itself, as Debian's does.
func includesFirst(main []byte) bool {
	for line := range strings.Lines(string(main)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		return isInclude(line)
	}
	return false
}

// isInclude reports whether a line of sshd_config is the one that reads the
// drop-ins.
func isInclude(line string) bool {
	fields := strings.Fields(line)
	return len(fields) == 2 && strings.EqualFold(fields[0], "Include") && fields[1] == dropinDir+"*.conf"
}

// withIncludeFirst moves the line that reads the drop-ins to the top of
// sshd_config. It must not stand there twice: some keywords add up.
func withIncludeFirst(main []byte) []byte {
	if includesFirst(main) {
		return main
	}
	lines := []string{includeLine + "\n"}
	for line := range strings.Lines(string(main)) {
		if !isInclude(line) {
			lines = append(lines, line)
		}
	}
	return []byte(strings.Join(lines, ""))
}

// withConfig lends a configuration the name of a file.
func withConfig(config []byte, use func(path string) error) error {
	dir, err := os.MkdirTemp("", "cairn-sshd-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "sshd_config")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return err
	}
	return use(path)
}

// Stage implements [Stager]: sshd_config as it would be, in one file, with the
// drop-in written out where sshd would read it. The other drop-ins are read from
// where they are, because a Match in a file ends with the file (sshd_config(5)).
func (s SSHDropin) Stage(_ context.Context, sys *System) ([]byte, error) {
	main, found, err := sys.read(sshdConfig)
	if err != nil || !found {
		return nil, errors.Join(err, missingFile(found, sshdConfig))
	}
	paths, err := filepath.Glob(sys.path(dropinDir + "*.conf"))
	if err != nil {
		return nil, err
	}
	if own := sys.path(s.file().Path); !slices.Contains(paths, own) {
		paths = append(paths, own)
	}
	slices.Sort(paths)
	var staged strings.Builder
	for line := range strings.Lines(string(withIncludeFirst(main))) {
		if !isInclude(line) {
			staged.WriteString(line)
			continue
		}
		for _, path := range paths {
			if filepath.Base(path) == s.Name {
				staged.Write(s.file().Content)
			} else {
				fmt.Fprintf(&staged, "Include %s\n", path)
			}
		}
	}
	return []byte(staged.String()), nil
}

func missingFile(found bool, path string) error {
	if found {
		return nil
	}
	return errors.New("there is no " + path)
}
