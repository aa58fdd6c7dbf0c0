package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// withConfig writes a configuration to a temporary file, and calls use with its
// path.
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

// Stage implements [Stager]. It returns the planned sshd_config as one file, with
// the drop-in's text where sshd would read it. Other files are included from their
// own places, because a Match in a file ends with the file (sshd_config(5)).
func (s SSHDropin) Stage(ctx context.Context, sys *system.System) ([]byte, error) {
	content, found, err := sys.Read(sshdConfig)
	if err != nil || !found {
		return nil, errors.Join(err, missingFile(found, sshdConfig))
	}
	s, ports, err := s.withPorts(ctx, sys)
	if err != nil {
		return nil, err
	}
	if edited, is := ports.foreign[sshdConfig]; is {
		content = edited
	}
	main := mainFileOf(sys, content, s.file().Path)
	main.lines = slices.Collect(strings.Lines(string(main.withIncludeFirst())))
	var staged strings.Builder
	err = main.writeOut(&staged, main.lines, s.file().Content.Text())
	return []byte(staged.String()), err
}

// writeOut writes lines, with the drop-in's text in place of the line that
// includes it.
func (m mainFile) writeOut(staged *strings.Builder, lines []string, own string) error {
	for _, line := range lines {
		if !m.includes(line) {
			staged.WriteString(line)
			continue
		}
		statement, err := sshdconf.Parse(line)
		if err != nil {
			return err
		}
		for _, pattern := range statement.Args {
			files, err := m.files.Included(pattern)
			if err != nil {
				return err
			}
			for _, file := range files {
				if err := m.writeFile(staged, file, own); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// writeFile writes what an Include of one file means.
func (m mainFile) writeFile(staged *strings.Builder, file, own string) error {
	on := filepath.Join("/", m.files.Root, file)
	switch {
	case file == m.own:
		staged.WriteString(own)
		return nil
	case !m.reads(file):
		fmt.Fprintf(staged, "Include %s\n", quotedPath(on))
		return nil
	}
	content, err := os.ReadFile(on)
	if err != nil {
		return err
	}
	lines := slices.Collect(strings.Lines(string(content)))
	for _, line := range lines {
		if statement, err := sshdconf.Parse(line); err != nil || statement.Keyword == "match" {
			return fmt.Errorf("%s has a Match and includes %s: the result cannot be tried beforehand", file, m.own)
		}
	}
	return m.writeOut(staged, lines, own)
}

// quotedPath returns a path as one word of sshd_config.
func quotedPath(path string) string {
	if strings.ContainsAny(path, " \t#'\\") {
		return `"` + path + `"`
	}
	return path
}

func missingFile(found bool, path string) error {
	if found {
		return nil
	}
	return errors.New("there is no " + path)
}
