package resource

import (
	"path"
	"slices"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// sshdFiles are the SSH server's files. Those in instead have the given content.
func sshdFiles(s *system.System, instead map[string][]byte) sshdconf.Files {
	return sshdconf.Files{Root: s.Root, Instead: instead}
}

// mainFile is sshd_config, seen from the drop-in that it should read.
type mainFile struct {
	files sshdconf.Files
	own   string // the drop-in's path
	lines []string
}

func mainFileOf(s *system.System, content []byte, own string) mainFile {
	// This content shows whether the drop-in is read.
	files := sshdFiles(s, map[string][]byte{own: []byte("cairn yes\n")})
	return mainFile{files, own, slices.Collect(strings.Lines(string(content)))}
}

// includesFirst reports whether sshd_config reads the drop-in before it sets
// anything itself. Debian's does. The spelling of the Include does not matter.
func (m mainFile) includesFirst() bool {
	for _, line := range m.lines {
		if statement, err := sshdconf.Parse(line); err != nil || statement.Keyword != "" {
			return m.includes(line)
		}
	}
	return false
}

// includes reports whether a line is an Include that reads the drop-in, directly
// or through another file.
func (m mainFile) includes(line string) bool {
	statement, err := sshdconf.Parse(line)
	return err == nil && statement.Keyword == "include" && slices.ContainsFunc(statement.Args, m.leads)
}

// leads reports whether the pattern of an Include leads to the drop-in.
func (m mainFile) leads(pattern string) bool {
	if !path.IsAbs(pattern) {
		pattern = path.Join(path.Dir(sshdConfig), pattern)
	}
	if matches, _ := path.Match(pattern, m.own); matches {
		return true
	}
	files, err := m.files.Included(pattern)
	return err == nil && slices.ContainsFunc(files, m.reads)
}

// reads reports whether a file is the drop-in or includes it.
func (m mainFile) reads(file string) bool {
	if file == m.own {
		return true
	}
	settings, err := m.files.Read(file)
	return err == nil && slices.ContainsFunc(settings, func(s sshdconf.Setting) bool { return s.File == m.own })
}

// withIncludeFirst moves the line that reads the drop-in to the top, with its
// spelling. If there is none, it adds one. The line must not occur twice, because
// some keywords add up.
func (m mainFile) withIncludeFirst() []byte {
	if m.includesFirst() {
		return []byte(strings.Join(m.lines, ""))
	}
	first, rest := includeLine+"\n", []string{}
	for _, line := range m.lines {
		if m.includes(line) {
			first = strings.TrimSpace(line) + "\n"
		} else {
			rest = append(rest, line)
		}
	}
	return []byte(first + strings.Join(rest, ""))
}
