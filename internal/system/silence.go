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

// silence ends a program that is silent for too long, with everything that it
// started. Usually one of those hangs, not the program itself.
type silence struct {
	program string
	limit   time.Duration
	heard   atomic.Int64 // time of the last output, nanoseconds since 1970
	other   atomic.Int64 // a limit from the program's status, and
	since   atomic.Int64 // when the status last gave it
	hung    atomic.Pointer[Hung]
	done    chan struct{}
}

// otherFor is how long a limit from the status holds.
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

// take takes in a line of the program's status.
func (s *silence) take(said Status) {
	if said.Heard {
		s.touch()
	}
	s.other.Store(int64(said.Limit))
	s.since.Store(time.Now().UnixNano())
}

// limitNow returns how long the program may be silent at the moment.
func (s *silence) limitNow() time.Duration {
	if other := time.Duration(s.other.Load()); other > 0 && time.Since(time.Unix(0, s.since.Load())) < otherFor {
		return other
	}
	return s.limit
}

// watch checks the program until over is called.
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

// end sends SIGTERM to the program and its descendants, and later SIGKILL.
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

// over ends the watch, and returns why the program was ended, or nil.
func (s *silence) over() *Hung {
	close(s.done)
	return s.hung.Load()
}

// descendants returns the processes that a process has started, directly or not,
// the last one first (proc(5)). Without /proc there are none.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The program's name stands in brackets and may contain blanks and
		// brackets.
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

// commandLine returns the command line of a process.
func commandLine(pid int) string {
	line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
}
