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

// Hung describes a program that was ended because it was silent for too long. It is
// an error.
type Hung struct {
	program string        // the program that was run
	Limit   time.Duration // how long it was silent
	At      string        // the command line of the process that was working
	lock    string        // the holder of the lock that one of its processes waits for
	Servers []netip.AddrPort
}

// Error implements error.
func (h *Hung) Error() string {
	text := fmt.Sprintf("%s was silent for %s and was ended; `%s` was running", h.program, h.Limit, h.At)
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

// whyHung inspects hung processes, the last one first.
func whyHung(program string, limit time.Duration, pids []int) *Hung {
	locks, _ := os.ReadFile("/proc/locks")
	return &Hung{program: program, Limit: limit, At: commandLine(pids[0]), lock: waitedFor(string(locks), pids), Servers: servers(pids)}
}

// blocked matches a line of /proc/locks (proc_locks(5)) about a process that waits
// for a lock. The lock itself is the line before, with the same number.
var blocked = regexp.MustCompile(`^(\d+): (-> +)?\w+ +\S+ +\S+ +(-?\d+) `)

// waitedFor names the holder of a lock that one of the processes waits for.
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
			return fmt.Sprintf("a lock that %s holds (process %s)", strings.TrimSpace(string(name)), holder[found[1]])
		}
	}
	return ""
}

// servers returns the remote ends of the processes' connections (proc_net(5)).
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

// hasSocket reports whether a process has a socket. In a container even root may
// not see the open files of another user's process. Then any process of the
// socket's user counts, unless that is root. This works for apt, whose methods run
// as a user of their own.
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
