package guard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// workTime bounds putting back and making permanent, all attempts together.
const workTime = 2 * time.Minute

// patience is how long putting back waits for a process that has the lock, before
// it takes it for one that hangs. A change should have been over by then. Of two
// that put the host back slowly, none may end the other for it, again and again.
func patience(s State) time.Duration {
	if s.Phase == RollingBack || s.Phase == Confirmed {
		return workTime + 30*time.Second
	}
	return 15 * time.Second
}

// lockFirmly is [lock] for whoever has to get it in the end: a process that hangs
// while it has the lock would otherwise keep the host as it is for ever. It is
// ended after the time.
func lockFirmly(ctx context.Context, dir string, after time.Duration) (release func(), err error) {
	bounded, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	release, err = lock(bounded, dir)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return release, err
	}
	if err := endHolder(filepath.Join(dir, lockFile)); err != nil {
		return nil, fmt.Errorf("ending the process that has %s: %w", filepath.Join(dir, lockFile), err)
	}
	return lock(ctx, dir)
}

// endHolder kills the process that has a file locked. That there is none is fine.
func endHolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return err
	}
	for _, pid := range holders(string(locks), info.Sys().(*syscall.Stat_t).Ino) {
		if pid == os.Getpid() || !hasOpen(pid, info) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// holders are the processes that have a file of that number locked by flock(2):
// lines such as "1: FLOCK  ADVISORY  WRITE 708 00:13:21 0 EOF" (proc_locks(5)).
func holders(locks string, inode uint64) (pids []int) {
	for line := range strings.Lines(locks) {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], ":"+strconv.FormatUint(inode, 10)) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasOpen makes sure of it: numbers of files are unique on one disk only.
func hasOpen(pid int, file os.FileInfo) bool {
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return false
	}
	for _, descriptor := range open {
		if info, err := os.Stat(descriptor); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}
