package system

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
	program string
	limit   time.Duration
	heard   atomic.Int64 // when it last said something, nanoseconds since 1970
	other   atomic.Int64 // another limit, and
	since   atomic.Int64 // when that was last said
	hung    atomic.Pointer[Hung]
	done    chan struct{}
}

// otherFor is how long another limit holds after it was said.
const otherFor = 5 * time.Second

func newSilence(c Command) *silence {
	s := &silence{program: c.Argv[0], limit: c.Silence, done: make(chan struct{})}
	if s.limit == 0 {
		s.limit = Silences[Brief]
	}
	s.touch()
	return s
}

func (s *silence) touch() { s.heard.Store(time.Now().UnixNano()) }

// take is told what a line of the program's status says.
func (s *silence) take(said Status) {
	if said.Heard {
		s.touch()
	}
	s.other.Store(int64(said.Limit))
	s.since.Store(time.Now().UnixNano())
}

// limitNow is how long the program may say nothing, as things are.
func (s *silence) limitNow() time.Duration {
	if other := time.Duration(s.other.Load()); other > 0 && time.Since(time.Unix(0, s.since.Load())) < otherFor {
		return other
	}
	return s.limit
}

// watch looks until over is called.
func (s *silence) watch(cmd *exec.Cmd) {
	ticks := time.NewTicker(min(s.limit/10, time.Second))
	go func() {
		defer ticks.Stop()
		for {
			select {
			case <-s.done:
				return
			case <-ticks.C:
			}
			if limit := s.limitNow(); time.Since(time.Unix(0, s.heard.Load())) > limit {
				s.end(cmd, limit)
				return
			}
		}
	}()
}

// end asks the program and its descendants to end, and makes them after a while.
func (s *silence) end(cmd *exec.Cmd, limit time.Duration) {
	pids := append(descendants(cmd.Process.Pid), cmd.Process.Pid)
	s.hung.Store(whyHung(s.program, limit, pids))
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

// over ends the watch, and says why the program was ended, if it was.
func (s *silence) over() *Hung {
	close(s.done)
	return s.hung.Load()
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
