package guard

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAHangingProcessDoesNotKeepTheLock stops a process under the lock, in the
// middle of the change. The alarm ends the process and puts the host back.
func TestAHangingProcessDoesNotKeepTheLock(t *testing.T) {
	before, after := pictures(t)
	s := newScratch(t)
	cmd := order{Base: s.base, Boot: "first", Ending: "confirm", Hang: "applied file /etc/removed"}.command(t)
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	awaitStopped(t, cmd)

	release, err := lockFirmly(t.Context(), s.dir(), time.Millisecond)
	must(t, err)
	release()
	if err := <-ended; err == nil || err.(*exec.ExitError).Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the hanging process was not killed: %v", err)
	}
	if _, err := Resume(t.Context(), s.env("first")); err != nil {
		t.Fatal(err)
	}
	s.mustBeWhole(t, before, after)
}

// Otherwise two processes that put the host back slowly would end each other for
// ever.
func TestPatience(t *testing.T) {
	for _, phase := range []Phase{RollingBack, Confirmed} {
		if got := patience(State{Phase: phase}); got <= workTime {
			t.Errorf("in the phase %q, a change that may take %v is ended after %v", phase, workTime, got)
		}
	}
	if got := patience(State{Phase: Armed}); got > plan().Deadline/2 {
		t.Errorf("a hanging change keeps the host for another %v", got)
	}
}

// awaitStopped waits until the process has stopped itself (proc_pid_stat(5), "T").
func awaitStopped(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "stat"))
		must(t, err)
		if strings.Contains(string(stat), ") T ") {
			return
		}
	}
	t.Fatal("the process did not stop")
}

func TestHolders(t *testing.T) {
	const locks = `1: POSIX  ADVISORY  WRITE 11 00:1b:42 0 EOF
2: FLOCK  ADVISORY  WRITE 12 00:1b:42 0 EOF
3: FLOCK  ADVISORY  WRITE 13 00:1b:142 0 EOF
4: FLOCK  ADVISORY  WRITE -1 00:1b:42 0 EOF
4: -> FLOCK  ADVISORY  WRITE 15 00:1b:42 0 EOF
`
	if got := holders(locks, 42); len(got) != 1 || got[0] != 12 {
		t.Errorf("the lock is held by %v instead of 12", got)
	}
}
