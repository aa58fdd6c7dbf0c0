package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cairn/internal/problem"
	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// keptPorts is how many ports are remembered for each host: the port before a move,
// in case the move is undone, and the one after it.
const keptPorts = 3

// portMemory stores where hosts answered last, in a file beside the pinned keys.
// The file has a line for each host whose port is not 22, with the latest port
// first. It is safe for concurrent use.
type portMemory struct {
	path string
	mu   sync.Mutex
}

// of returns the ports at which a host has answered, the latest first. An
// unreadable file counts as empty, since the lab's port is tried in any case.
func (m *portMemory) of(name string) []uint16 {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, _ := m.read()
	return slices.Clone(all[name])
}

// worked remembers the port at which a host answered.
func (m *portMemory) worked(name string, port uint16) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, err := m.read()
	if err != nil {
		return m.unwritable(err)
	}
	before := all[name]
	if len(before) > 0 && before[0] == port || len(before) == 0 && port == sshdconf.DefaultPort {
		return nil
	}
	ports := append([]uint16{port}, slices.DeleteFunc(slices.Clone(before), func(p uint16) bool { return p == port })...)
	all[name] = ports[:min(len(ports), keptPorts)]
	if err := m.write(all); err != nil {
		return m.unwritable(err)
	}
	return nil
}

func (m *portMemory) unwritable(err error) error {
	return problem.Wrap(problem.HostKnownHostsBad, m.path, "the ports of the hosts cannot be remembered", err).WithFix("make the file and its folder writable")
}

func (m *portMemory) read() (map[string][]uint16, error) {
	content, err := os.ReadFile(m.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := map[string][]uint16{}
	for line := range strings.Lines(string(content)) {
		words := strings.Fields(line)
		for _, word := range words[min(len(words), 1):] {
			if port, err := strconv.ParseUint(word, 10, 16); err == nil && port > 0 {
				all[words[0]] = append(all[words[0]], uint16(port))
			}
		}
	}
	return all, nil
}

// write replaces the file atomically, under the folder's lock.
func (m *portMemory) write(all map[string][]uint16) error {
	unlock, err := lockDir(filepath.Dir(m.path))
	if err != nil {
		return err
	}
	defer unlock()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		for _, port := range all[name] {
			fmt.Fprintf(&b, " %d", port)
		}
		b.WriteString("\n")
	}
	return system.ReplaceFile(m.path, []byte(b.String()), 0o600)
}
