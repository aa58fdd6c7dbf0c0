package resource

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hung is what is known of a program that said nothing for too long.
type hung struct {
	program string        // that was run
	limit   time.Duration // that it took
	at      string        // the command line of the process that was at work
	lock    string        // who has the file locked that one of its processes waits for
	servers []netip.AddrPort
}

// Error implements error.
func (h *hung) Error() string {
	text := fmt.Sprintf("%s said nothing for %s and was ended; at work was `%s`", h.program, h.limit, h.at)
	if h.lock != "" {
		text += ", which waited for " + h.lock
	}
	if len(h.servers) > 0 {
		text += ", connected to " + h.where()
	}
	return text
}

func (h *hung) where() string {
	var all []string
	for _, s := range h.servers {
		all = append(all, s.String())
	}
	return strings.Join(all, ", ")
}

// whyHung looks at processes that hang, the last one first.
func whyHung(program string, limit time.Duration, pids []int) *hung {
	locks, _ := os.ReadFile("/proc/locks")
	return &hung{program: program, limit: limit, at: commandLine(pids[0]), lock: waitedFor(string(locks), pids), servers: servers(pids)}
}

// blocked is a line of /proc/locks (proc_locks(5)) of who waits for a lock; the line
// before it with the same number is the lock.
var blocked = regexp.MustCompile(`^(\d+): (-> +)?\w+ +\S+ +\S+ +(-?\d+) `)

// waitedFor says who holds a lock that one of the processes waits for.
func waitedFor(locks string, pids []int) string {
	holder := map[string]string{}
	for line := range strings.Lines(locks) {
		found := blocked.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		pid, _ := strconv.Atoi(found[3])
		switch {
		case found[2] == "":
			holder[found[1]] = found[3]
		case slices.Contains(pids, pid):
			name, _ := os.ReadFile("/proc/" + holder[found[1]] + "/comm")
			return fmt.Sprintf("a lock that %s has (process %s)", strings.TrimSpace(string(name)), holder[found[1]])
		}
	}
	return ""
}

// servers are the ends of the connections that processes have, without those on
// this machine itself that are asked for names.
func servers(pids []int) (all []netip.AddrPort) {
	for _, pid := range pids {
		mine := map[string]bool{} // inodes of its sockets
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			if name, err := os.Readlink(link); err == nil && strings.HasPrefix(name, "socket:[") {
				mine[strings.Trim(name, "socket:[]")] = true
			}
		}
		for _, table := range []string{"tcp", "tcp6"} {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
			for line := range strings.Lines(string(text)) {
				fields := strings.Fields(line)
				if len(fields) < 10 || !mine[fields[9]] {
					continue
				}
				if at, ok := ParseEndpoint(fields[2]); ok && at.Port() != 0 && !slices.Contains(all, at) {
					all = append(all, at)
				}
			}
		}
	}
	return all
}
