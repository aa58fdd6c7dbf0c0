package system

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Hung is what is known of a program that said nothing for too long.
type Hung struct {
	program string        // that was run
	Limit   time.Duration // that it took
	At      string        // the command line of the process that was at work
	lock    string        // who has the file locked that one of its processes waits for
	Servers []netip.AddrPort
}

// Error implements error.
func (h *Hung) Error() string {
	text := fmt.Sprintf("%s said nothing for %s and was ended; at work was `%s`", h.program, h.Limit, h.At)
	if h.lock != "" {
		text += ", which waited for " + h.lock
	}
	if len(h.Servers) > 0 {
		text += ", connected to " + h.where()
	}
	return text
}

func (h *Hung) where() string {
	var all []string
	for _, s := range h.Servers {
		all = append(all, s.String())
	}
	return strings.Join(all, ", ")
}

// whyHung looks at processes that hang, the last one first.
func whyHung(program string, limit time.Duration, pids []int) *Hung {
	locks, _ := os.ReadFile("/proc/locks")
	return &Hung{program: program, Limit: limit, At: commandLine(pids[0]), lock: waitedFor(string(locks), pids), Servers: servers(pids)}
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

// Servers are the ends of the connections that processes have (proc_net(5)).
func servers(pids []int) (all []netip.AddrPort) {
	for _, table := range []string{"tcp", "tcp6"} {
		text, _ := os.ReadFile("/proc/net/" + table)
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) < 10 {
				continue
			}
			at, ok := ParseEndpoint(fields[2])
			user, inode := fields[7], fields[9]
			if ok && at.Port() != 0 && !slices.Contains(all, at) && slices.ContainsFunc(pids, func(pid int) bool { return hasSocket(pid, user, inode) }) {
				all = append(all, at)
			}
		}
	}
	return all
}

// hasSocket reports whether a process has a socket. In a container root may not see
// what another user's process has open; then one that runs as the socket's user and
// is not root is taken for it, as apt's methods are by a user of their own.
func hasSocket(pid int, user, inode string) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	links, err := os.ReadDir(dir + "/fd")
	for _, link := range links {
		name, readErr := os.Readlink(dir + "/fd/" + link.Name())
		if name == "socket:["+inode+"]" {
			return true
		}
		err = errors.Join(err, readErr)
	}
	if !errors.Is(err, fs.ErrPermission) {
		return false
	}
	info, err := os.Stat(dir)
	return err == nil && user != "0" && user == strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid))
}
