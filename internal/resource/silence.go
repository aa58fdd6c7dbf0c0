package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// silence ends a program that says nothing for too long, and everything that it
// started: what hangs is rarely the program itself.
type silence struct {
	limit time.Duration
	heard atomic.Int64 // when it last said something, nanoseconds since 1970
	hung  atomic.Pointer[string]
	done  chan struct{}
}

func newSilence(limit time.Duration) *silence {
	s := &silence{limit: limit, done: make(chan struct{})}
	s.touch()
	return s
}

func (s *silence) touch() { s.heard.Store(time.Now().UnixNano()) }

// watch looks until over is called. A limit of zero is none.
func (s *silence) watch(cmd *exec.Cmd) {
	if s.limit <= 0 {
		return
	}
	ticks := time.NewTicker(s.limit / 10)
	go func() {
		defer ticks.Stop()
		for {
			select {
			case <-s.done:
				return
			case <-ticks.C:
			}
			if time.Since(time.Unix(0, s.heard.Load())) > s.limit {
				s.end(cmd)
				return
			}
		}
	}()
}

// end asks the program and its descendants to end, and makes them after a while.
func (s *silence) end(cmd *exec.Cmd) {
	pids := append(descendants(cmd.Process.Pid), cmd.Process.Pid)
	hung := commandLine(pids[0])
	s.hung.Store(&hung)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for _, pid := range pids {
			_ = syscall.Kill(pid, signal)
		}
		select {
		case <-s.done:
			return
		case <-time.After(cmd.WaitDelay):
		}
	}
}

// over ends the watch and names the program that hung, if one did.
func (s *silence) over() (hung string, ended bool) {
	close(s.done)
	if text := s.hung.Load(); text != nil {
		return *text, true
	}
	return "", false
}

// descendants are the processes that a process has started, and those that they
// have, the last first (proc(5)). On a system without /proc there are none.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The name of a program, in brackets, may have blanks and brackets in it.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 2 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		children[parent] = append(children[parent], child)
	}
	var all []int
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		all = append(all, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	slices.Reverse(all)
	return all
}

// commandLine is how a process was started.
func commandLine(pid int) string {
	line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
}
