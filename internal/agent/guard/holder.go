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

// workTime limits a restore or the work of making a change permanent, over all
// attempts.
const workTime = 2 * time.Minute

// patience is how long a restore waits for another process that holds the lock,
// before it takes that process for hung. A change is over by then. A slow restore
// gets more time, so that two restores do not kill each other again and again.
func patience(s State) time.Duration {
	if s.Phase == RollingBack || s.Phase == Confirmed {
		return workTime + 30*time.Second
	}
	return 15 * time.Second
}

// lockFirmly is [lock] for a process that must get the lock in the end. After the
// given time it kills a hung holder, which would otherwise keep the host as it is
// for ever.
func lockFirmly(ctx context.Context, dir string, after time.Duration) (release func(), err error) {
	bounded, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	release, err = lock(bounded, dir)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return release, err
	}
	if err := endHolder(filepath.Join(dir, lockFile)); err != nil {
		return nil, fmt.Errorf("ending the process that holds %s: %w", filepath.Join(dir, lockFile), err)
	}
	return lock(ctx, dir)
}

// endHolder kills the process that holds the lock of a file. It is no error if
// there is none.
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

// holders returns the processes that hold the flock(2) of a file with that inode.
// The lines look like "1: FLOCK ADVISORY WRITE 708 00:13:21 0 EOF" (proc_locks(5)).
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

// hasOpen reports whether the process really has the file open. Inode numbers are
// unique on one disk only.
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
